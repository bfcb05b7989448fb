"""Frozen is frozen: the same states whatever is called on a parent, and everything as it was afterwards."""

from __future__ import annotations

import pytest
import torch
from families import FAMILIES, make_encoder
from torch import Tensor, nn

from unfreeze.encoders.freezing import frozen, thawed_copy
from unfreeze.encoders.transformer import TransformerEncoder

TEXTS = ("the cat sat", "good", "unfathomable films in paris and rome")


class Parent(nn.Module):
    """A model that holds an encoder, as any training code would."""

    def __init__(self, encoder: nn.Module) -> None:
        super().__init__()
        self.encoder, self.dropout = encoder, nn.Dropout(0.5)


@pytest.fixture(params=["bert", "modernbert", "deberta-v2"])
def encoder(request: pytest.FixtureRequest) -> TransformerEncoder:
    drop = {"attention_dropout": 0.4, "mlp_dropout": 0.4} if request.param == "modernbert" else {}
    return make_encoder(request.param, **drop)


def states(encoder: TransformerEncoder, texts: tuple[str, ...] = TEXTS) -> Tensor:
    return encoder.encode(encoder.read_texts(texts).batch(range(len(texts)))).states


def modes(encoder: nn.Module) -> list[bool]:
    return [module.training for module in encoder.modules()]


def wants(encoder: nn.Module) -> list[bool]:
    return [p.requires_grad for p in encoder.parameters()]


def mixed_up(encoder: TransformerEncoder) -> tuple[list[bool], list[bool]]:
    """Bring an encoder into a state that no single call of `train` or `eval` makes."""
    encoder.train()
    next(iter(encoder.model.children())).eval()
    next(encoder.parameters()).requires_grad_(False)
    return modes(encoder), wants(encoder)


def test_train_on_a_parent_has_no_effect(encoder: TransformerEncoder) -> None:
    calm = states(encoder)
    encoder.train()
    assert not torch.equal(states(encoder), calm)  # dropout is at work where it is not frozen
    parent = Parent(encoder)
    with frozen(encoder) as reader:
        parent.train()
        reader.train()
        reader.model.train()
        assert parent.dropout.training
        assert not any(modes(reader))
        assert not any(wants(reader))
        got = states(reader)
        assert torch.equal(got, calm)
        assert not got.requires_grad


@pytest.mark.parametrize("family", FAMILIES)
def test_states_alone_are_those_in_a_batch(family: str) -> None:
    with frozen(make_encoder(family).train()) as reader:
        together = states(reader)
        alone = torch.cat([states(reader, (text,)) for text in TEXTS], 1)
        torch.testing.assert_close(alone, together, atol=1e-5, rtol=1e-5)
        assert torch.equal(states(reader), together)


def test_everything_is_restored(encoder: TransformerEncoder) -> None:
    before = mixed_up(encoder)
    with frozen(encoder):
        pass
    assert (modes(encoder), wants(encoder)) == before
    assert all(encoder.train().training for _ in range(2))
    assert all(modes(encoder))


def test_everything_is_restored_after_an_exception(encoder: TransformerEncoder) -> None:
    before = mixed_up(encoder)
    with pytest.raises(KeyError), frozen(encoder):
        raise KeyError
    assert (modes(encoder), wants(encoder)) == before
    encoder.eval()
    assert not any(modes(encoder))


def test_nested(encoder: TransformerEncoder) -> None:
    before = mixed_up(encoder)
    with frozen(encoder) as outer:
        with frozen(outer) as inner:
            assert inner is encoder
            inner.train()
            assert not any(modes(inner))
        outer.train()
        assert not any(modes(outer))
        assert not any(wants(outer))
    assert (modes(encoder), wants(encoder)) == before
    assert all(modes(encoder.train()))


def test_bf16_is_a_copy(encoder: TransformerEncoder) -> None:
    encoder.train()
    before = {name: tensor.clone() for name, tensor in encoder.state_dict().items()}
    with frozen(encoder, "bf16") as reader:
        assert reader is not encoder
        assert {p.dtype for p in reader.parameters()} == {torch.bfloat16}
        reader.train()
        assert not any(modes(reader))
        half = states(reader)
        assert half.dtype == torch.bfloat16
        assert all(modes(encoder))  # the one given goes on training
    assert all(torch.equal(tensor, before[name]) for name, tensor in encoder.state_dict().items())
    assert {p.dtype for p in encoder.parameters()} == {torch.float32}
    exact = states(encoder.eval()).detach()
    assert float((half.float() - exact).abs().mean() / exact.abs().mean()) < 0.05


def test_a_thawed_copy_of_a_frozen_encoder_trains(encoder: TransformerEncoder) -> None:
    with frozen(encoder) as reader:
        copy = thawed_copy(reader)
        assert not copy.training
        assert all(wants(copy))
        calm = states(copy)
        torch.testing.assert_close(calm, states(reader))
        copy.train()
        assert all(modes(copy))
        assert not torch.equal(states(copy), states(copy))
        states(copy)[-1].square().sum().backward()
        assert all(p.grad is not None for group in copy.layer_groups() for p in group)
        with torch.no_grad():
            for parameter in copy.parameters():
                parameter.add_(1.0)
        assert not any(modes(reader))
        torch.testing.assert_close(states(reader), calm.detach())
        assert all(p.grad is None for p in encoder.parameters())
