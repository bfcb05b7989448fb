"""Norms, clipping and the update are those of torch, in whatever parts and threads."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
from torch import nn

from unfreeze.encoders.threads import thread_pool
from unfreeze.layers.side_by_side import Threads, helped_by
from unfreeze.training import update
from unfreeze.training.half_weights import HalfWeights
from unfreeze.training.update import Tools, advance, clip_divisor, gradient_norm, in_two

LIMIT = 1.0


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with thread_pool(2) as made:
        yield made


def net() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(7, 40), nn.LayerNorm(40), nn.Linear(40, 40), nn.Linear(40, 3))


def optimiser_of(model: nn.Module) -> torch.optim.AdamW:
    matrices, vectors = ([p for p in model.parameters() if (p.ndim > 1) is matrix] for matrix in (True, False))
    groups = [{"params": matrices, "weight_decay": 0.3, "lr": 0.1}, {"params": vectors, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, 0.02, (0.8, 0.9), eps=1e-6, fused=True)


def give_gradients(model: nn.Module, step: int, size: float) -> None:
    draws = torch.Generator().manual_seed(step)
    for number, parameter in enumerate(model.parameters()):
        learns = number != step  # each step another one has none
        parameter.grad = size * torch.randn(parameter.shape, generator=draws) if learns else None


def torchs(sizes: Sequence[float], clip: bool) -> nn.Module:
    model = net()
    optimiser = optimiser_of(model)
    for step, size in enumerate(sizes):
        give_gradients(model, step, size)
        if clip:
            nn.utils.clip_grad_norm_(model.parameters(), LIMIT)
        optimiser.step()
    return model


def ours(sizes: Sequence[float], clip: bool, tools: Tools, model: nn.Module | None = None) -> nn.Module:
    model = net() if model is None else model
    optimiser = optimiser_of(model)
    for step, size in enumerate(sizes):
        give_gradients(model, step, size)
        norm = gradient_norm(list(model.parameters()), tools)
        advance(optimiser, tools, clip_divisor(norm, LIMIT) if clip else None)
        assert all(p.grad is None for p in model.parameters())
    return model


@pytest.mark.parametrize("bucket", [1, 300, 1 << 18])
@pytest.mark.parametrize("clip", [True, False])
def test_an_update_is_torchs(
    clip: bool, bucket: int, pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where gradients are clipped and where they are too small for that, each step with another share."""
    monkeypatch.setattr(update, "BUCKET", bucket)
    sizes = [1.0, 1e-3, 10.0, 0.1]
    expected, got = torchs(sizes, clip), ours(sizes, clip, Tools(pool))
    for a, b in zip(got.parameters(), expected.parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-5, atol=1e-6)


def test_without_clipping_it_is_torchs_to_the_last_bit(pool: ThreadPoolExecutor) -> None:
    expected, got = torchs([1.0, 2.0], False), ours([1.0, 2.0], False, Tools(pool))
    assert all(torch.equal(a, b) for a, b in zip(got.parameters(), expected.parameters(), strict=True))


def test_threads_change_no_bit(pool: ThreadPoolExecutor) -> None:
    alone = list(ours([1.0, 2.0], True, Tools()).parameters())
    side_by_side = list(ours([1.0, 2.0], True, Tools(pool)).parameters())
    with Threads(2, taken=1) as threads, helped_by(threads):
        borrowed = list(ours([1.0, 2.0], True, Tools()).parameters())
    assert all(torch.equal(a, b) for a, b in zip(alone, side_by_side, strict=True))
    assert all(torch.equal(a, b) for a, b in zip(alone, borrowed, strict=True))


def test_the_state_is_one_that_torch_continues_from() -> None:
    """As a checkpoint does."""
    model = net()
    optimiser = optimiser_of(model)
    give_gradients(model, 99, 1.0)
    advance(optimiser, Tools())
    other = copy.deepcopy(model)
    again = optimiser_of(other)
    again.load_state_dict(copy.deepcopy(optimiser.state_dict()))
    for each in (model, other):
        give_gradients(each, 98, 1.0)
    advance(optimiser, Tools())
    again.step()
    assert all(torch.equal(a, b) for a, b in zip(model.parameters(), other.parameters(), strict=True))


@pytest.mark.parametrize("size", [1e-6, 1e-3, 1.0])
def test_the_norm_is_that_of_all_gradients(size: float, pool: ThreadPoolExecutor) -> None:
    model = net()
    give_gradients(model, 1, size)
    every = torch.cat([p.grad.flatten() for p in model.parameters() if p.grad is not None])
    torch.testing.assert_close(gradient_norm(list(model.parameters()), Tools(pool)), every.double().norm().float())


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_a_norm_that_is_none_is_told(bad: float) -> None:
    model = net()
    give_gradients(model, 99, 1.0)
    grad = next(model.parameters()).grad
    assert grad is not None
    grad[0, 0] = bad
    assert not gradient_norm(list(model.parameters()), Tools()).isfinite()


def test_copies_follow_the_weights(pool: ThreadPoolExecutor) -> None:
    model = net()
    halves = HalfWeights(model, "bf16")
    with halves.inside():
        pass
    before = [p.detach().clone() for p in model.parameters()]
    ours([1.0, 2.0], True, Tools(pool, halves), model)
    for parameter, old in zip(model.parameters(), before, strict=True):
        copied = halves.of(parameter)
        assert not torch.equal(parameter, old)
        assert copied is None or torch.equal(copied, parameter.bfloat16())
    assert sum(halves.of(p) is not None for p in model.parameters()) == 6


@pytest.mark.parametrize("sizes", [[], [3], [1, 1, 1, 1], [9, 1, 2, 3, 3], [1, 2, 3, 4, 5, 6, 7]])
def test_two_parts_have_everything_once_in_order(sizes: list[int]) -> None:
    items = list(enumerate(sizes))
    first, second = in_two(items, lambda item: item[1])
    assert sorted(first + second) == items
    assert first == sorted(first)
    assert second == sorted(second)
    assert abs(sum(s for _, s in first) - sum(s for _, s in second)) <= max(sizes, default=0)
