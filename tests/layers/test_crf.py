from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch
import torchcrf
from hypothesis import given, settings
from hypothesis import strategies as st

from unfreeze.layers.crf import CRF
from unfreeze.tasks.schemes import allowed_transitions

BIO = ("O", "B-LOC", "B-PER", "I-LOC", "I-PER")
BIOES = ("O", "B-X", "E-X", "I-X", "S-X")
LENGTHS = (4, 1, 3, 2)


def ragged_mask(lengths: tuple[int, ...] = LENGTHS) -> torch.Tensor:
    return torch.arange(max(lengths)) < torch.tensor(lengths)[:, None]


def random_crf(tags: int, rules: object = None) -> CRF:
    crf = CRF(tags, rules).double()  # type: ignore[arg-type]
    for parameter in crf.parameters():
        torch.nn.init.normal_(parameter)
    return crf


def all_scores(crf: CRF, emissions: torch.Tensor) -> dict[tuple[int, ...], float]:
    """Score of every allowed sequence for emissions (L, K), by enumeration."""
    e, start, step, end = (
        t.detach().numpy() for t in (emissions, crf.transitions_start, crf.transitions, crf.transitions_end)
    )
    scores = {}
    for path in itertools.product(range(e.shape[1]), repeat=len(e)):
        pairs = list(itertools.pairwise(path))
        if not (crf.allowed_start[path[0]] and crf.allowed_end[path[-1]] and all(crf.allowed[a, b] for a, b in pairs)):
            continue
        emitted = sum(e[i, tag] for i, tag in enumerate(path))
        scores[path] = float(emitted + start[path[0]] + end[path[-1]] + sum(step[a, b] for a, b in pairs))
    return scores


@pytest.mark.parametrize("scheme", [None, "BIO", "BIOES"])
def test_loss_and_decoding_equal_enumeration(scheme: str | None) -> None:
    torch.manual_seed(1)
    names = BIOES if scheme == "BIOES" else BIO
    crf = random_crf(5, allowed_transitions(names, scheme))
    emissions, mask = 2 * torch.randn(len(LENGTHS), max(LENGTHS), 5, dtype=torch.float64), ragged_mask()
    log_z, decoded = crf.log_partition(emissions, mask), crf.decode(emissions, mask)
    for i, length in enumerate(LENGTHS):
        scores = all_scores(crf, emissions[i, :length])
        expected = np.logaddexp.reduce(list(scores.values()))
        assert log_z[i].item() == pytest.approx(expected, abs=1e-9)
        assert tuple(decoded[i]) == max(scores, key=lambda path: scores[path])
        gold = list(scores)[len(scores) // 2]
        tags = torch.tensor([gold])
        loss = crf.neg_log_likelihood(emissions[i : i + 1, :length], tags, mask[i : i + 1, :length])
        assert loss.item() == pytest.approx(expected - scores[gold], abs=1e-9)


def test_equals_pytorch_crf_without_constraints() -> None:
    torch.manual_seed(2)
    tags, mask = 7, ragged_mask((9, 3, 6, 1))
    crf, other = random_crf(tags).float(), torchcrf.CRF(tags, batch_first=True)
    with torch.no_grad():
        other.start_transitions.copy_(crf.transitions_start)
        other.end_transitions.copy_(crf.transitions_end)
        other.transitions.copy_(crf.transitions)
    emissions, gold = torch.randn(4, 9, tags), torch.randint(tags, (4, 9))
    expected = -other(emissions, gold, mask, reduction="none")
    torch.testing.assert_close(crf.neg_log_likelihood(emissions, gold, mask), expected)
    assert crf.decode(emissions, mask) == other.decode(emissions, mask)


def test_gradients() -> None:
    torch.manual_seed(3)
    crf, mask = random_crf(5, allowed_transitions(BIO, "BIO")), ragged_mask((3, 1, 2))
    emissions = torch.randn(3, 3, 5, dtype=torch.float64, requires_grad=True)
    gold = torch.tensor([[1, 3, 0], [2, 0, 0], [0, 2, 0]])
    names = ["transitions", "transitions_start", "transitions_end"]

    def loss(emissions: torch.Tensor, *scores: torch.Tensor) -> torch.Tensor:
        replaced = dict(zip(names, scores, strict=True))
        return torch.func.functional_call(
            Loss(crf), {f"crf.{k}": v for k, v in replaced.items()}, (emissions, gold, mask)
        )

    assert torch.autograd.gradcheck(loss, (emissions, *(getattr(crf, name) for name in names)))
    crf.neg_log_likelihood(emissions, gold, mask).sum().backward()
    assert crf.transitions.grad is not None
    assert not crf.transitions.grad[~crf.allowed].any()


class Loss(torch.nn.Module):
    def __init__(self, crf: CRF) -> None:
        super().__init__()
        self.crf = crf

    def forward(self, *inputs: torch.Tensor) -> torch.Tensor:
        return self.crf.neg_log_likelihood(*inputs)


@settings(max_examples=50, deadline=None)
@given(seed=st.integers(0, 10_000), scale=st.sampled_from([1.0, 100.0, 1e6]), scheme=st.sampled_from(["BIO", "BIOES"]))
def test_decoding_never_breaks_a_rule_however_large_the_emissions(seed: int, scale: float, scheme: str) -> None:
    torch.manual_seed(seed)
    names = BIO if scheme == "BIO" else BIOES
    steps, start, end = allowed_transitions(names, scheme)
    mask = ragged_mask()
    for path, length in zip(
        CRF(5, (steps, start, end)).decode(scale * torch.randn(4, 4, 5), mask), LENGTHS, strict=True
    ):
        assert len(path) == length
        assert start[path[0]]
        assert end[path[-1]]
        assert all(steps[a, b] for a, b in itertools.pairwise(path))


def test_padding_and_the_rest_of_the_batch_do_not_matter() -> None:
    torch.manual_seed(4)
    crf, mask = random_crf(5), ragged_mask()
    emissions, gold = torch.randn(4, 4, 5, dtype=torch.float64), torch.randint(5, (4, 4))
    loss, decoded = crf.neg_log_likelihood(emissions, gold, mask), crf.decode(emissions, mask)
    spoilt = emissions.masked_fill(~mask[..., None], torch.nan).requires_grad_()
    again = crf.neg_log_likelihood(spoilt, gold.masked_fill(~mask, -100), mask)
    torch.testing.assert_close(again, loss, rtol=0, atol=1e-12)
    assert crf.decode(spoilt, mask) == decoded
    again.sum().backward()
    assert spoilt.grad is not None
    assert spoilt.grad.isfinite().all()
    for i, length in enumerate(LENGTHS):
        one = slice(i, i + 1), slice(0, length)
        torch.testing.assert_close(crf.neg_log_likelihood(emissions[one], gold[one], mask[one]), loss[i : i + 1])
        assert crf.decode(emissions[one], mask[one]) == [decoded[i]]


def test_impossible_gold_counts_nothing_and_the_rest_of_the_batch_is_untouched() -> None:
    crf, mask = CRF(5, allowed_transitions(BIO, "BIO")), ragged_mask((3, 3, 3, 2))
    emissions = torch.randn(4, 3, 5, requires_grad=True)
    gold = torch.tensor([[0, 3, 0], [1, 3, 0], [0, -1, 0], [3, 0, 0]])  # O I-LOC | fine | unknown | starts with I-LOC
    loss = crf.neg_log_likelihood(emissions, gold, mask)
    loss.sum().backward()
    assert (loss != 0).tolist() == [False, True, False, False]
    torch.testing.assert_close(loss[1:2], crf.neg_log_likelihood(emissions[1:2], gold[1:2], mask[1:2]))
    assert emissions.grad is not None
    assert emissions.grad.flatten(1).any(1).tolist() == [False, True, False, False]


def test_sums_are_fp32_under_autocast() -> None:
    torch.manual_seed(5)
    crf, mask, emissions = CRF(6), ragged_mask((60, 7)), torch.randn(2, 60, 6).bfloat16()
    gold = torch.randint(6, (2, 60))
    with torch.autocast("cpu", torch.bfloat16):
        loss = crf.neg_log_likelihood(emissions, gold, mask)
    assert loss.dtype == torch.float32
    exact = crf.double().neg_log_likelihood(emissions.double(), gold, mask)
    torch.testing.assert_close(loss, exact.float(), rtol=1e-5, atol=1e-4)


def test_a_dead_end_gives_a_finite_loss_and_gradient() -> None:
    rules = torch.tensor([[True, False], [True, False]]), torch.tensor([True, False]), torch.tensor([True, True])
    crf, emissions = CRF(2, rules), torch.randn(1, 3, 2, requires_grad=True)  # tag 1 has no predecessor
    loss = crf.neg_log_likelihood(emissions, torch.zeros(1, 3, dtype=torch.long), ragged_mask((3,)))
    loss.sum().backward()
    assert loss.item() == pytest.approx(0, abs=1e-5)
    assert emissions.grad is not None
    assert emissions.grad.isfinite().all()


def test_unlearned_scores_decode_independent_tags() -> None:
    crf = CRF(5, learned=False)
    emissions, mask = torch.randn(4, 4, 5), ragged_mask()
    assert list(crf.parameters()) == []
    assert crf.state_dict() == {}
    expected = [row[:n] for row, n in zip(emissions.argmax(2).tolist(), LENGTHS, strict=True)]
    assert crf.decode(emissions, mask) == expected


def test_rules_of_the_wrong_shape_are_refused_and_state_dict_holds_only_scores() -> None:
    with pytest.raises(ValueError, match=r"rules have shape \(5, 5\), expected \(4, 4\)"):
        CRF(4, allowed_transitions(BIO, "BIO"))
    assert set(CRF(4).state_dict()) == {"transitions", "transitions_start", "transitions_end"}
