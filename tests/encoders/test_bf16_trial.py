"""Encoders that bf16 does not suit are distinguished from those that it does."""

from __future__ import annotations

import pytest
import torch
from families import FAMILIES, make_encoder
from torch import Tensor

from unfreeze.encoders.bf16_trial import _trouble
from unfreeze.encoders.transformer import TransformerEncoder


@pytest.mark.parametrize("family", [*FAMILIES, "qwen3-bidirectional", "convbert"])
def test_most_can_be_read_in_bf16(family: str) -> None:
    assert make_encoder(family, initializer_range=0.1).trouble_in_bf16() is None


@pytest.mark.parametrize("family", ["fnet", "deberta"])
def test_what_has_no_bf16_is_reported(family: str) -> None:
    """FNet's Fourier transform has no kernel for it; DeBERTa masks with a number that bf16 does not have."""
    assert "cannot be run in it" in str(make_encoder(family).trouble_in_bf16())


def test_states_that_are_not_numbers_in_bf16_are_reported() -> None:
    encoder = make_encoder()
    encoder.settle()

    def overflow(part: object, given: object, out: Tensor) -> Tensor:
        return out * torch.nan if out.dtype == torch.bfloat16 else out

    encoder.stack()[1].register_forward_hook(overflow)
    assert encoder.trouble_in_bf16() == "its states in it are infinite or NaN"


def test_states_that_depend_on_the_batch_in_bf16_alone_are_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    """As when a mask's large number is too small in it."""
    encoder = make_encoder("roformer", initializer_range=0.1)
    assert encoder.way() == "padded"
    run = TransformerEncoder.run_block

    def leaking(self: TransformerEncoder, all_layers: bool, ids: Tensor, types: Tensor, mask: Tensor) -> list[Tensor]:
        half = next(self.parameters()).dtype == torch.bfloat16
        return list(run(self, all_layers, ids, types, torch.ones_like(mask) if half else mask))

    monkeypatch.setattr(TransformerEncoder, "run_block", leaking)
    assert encoder.trouble_in_bf16() == "its states in it depend on the batch"


def test_rounding_must_leave_what_distinguishes_pieces() -> None:
    made = torch.Generator().manual_seed(0)
    exact, noise = (torch.randn(1, 40, 64, generator=made) for _ in range(2))
    assert _trouble(exact, exact + 0.01 * noise, exact - 0.01 * noise) is None
    assert "too unlike" in str(_trouble(exact, exact + noise, exact))
    far = exact + 100  # all pieces are alike in bf16
    assert "too unlike" in str(_trouble(far, far.bfloat16() + 1, far))
