"""bf16 is used where an encoder can be read and taught in it, else fp32, and a line says so."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from families import make_encoder
from torch import Tensor

from unfreeze.encoders.transformer import TransformerEncoder
from unfreeze.encoders.word_vectors.encoder import WordVectors
from unfreeze.training.usable_precision import usable_precision


class _NoWayBack(torch.autograd.Function):
    @staticmethod
    def forward(ctx: object, x: Tensor) -> Tensor:
        return x.clone()

    @staticmethod
    def backward(ctx: object, gradient: Tensor) -> Tensor:  # type: ignore[override]
        raise RuntimeError("no such\nkernel")


@pytest.fixture
def encoder() -> TransformerEncoder:
    return make_encoder(initializer_range=0.1)


def test_what_can_be_done_in_bf16_is(encoder: TransformerEncoder) -> None:
    """And the trial leaves no trace."""
    before, state = {name: t.clone() for name, t in encoder.state_dict().items()}, torch.get_rng_state()
    assert usable_precision(encoder, "bf16") == ("bf16", None)
    assert usable_precision(encoder, "fp32") == ("fp32", None)
    assert all(torch.equal(t, before[name]) for name, t in encoder.state_dict().items())
    assert {t.dtype for t in encoder.parameters()} == {torch.float32}
    assert all(p.grad is None and p.requires_grad for p in encoder.parameters())
    assert not any(module.training for module in encoder.modules())
    assert torch.equal(torch.get_rng_state(), state)


def test_what_cannot_be_read_in_bf16_is_computed_in_fp32() -> None:
    precision, line = usable_precision(make_encoder("fnet"), "bf16")
    assert precision == "fp32"
    assert line is not None
    assert line.startswith("fnet is computed in fp32 and not in bf16: it cannot be run in it (")


def test_what_cannot_be_taught_in_bf16_is_computed_in_fp32(encoder: TransformerEncoder) -> None:
    encoder.settle()
    encoder.stack()[1].register_forward_hook(
        lambda part, given, out: (
            _NoWayBack.apply(out) if torch.is_autocast_enabled("cpu") and out.requires_grad else out
        )
    )
    precision, line = usable_precision(encoder, "bf16")
    assert (precision, line) == (
        "fp32",
        "bert is computed in fp32 and not in bf16: it cannot be taught in it (no such kernel).",
    )
    assert not any(module.training for module in encoder.modules())


def test_gradients_that_are_not_numbers_are_reported(encoder: TransformerEncoder) -> None:
    encoder.settle()

    def spoil(part: object, given: object, out: Tensor) -> Tensor:
        if out.requires_grad and torch.is_autocast_enabled("cpu"):
            out.register_hook(lambda gradient: gradient * torch.nan)
        return out

    encoder.stack()[1].register_forward_hook(spoil)
    assert "gradients in it are infinite or NaN" in str(usable_precision(encoder, "bf16")[1])


def test_a_single_gradient_of_the_lowest_layer_that_is_not_a_number_is_reported(encoder: TransformerEncoder) -> None:
    encoder.settle()

    def spoil(part: object, given: object, out: Tensor) -> Tensor:
        if out.requires_grad and torch.is_autocast_enabled("cpu"):
            first = torch.zeros(out.shape[-1]).index_fill(0, torch.tensor(0), torch.inf)
            out.register_hook(lambda gradient: gradient + first)
        return out

    encoder.model.embeddings.LayerNorm.register_forward_hook(spoil)
    assert "gradients in it are infinite or NaN" in str(usable_precision(encoder, "bf16")[1])


def test_encoders_of_other_kinds_are_not_tried(tmp_path: Path) -> None:
    (tmp_path / "v.txt").write_text("a 1 2\nb 3 4\n")
    assert usable_precision(WordVectors.load(str(tmp_path / "v.txt"), None, {}), "bf16") == ("bf16", None)
