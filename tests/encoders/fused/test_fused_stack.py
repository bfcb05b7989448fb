"""Fused states against those of transformers, family by family, and models that are not fused."""

from __future__ import annotations

import copy
from collections.abc import Callable

import pytest
import torch
from families import make_encoder
from torch import Tensor, nn

from unfreeze.encoders.freezing import frozen, light_copy
from unfreeze.encoders.fused.product import can_multiply
from unfreeze.encoders.fused.stack import FusedStack
from unfreeze.encoders.protocol import Batch
from unfreeze.encoders.transformer import TransformerEncoder
from unfreeze.encoders.which_way import random_batch

KNOWN = ("bert", "roberta", "xlm-roberta", "camembert", "electra", "ernie", "distilbert")
LENGTHS = {"one text": (7,), "one piece": (1,), "several": (5, 3, 20, 5, 17, 40, 1), "equal": (6, 6)}
pytestmark = pytest.mark.skipif(not can_multiply(), reason="this torch has no such operators")


def stack_of(encoder: TransformerEncoder) -> FusedStack:
    return FusedStack(encoder.model, encoder.stack())


def both(encoder: TransformerEncoder, batch: Batch, all_layers: bool = True) -> tuple[Tensor, Tensor]:
    """Fused states, and those of each input run alone by transformers."""
    encoder.way()
    with torch.no_grad():
        stack = stack_of(encoder)
        assert stack.usable
        return encoder.run(batch, "packed", all_layers, None, stack), encoder.run(batch, "one by one", all_layers)


@pytest.mark.parametrize("family", KNOWN)
@pytest.mark.parametrize("lengths", LENGTHS)
def test_states_of_all_layers_are_those_of_transformers(family: str, lengths: str) -> None:
    """In random batches every second input is a pair, so token types are in them where a family has them."""
    encoder = make_encoder(family)
    got, expected = both(encoder, random_batch(encoder, LENGTHS[lengths]))
    torch.testing.assert_close(got, expected, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("act", ["gelu", "gelu_new", "gelu_pytorch_tanh", "relu"])
def test_other_activations_are_right_too(act: str) -> None:
    encoder = make_encoder("bert", hidden_act=act)
    torch.testing.assert_close(*both(encoder, random_batch(encoder, (5, 9))), atol=1e-5, rtol=1e-5)


def test_top_layer_alone_is_the_last_of_all() -> None:
    encoder = make_encoder()
    batch = random_batch(encoder, (5, 9))
    got, expected = both(encoder, batch, all_layers=False)
    assert got.shape == expected.shape == (1, 14, 16)
    assert torch.equal(got[0], both(encoder, batch)[0][-1])


@pytest.mark.parametrize("family", KNOWN)
def test_bf16_is_no_further_from_fp32_than_transformers(family: str) -> None:
    encoder = make_encoder(family)
    batch = random_batch(encoder, (40, 9, 3, 12, 20, 33, 17, 28))
    with torch.no_grad(), frozen(encoder, "bf16") as half:
        exact = encoder.run(batch, "one by one")
        fused = half.run(batch, "packed", True, None, stack_of(half)).float()
        own = half.run(batch, "one by one").float()
    assert float((fused - exact).abs().mean()) <= 1.1 * float((own - exact).abs().mean())


@pytest.mark.parametrize("family", ["albert", "modernbert", "mpnet", "deberta-v2"])
def test_other_families_are_not_fused(family: str) -> None:
    assert not stack_of(make_encoder(family)).usable


class OwnLayer(nn.Linear):
    """As an adapter stands in the place of a linear layer."""


def _adapt(encoder: TransformerEncoder) -> None:
    encoder.stack()[1].attention.self.value = OwnLayer(16, 16)


CHANGES: dict[str, Callable[[TransformerEncoder], object]] = {
    "hook on a layer": lambda e: e.stack()[1].register_forward_hook(lambda part, given, out: out),
    "hook on the model": lambda e: e.model.register_forward_pre_hook(lambda part, given: None),
    "adapter": _adapt,
    "dropout": lambda e: e.stack()[2].attention.self.dropout.train(),
    "causal": lambda e: setattr(e.stack()[0].attention.self, "is_causal", True),
    "no bias": lambda e: setattr(e.stack()[0].output.dense, "bias", None),
    "norm without weight": lambda e: setattr(e.stack()[0].output.LayerNorm, "weight", None),
    "class of the same name": lambda e: setattr(
        e.stack()[0], "__class__", type("BertLayer", (type(e.stack()[0]),), {"__module__": "elsewhere"})
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_model_that_does_more_is_not_fused(change: str) -> None:
    encoder = make_encoder()
    assert stack_of(encoder).usable
    CHANGES[change](encoder)
    assert not stack_of(encoder).usable


def test_hooks_that_take_hidden_states_do_not_count() -> None:
    encoder = make_encoder()
    encoder.model(torch.tensor([[5, 6]]), output_hidden_states=True)
    assert any(part._forward_hooks for part in encoder.model.modules())
    assert stack_of(encoder).usable


def test_weights_that_are_inference_tensors_are_not_fused() -> None:
    """Nothing would tell that they have changed."""
    with torch.inference_mode():
        encoder = copy.deepcopy(make_encoder())
    assert not stack_of(encoder).usable


def test_a_stack_fits_until_its_model_changes() -> None:
    encoder = make_encoder()
    encoder.settle()
    stack = stack_of(encoder)
    assert stack.fits()
    light_copy(encoder)
    assert stack.fits()
    with torch.no_grad():
        next(encoder.stack()[0].parameters()).mul_(2)
    assert not stack.fits()
