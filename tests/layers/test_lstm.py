from __future__ import annotations

import pytest
import torch

from unfreeze.layers.lstm import BiLSTM
from unfreeze.layers.ragged import pad

LENGTHS = (4, 1, 6, 3)


@pytest.fixture
def batch() -> tuple[torch.Tensor, torch.Tensor]:
    torch.manual_seed(0)
    return pad(torch.randn(sum(LENGTHS), 5), LENGTHS)


@pytest.mark.parametrize("layers", [1, 2])
def test_an_input_alone_gives_what_it_gives_in_a_batch(batch: tuple[torch.Tensor, torch.Tensor], layers: int) -> None:
    states, mask = batch
    lstm = BiLSTM(5, 3, layers, dropout=0.5).eval()
    together = lstm(states.masked_fill(~mask[..., None], 7.0), mask)
    assert together.shape == (4, 6, 6)
    for i, length in enumerate(LENGTHS):
        alone, _ = lstm.lstm(states[i : i + 1, :length])  # torch's own, without packing
        torch.testing.assert_close(together[i, :length], alone[0], atol=1e-6, rtol=1e-5)
        assert not together[i, length:].any()


def test_trailing_padding_is_kept(batch: tuple[torch.Tensor, torch.Tensor]) -> None:
    states, mask = batch
    lstm = BiLSTM(5, 3).eval()
    wide = torch.nn.functional.pad(states, (0, 0, 0, 2)), torch.nn.functional.pad(mask, (0, 2))
    torch.testing.assert_close(lstm(*wide)[:, :6], lstm(states, mask))
    assert not lstm(*wide)[:, 6:].any()


def test_an_empty_input_gives_zeros_and_no_gradient() -> None:
    states = torch.randn(2, 3, 5, requires_grad=True)
    mask = torch.tensor([[True, True, False], [False] * 3])
    out = BiLSTM(5, 3)(states, mask)
    assert not out[1].any()
    out.sum().backward()
    assert states.grad is not None
    assert not states.grad[~mask].any()
    assert states.grad[mask].all()


def test_first_weights() -> None:
    lstm = BiLSTM(7, 4, 2).lstm
    for name, parameter in lstm.named_parameters():
        if name.startswith("weight_hh"):
            torch.testing.assert_close(parameter.T @ parameter, torch.eye(4), atol=1e-5, rtol=0)
        elif name.startswith("bias"):
            forget = 1.0 if name.startswith("bias_hh") else 0.0
            assert parameter.tolist() == [0.0] * 4 + [forget] * 4 + [0.0] * 8
        else:
            limit = (6 / sum(parameter.shape)) ** 0.5
            assert 0.8 * limit < parameter.abs().max() <= limit


def test_half_inputs_are_read_in_fp32(batch: tuple[torch.Tensor, torch.Tensor]) -> None:
    states, mask = batch
    lstm = BiLSTM(5, 3).eval()
    assert torch.equal(lstm(states.bfloat16(), mask), lstm(states.bfloat16().float(), mask))


def test_autocast_rounds_what_is_multiplied_and_nothing_else() -> None:
    """States and gradients are in fp32, and about as near to those without autocast as bf16 numbers are."""
    torch.manual_seed(0)
    lengths = [40, 7, 23, 23]
    states, mask = pad(torch.randn(sum(lengths), 24), lengths)
    states.requires_grad_()
    lstm = BiLSTM(24, 32, 2)
    weight = torch.randn(*mask.shape, 64)

    def run() -> tuple[torch.Tensor, ...]:
        out = lstm(states, mask)
        return out, *torch.autograd.grad((out * weight).sum(), [states, *lstm.parameters()])

    exact = run()
    with torch.autocast("cpu", torch.bfloat16):
        half = run()
    assert not torch.equal(half[0], half[0].bfloat16().float())
    for got, expected in zip(half, exact, strict=True):
        assert got.dtype == torch.float32
        assert not torch.equal(got, expected)
        assert (got - expected).norm() < 0.01 * expected.norm()
