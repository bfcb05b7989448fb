"""DeBERTa packed against transformers' own, an input at a time: states, gradients, bf16; what is computed how often."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from families import make_encoder
from torch import Tensor

from unfreeze.encoders.disentangled import MOST, Disentangled, _slices, by_distance
from unfreeze.encoders.freezing import frozen
from unfreeze.encoders.protocol import Batch
from unfreeze.encoders.transformer import TransformerEncoder
from unfreeze.layers.dropout import dropout_from, swap_dropout

TEXTS = ("the film sat", "", "good dog", "bad dog", " ".join(["anna and bob ran in paris and in rome"] * 4))
# v3 shares its projections with the pieces and has logarithmic buckets; v2-xlarge also has a convolution.
KINDS: dict[str, dict[str, Any]] = {
    "v3": {"share_att_key": True, "norm_rel_ebd": "layer_norm", "position_biased_input": False},
    "v2-xlarge": {"share_att_key": True, "conv_kernel_size": 3, "conv_act": "gelu", "norm_rel_ebd": "layer_norm"},
    "projections of their own": {"pos_att_type": ["p2c", "c2p"]},
    "without buckets": {"position_buckets": -1, "max_relative_positions": 6},
    "piece to distance": {"pos_att_type": ["c2p"]},
    "distance to piece": {"pos_att_type": ["p2c"]},
    "neither": {"pos_att_type": []},
    "no distances": {"relative_attention": False},
}


@pytest.fixture(params=KINDS)
def encoder(request: pytest.FixtureRequest) -> TransformerEncoder:
    return make_encoder("deberta-v2", hidden_act="gelu", **KINDS[request.param])


def batch_of(encoder: TransformerEncoder) -> Batch:
    return encoder.read_texts(TEXTS).batch(range(len(TEXTS)))


@pytest.mark.parametrize("length", [1, 2, 5])
def test_by_distance_looks_up_what_it_says(length: int) -> None:
    products = torch.randn(2, 3, length, 2 * length - 1, generator=torch.Generator().manual_seed(0))
    found = by_distance(products)
    assert found.shape == (2, 3, length, length)
    for i in range(length):
        for j in range(length):
            assert torch.equal(found[..., i, j], products[..., i, j - i + length - 1])


def test_packed_states_are_transformers_own(encoder: TransformerEncoder) -> None:
    assert encoder.packs()
    batch = batch_of(encoder)
    with torch.no_grad():
        got, alone = encoder.encode(batch).states, encoder.run(batch, "one by one")
    torch.testing.assert_close(got, alone, atol=1e-5, rtol=1e-5)


def test_packed_gradients_are_transformers_own(encoder: TransformerEncoder) -> None:
    found: list[dict[str, Tensor]] = []
    for way in ("packed", "one by one"):
        encoder.zero_grad()
        top = encoder.run(batch_of(encoder), way, all_layers=False)  # type: ignore[arg-type]
        (top * torch.linspace(-1, 1, top.numel()).view_as(top)).sum().backward()
        found.append({name: p.grad.clone() for name, p in encoder.named_parameters() if p.grad is not None})
    assert found[0].keys() == found[1].keys()
    for name, gradient in found[0].items():
        scale = max(1.0, float(found[1][name].abs().max()))
        torch.testing.assert_close(gradient, found[1][name], atol=1e-4 * scale, rtol=1e-3, msg=name)


def test_in_bf16_it_is_as_near_to_fp32_as_transformers_own(encoder: TransformerEncoder) -> None:
    batch = batch_of(encoder)
    with frozen(encoder) as exact, frozen(encoder, "bf16") as half:
        wanted = exact.run(batch, "one by one")
        own, packed = ((half.run(batch, way) - wanted).abs().mean((1, 2)) for way in ("one by one", "packed"))  # type: ignore[arg-type]
    assert bool((packed <= 1.5 * own + 1e-6).all())


@pytest.mark.parametrize("family", ["deberta-v2", "mpnet"])
def test_dropout_comes_from_the_generator_and_drops_what_transformers_drops(family: str) -> None:
    """So that steps of fine-tuning run in halves; the mean over many draws is the state without."""
    encoder = make_encoder(family, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.3)
    batch = batch_of(encoder)
    calm = encoder.encode(batch, all_layers=False).states
    swap_dropout(encoder)
    encoder.train()
    before, drawn = torch.get_rng_state(), []
    for seed in (0, 0, 1):
        with dropout_from(torch.Generator().manual_seed(seed)), torch.no_grad():
            drawn.append(encoder.run(batch, "packed", all_layers=False))
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.equal(drawn[0], drawn[1])
    assert not torch.equal(drawn[0], drawn[2])
    assert not torch.allclose(drawn[0], calm, atol=1e-2)


def test_distances_are_projected_once_a_layer_and_batch_and_no_further_than_inputs_reach() -> None:
    encoder = make_encoder("deberta-v2", **KINDS["v3"])
    encoder.settle()
    rows: list[int] = []
    for part in encoder.model.modules():
        if isinstance(part, Disentangled):
            part.key_proj.register_forward_hook(lambda part, given, out: rows.append(given[0].shape[-2]))
    batch = encoder.read_texts(TEXTS[:4]).batch(range(4))
    encoder.encode(batch)
    assert rows == [sum(batch.lengths), 2 * max(batch.lengths) - 1] * 3


def test_scores_at_a_time_are_bounded() -> None:
    assert _slices(7, 3, 4, 2) == [(7, 3, 4)]
    parts = _slices(0, 40, 400, 12)
    assert all(3 * count * 12 * 400 * 400 <= MOST or count == 1 for _, count, _ in parts)
    assert [first for first, *_ in parts] == [400 * sum(c for _, c, _ in parts[:i]) for i in range(len(parts))]
    assert sum(count for _, count, _ in parts) == 40
