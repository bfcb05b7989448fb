"""The clustered softmax, class by class."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from unfreeze.errors import InputError
from unfreeze.pretraining import word_softmax
from unfreeze.pretraining.word_softmax import FIRST, OTHER, WordSoftmax, classes_of

WORDS = [f"w{i}" for i in range(40)]


@pytest.fixture(params=[(100,), (12, 30), (5, 100)])
def softmax(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> WordSoftmax:
    """Without clusters, with two, with one."""
    monkeypatch.setattr(word_softmax, "CUTS", request.param)
    torch.manual_seed(0)
    return WordSoftmax(8, WORDS)


def test_probabilities_of_all_classes_sum_to_one(softmax: WordSoftmax) -> None:
    states = torch.randn(3, 8)
    count = FIRST + len(WORDS)
    for row in states:
        each = [softmax.loss(row[None], torch.tensor([k])).item() for k in range(count)]
        assert np.exp(-np.array(each)).sum() == pytest.approx(1, abs=1e-5)


def test_losses_add_up_and_reach_every_weight(softmax: WordSoftmax) -> None:
    states, classes = torch.randn(200, 8), torch.randint(FIRST + len(WORDS), (200,))
    whole = softmax.loss(states, classes)
    torch.testing.assert_close(whole, sum(softmax.loss(s[None], k[None]) for s, k in zip(states, classes, strict=True)))
    whole.backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in softmax.parameters())
    assert float(softmax.loss(states[:0], classes[:0]).detach()) == 0


@pytest.mark.parametrize("cuts", [(12, 30), (5, 100)])
def test_losses_and_gradients_are_those_of_torchs_own(cuts: tuple[int, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(word_softmax, "CUTS", cuts)
    torch.manual_seed(0)
    made, count = WordSoftmax(32, WORDS), FIRST + len(WORDS)
    given = torch.nn.AdaptiveLogSoftmaxWithLoss(32, count, [cut for cut in cuts if cut < count], div_value=2.0)
    given.load_state_dict({name.replace("tails", "tail"): tensor for name, tensor in made.state_dict().items()})
    states, classes = torch.randn(200, 32, requires_grad=True), torch.randint(count, (200,))
    same = states.detach().clone().requires_grad_()
    loss, expected = made.loss(states, classes), -given(same, classes).output.sum()
    torch.testing.assert_close(loss, expected)
    loss.backward()
    expected.backward()
    torch.testing.assert_close(states.grad, same.grad)
    wanted = dict(given.named_parameters())
    for name, parameter in made.named_parameters():
        torch.testing.assert_close(parameter.grad, wanted[name.replace("tails", "tail")].grad)


def test_classes() -> None:
    assert classes_of(["b", "x", "a"], ["a", "b"]).tolist() == [FIRST + 1, OTHER, FIRST]


def test_it_is_read_as_it_was_written(softmax: WordSoftmax, tmp_path: Path) -> None:
    softmax.save(tmp_path)
    back = WordSoftmax.load(8, tmp_path)
    assert back.words == WORDS
    states, classes = torch.randn(9, 8), torch.arange(9)
    assert torch.equal(back.loss(states, classes), softmax.loss(states, classes))
    with pytest.raises(InputError, match=r"softmax\.safetensors"):
        WordSoftmax.load(9, tmp_path)
