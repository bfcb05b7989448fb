"""The fused way is taken where it was found to be right, and nowhere else."""

from __future__ import annotations

import copy
from dataclasses import replace

import pytest
import torch
from families import make_encoder
from torch import Tensor

from unfreeze.encoders.freezing import frozen, thawed_copy
from unfreeze.encoders.fused import choice
from unfreeze.encoders.fused.layer import FusedLayer
from unfreeze.encoders.fused.product import can_multiply
from unfreeze.encoders.fused.stack import FusedStack
from unfreeze.encoders.transformer import TransformerEncoder
from unfreeze.encoders.which_way import random_batch

needed = pytest.mark.skipif(not can_multiply(), reason="this torch has no such operators")


def taken(encoder: TransformerEncoder) -> bool:
    with torch.no_grad():
        return encoder._fused.stack(encoder) is not None


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, ...]]:
    """Lengths of the batches that were run fused."""
    batches: list[tuple[int, ...]] = []
    states = FusedStack.states

    def noted(stack: FusedStack, lengths: tuple[int, ...], *rest: object) -> Tensor:
        batches.append(lengths)
        return states(stack, lengths, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(FusedStack, "states", noted)
    return batches


@needed
def test_a_frozen_encoder_encodes_fused_in_both_precisions(ran: list[tuple[int, ...]]) -> None:
    encoder = make_encoder()
    batch = random_batch(encoder, (5, 3))
    encoder.settle()
    with frozen(encoder) as reader, frozen(encoder, "bf16") as half, torch.inference_mode():
        ran.clear()
        exact = reader.encode(batch).states
        near = half.encode(batch).states
        top = reader.encode(batch, all_layers=False).states
    assert ran == [(3, 5)] * 3
    assert torch.equal(top[0], exact[-1])
    assert near.dtype == torch.bfloat16
    plain = encoder.run(batch, "packed")
    torch.testing.assert_close(exact, plain.detach(), atol=1e-5, rtol=1e-5)


@needed
def test_gradients_and_mixed_precision_take_the_plain_way() -> None:
    encoder = make_encoder()
    encoder.settle()
    assert taken(encoder)
    assert encoder._fused.stack(encoder) is None
    with torch.autocast("cpu", torch.bfloat16):
        assert not taken(encoder)
    batch = random_batch(encoder, (5, 3))
    encoder.encode(batch).states[-1].square().sum().backward()
    assert all(p.grad is not None for p in encoder.stack().parameters())


@needed
def test_learned_weights_are_seen() -> None:
    """As when dev is read while an encoder is trained."""
    encoder = make_encoder()
    encoder.settle()
    copied = thawed_copy(encoder)
    batch = random_batch(encoder, (5, 3))
    with torch.no_grad():
        before = copied.encode(batch).states
        assert taken(copied)
        for parameter in copied.stack()[1].parameters():
            parameter.add_(0.1)
        got = copied.encode(batch).states
        assert not torch.allclose(got, before)
        torch.testing.assert_close(got, copied.run(batch, "packed"), atol=1e-5, rtol=1e-5)
        torch.testing.assert_close(encoder.encode(batch).states, before, atol=1e-5, rtol=1e-5)


@needed
def test_training_mode_takes_the_plain_way() -> None:
    encoder = make_encoder()
    encoder.settle()
    encoder.train()
    assert not taken(encoder)
    encoder.eval()
    assert taken(encoder)


@needed
def test_copies_know_what_was_found_and_have_no_weights_of_others() -> None:
    encoder = make_encoder()
    encoder.settle()
    assert taken(encoder)
    copied = copy.deepcopy(encoder)
    assert copied._fused._stack is None
    assert taken(copied)
    assert copied._fused._stack is not encoder._fused._stack


def test_without_the_operators_the_plain_way_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choice, "can_multiply", lambda: False)
    encoder = make_encoder()
    batch = random_batch(encoder, (5, 3))
    with torch.no_grad():
        got = encoder.encode(batch).states
        assert not taken(encoder)
        assert torch.equal(got, encoder.run(batch, "packed"))


def test_operators_that_fail_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("not on this processor")

    monkeypatch.setattr("unfreeze.encoders.fused.kinds.product", fail)
    encoder = make_encoder()
    encoder.settle()
    assert not taken(encoder)


@pytest.mark.parametrize("wrong", ["scale", "heads", "norms"])
def test_a_wrong_layer_is_found_out(monkeypatch: pytest.MonkeyPatch, wrong: str) -> None:
    """Such as another version of transformers might have."""
    from unfreeze.encoders.fused import stack

    right = stack.fused_layer

    def spoilt(layer: torch.nn.Module) -> FusedLayer | None:
        made = right(layer)
        if made is None:
            return None
        return {
            "scale": replace(made, scale=1.01 * made.scale),
            "heads": replace(made, heads=4),
            "norms": replace(made, first_norm=made.second_norm, second_norm=replace(made.first_norm, eps=1e-3)),
        }[wrong]

    monkeypatch.setattr(stack, "fused_layer", spoilt)
    encoder = make_encoder()
    encoder.settle()
    assert not taken(encoder)


@needed
def test_bf16_that_is_further_from_fp32_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choice, "AS_NEAR", 0.1)
    encoder = make_encoder()
    with frozen(encoder, "bf16") as half:
        assert not taken(half)
        assert taken(encoder)


@needed
def test_where_no_trial_tells_anything_the_plain_way_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choice, "TELLING", 1e9)
    encoder = make_encoder()
    encoder.settle()
    assert not taken(encoder)
