from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import nn

from unfreeze.heads.tagger import Tagger
from unfreeze.layers.ragged import pad
from unfreeze.tasks.schemes import allowed_transitions

TAGS = ("O", "B-X", "I-X", "B-Y", "I-Y")
RULES = allowed_transitions(TAGS, "BIO")
LENGTHS = (4, 1, 6)


def batch() -> tuple[torch.Tensor, torch.Tensor]:
    torch.manual_seed(0)
    return pad(torch.randn(sum(LENGTHS), 8), LENGTHS)


@pytest.mark.parametrize("hidden", [None, 5])
@pytest.mark.parametrize("use_crf", [True, False])
def test_properties(check_head: Callable[..., None], hidden: int | None, use_crf: bool) -> None:
    check_head(lambda: Tagger(8, 5, RULES, hidden, use_crf=use_crf), [LENGTHS], 8)


def test_parameters_with_and_without_lstm_and_crf(
    count: Callable[[nn.Module], int], bilstm_size: Callable[[int, int], int]
) -> None:
    crf = 5 * 5 + 2 * 5
    lstm = bilstm_size(1202, 200) + bilstm_size(400, 200)
    assert count(Tagger(1202, 5, RULES, 200)) == lstm + 401 * 5 + crf
    assert count(Tagger(8, 5, RULES)) == 9 * 5 + crf
    assert count(Tagger(8, 5, RULES, use_crf=False)) == 9 * 5


@pytest.mark.parametrize("use_crf", [True, False])
def test_loss_is_per_word_and_the_same_whatever_the_batch(use_crf: bool) -> None:
    states, mask = batch()
    tagger = Tagger(8, 5, RULES, 4, use_crf=use_crf).eval()
    gold = torch.tensor([[0, 1, 2, 0, 0, 0], [3, 0, 0, 0, 0, 0], [1, 2, 2, 3, 4, 0]])
    total = sum(
        n * tagger.loss(states[i : i + 1, :n], mask[i : i + 1, :n], gold[i : i + 1, :n]).item()
        for i, n in enumerate(LENGTHS)
    )
    loss = tagger.loss(states, mask, gold)
    assert loss.item() == pytest.approx(total / sum(LENGTHS), rel=1e-5)
    if not use_crf:
        expected = nn.functional.cross_entropy(tagger(states, mask)[mask], gold[mask])
        torch.testing.assert_close(loss, expected)
    loss.backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in tagger.parameters())


@pytest.mark.parametrize("use_crf", [True, False])
def test_unknown_tags_count_nothing(use_crf: bool) -> None:
    states, mask = batch()
    tagger = Tagger(8, 5, RULES, use_crf=use_crf).eval()
    assert tagger.loss(states, mask, torch.full((3, 6), -1)).item() == 0


def test_without_crf_decoding_is_the_most_probable_allowed_sequence() -> None:
    states, mask = batch()
    tagger = Tagger(8, 5, RULES, use_crf=False).eval()
    nn.init.normal_(tagger.linear.linear.weight)
    steps, start, end = RULES
    for i, (tags, n) in enumerate(zip(tagger.decode(states, mask), LENGTHS, strict=True)):
        log_p = tagger(states, mask)[i, :n].log_softmax(1).detach().numpy()
        allowed = [
            path
            for path in itertools.product(range(5), repeat=n)
            if start[path[0]] and end[path[-1]] and all(steps[a, b] for a, b in itertools.pairwise(path))
        ]
        best = max(allowed, key=lambda path: np.take_along_axis(log_p, np.array(path)[:, None], 1).sum())
        assert tuple(tags) == best
    free = Tagger(8, 5, None, use_crf=False).eval()
    free.load_state_dict(tagger.state_dict())
    assert free.decode(states, mask) != tagger.decode(states, mask)  # the rules had something to do


def test_the_crf_learns_what_no_word_shows() -> None:
    torch.manual_seed(0)
    states = torch.ones(1, 6, 2)  # every word looks alike; only the order of tags can be learned
    mask, gold = torch.ones(1, 6, dtype=torch.bool), torch.tensor([[0, 1, 0, 1, 0, 1]])
    tagger = Tagger(2, 2, dropout=0.0)
    optimiser = torch.optim.Adam(tagger.parameters(), 0.1)
    for _ in range(60):
        optimiser.zero_grad()
        tagger.loss(states, mask, gold).backward()
        optimiser.step()
    assert tagger.decode(states, mask) == gold.tolist()


def test_bf16_states_give_fp32_losses() -> None:
    states, mask = batch()
    tagger = Tagger(8, 5, RULES, 4)
    with torch.autocast("cpu", torch.bfloat16):
        loss = tagger.loss(states.bfloat16(), mask, torch.zeros(3, 6, dtype=torch.long))
    assert loss.dtype == torch.float32
    loss.backward()
    assert tagger.linear.linear.weight.grad is not None
