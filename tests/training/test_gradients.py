"""Gradients of a batch in shares against those of the whole batch."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from unfreeze.encoders.precision import Precision
from unfreeze.encoders.threads import thread_pool
from unfreeze.layers.dropout import Dropout
from unfreeze.training.gradients import set_gradients
from unfreeze.training.step import Indices
from unfreeze.training.update import Tools

CPU = torch.device("cpu")
WORDS = torch.tensor([[0, 1], [2, 2], [0, 5], [4, 1], [6, 6]])


class Model(nn.Module):
    """Embeddings with sparse gradients, dropout, a linear layer, and a parameter that nothing uses."""

    def __init__(self, p: float = 0.0) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.embedding = nn.Embedding(9, 4, sparse=True)
        self.dropout, self.linear = Dropout(p), nn.Linear(4, 2)
        self.unused = nn.Parameter(torch.ones(3))

    def loss(self, indices: Indices) -> Tensor:
        out = self.linear(self.dropout(self.embedding(WORDS[torch.from_numpy(indices)]).mean(1)))
        return out.square().sum(1).mean()[None]  # type: ignore[no-any-return]


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with thread_pool(2) as made:
        yield made


def run(model: Model, pool: ThreadPoolExecutor, *parts: list[int], step: int = 0) -> tuple[Tensor, list[Tensor | None]]:
    every = sum(map(len, parts))
    shares = [(np.asarray(part), len(part) / every) for part in parts]
    loss = set_gradients(model, model.loss, shares, list(model.parameters()), Tools(pool), (7, step), CPU, "fp32")
    return loss, [None if p.grad is None else p.grad.clone() for p in model.parameters()]


@pytest.mark.parametrize("parts", [([0, 1, 2, 3, 4],), ([0, 1], [2, 3, 4]), ([3], [0, 4], [1, 2])])
def test_shares_add_up_to_the_batch(parts: tuple[list[int], ...], pool: ThreadPoolExecutor) -> None:
    model = Model()
    whole = model.loss(np.concatenate(parts))
    expected = torch.autograd.grad(whole.sum(), list(model.parameters()), allow_unused=True)
    loss, got = run(model, pool, *parts)
    torch.testing.assert_close(loss, whole.detach())
    for gradient, other in zip(got, expected, strict=True):
        assert (gradient is None) == (other is None)
        if gradient is not None and other is not None:
            assert not gradient.is_sparse
            torch.testing.assert_close(gradient, other.to_dense())


def test_frozen_parameters_get_none(pool: ThreadPoolExecutor) -> None:
    model = Model()
    model.embedding.requires_grad_(False)
    _, got = run(model, pool, [0], [1, 2])
    assert got[0] is None or got[1] is None  # the unused one comes first among the parameters
    assert model.embedding.weight.grad is None
    assert model.linear.weight.grad is not None


def test_dropout_depends_on_seed_and_step_but_not_on_the_threads(pool: ThreadPoolExecutor) -> None:
    model = Model(0.5)
    _, first = run(model, pool, [0, 1, 2], [3, 4])
    _, other = run(model, pool, [0, 1, 2], [3, 4], step=1)
    with thread_pool(1) as alone:
        _, again = run(model, alone, [0, 1, 2], [3, 4])
    assert all(a is None if b is None else torch.equal(a, b) for a, b in zip(again, first, strict=True))
    assert not all(a is None if b is None else torch.equal(a, b) for a, b in zip(other, first, strict=True))


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
@pytest.mark.parametrize("parts", [([0, 1, 2],), ([0], [1, 2])])
def test_precision_is_that_of_the_products_and_not_of_the_weights(
    precision: Precision, parts: tuple[list[int], ...], pool: ThreadPoolExecutor
) -> None:
    model = Model()
    kinds: list[torch.dtype] = []
    model.linear.register_forward_hook(lambda module, given, out: kinds.append(out.dtype))
    shares = [(np.asarray(part), len(part) / 3) for part in parts]
    set_gradients(model, model.loss, shares, list(model.parameters()), Tools(pool), (0, 0), CPU, precision)
    assert set(kinds) == {torch.bfloat16 if precision == "bf16" else torch.float32}
    assert all(p.grad is None or p.grad.dtype == torch.float32 for p in model.parameters())


def test_bf16_gradients_are_added_in_fp32_into_memory_that_is_used_again(pool: ThreadPoolExecutor) -> None:
    """What a step before left there does not count."""
    model, tools = Model(), Tools(pool)
    parameters = list(model.parameters())
    one, other = ([(np.asarray(part), len(part) / 5) for part in parts] for parts in ([[0, 1], [2, 3, 4]], [[4], [0]]))
    seen = []
    for shares in (one, other, one):
        set_gradients(model, model.loss, shares, parameters, tools, (0, 0), CPU, "bf16")
        seen.append([None if p.grad is None else (p.grad.data_ptr(), p.grad.clone()) for p in parameters])
        for parameter in parameters:
            parameter.grad = None
    for first, again in zip(seen[0], seen[2], strict=True):
        assert first is None if again is None else first is not None and torch.equal(again[1], first[1])
    places = [gradients[2] for gradients in seen]  # the linear layer's weight
    assert places[0] is not None
    assert len({place[0] for place in places if place is not None}) == 1


def test_a_weight_that_is_read_in_two_ways_has_the_gradients_of_both() -> None:
    """In an embedding and, in bf16, in a linear layer, as masked-LM heads do."""
    torch.manual_seed(0)
    table, layer = nn.Embedding(6, 4), nn.Linear(4, 6, bias=False)
    layer.weight = table.weight
    model = nn.Sequential(table, layer)

    def loss(indices: Indices) -> Tensor:
        return model(torch.from_numpy(indices)).float().square().mean()[None]  # type: ignore[no-any-return]

    shares = [(np.array([0, 1]), 0.5), (np.array([3, 3]), 0.5)]
    set_gradients(model, loss, shares, [table.weight], Tools(), (0, 0), CPU, "bf16")
    got = table.weight.grad
    table.weight.grad = None
    with torch.autocast("cpu", torch.bfloat16):
        expected = torch.autograd.grad(sum(loss(part) * weight for part, weight in shares), table.weight)[0]  # type: ignore[arg-type, union-attr]
    assert got is not None
    torch.testing.assert_close(got, expected, rtol=0.02, atol=1e-5)
