"""Kinds with attention of their own, packed: nothing in them is as large as the batch squared."""

from __future__ import annotations

import copy

import pytest
import torch
import transformers
from families import make_encoder, make_model, make_tokenizer

from unfreeze.encoders.own_attention import teach_packing
from unfreeze.encoders.transformer import TransformerEncoder

TEXTS = ("the film sat", "", "good dog", "bad dog", " ".join(["anna and bob ran in paris and in rome"] * 3))


def make_t5(stem: str) -> TransformerEncoder:
    sizes = {"d_model": 16, "d_kv": 8, "d_ff": 24, "num_layers": 3, "num_heads": 2, "initializer_factor": 3.0}
    torch.manual_seed(0)
    config = getattr(transformers, f"{stem}Config")(vocab_size=80, relative_attention_num_buckets=8, **sizes)
    model = getattr(transformers, f"{stem}EncoderModel")(config).eval()
    return TransformerEncoder(stem, model, make_tokenizer(), 40)


@pytest.mark.parametrize("kind", ["mpnet", "deberta-v2", "T5", "MT5", "UMT5"])
def test_distances_are_those_within_an_input(kind: str) -> None:
    """No tensor has two sides as long as the batch."""
    encoder = make_t5(kind) if "T5" in kind else make_encoder(kind)
    assert encoder.packs()
    batch = encoder.read_texts(TEXTS).batch(range(len(TEXTS)))
    pieces, largest = sum(batch.lengths), 0

    class Watch(torch.overrides.TorchFunctionMode):
        def __torch_function__(self, func, types, args=(), kwargs=None):  # type: ignore[no-untyped-def]
            nonlocal largest
            out = func(*args, **(kwargs or {}))
            if isinstance(out, torch.Tensor):
                largest = max(largest, sorted(out.shape)[-2] if out.ndim > 1 else 0)
            return out

    with torch.no_grad():
        with Watch():
            got = encoder.encode(batch).states
        assert 0 < largest < pieces
        alone = encoder.run(batch, "one by one")
    assert float((got - alone).abs().max()) < 1e-5 * float(alone.abs().max())


@pytest.mark.parametrize("family", ["mpnet", "deberta-v2"])
def test_a_model_that_has_learned_to_pack_is_otherwise_as_before(family: str) -> None:
    model = make_model(family)
    ids = torch.arange(5, 17).view(2, 6)
    mask = torch.tensor([[1, 1, 1, 1, 0, 0], [1] * 6])
    before, names = model(input_ids=ids, attention_mask=mask).last_hidden_state, list(model.state_dict())
    teach_packing(model)
    kinds = [type(part) for part in model.modules()]
    teach_packing(model)
    assert [type(part) for part in model.modules()] == kinds
    for one in (model, copy.deepcopy(model)):
        assert torch.equal(one(input_ids=ids, attention_mask=mask).last_hidden_state, before)
        assert list(one.state_dict()) == names
        assert [type(part) for part in one.modules()] == kinds


def test_big_bird_reads_long_texts_alike_whatever_came_before() -> None:
    sizes = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 24}
    torch.manual_seed(0)
    config = transformers.BigBirdConfig(
        vocab_size=80, max_position_embeddings=64, block_size=2, num_random_blocks=1, initializer_range=0.3, **sizes
    )
    assert config.attention_type == "block_sparse"
    encoder = TransformerEncoder("b", transformers.BigBirdModel(config).eval(), make_tokenizer(limit=60), 60)
    assert encoder.notes == ("Texts of more than 14 pieces are read with full attention, not sparse.",)
    short, long = (encoder.read_texts([text]).batch([0]) for text in ("bad", "anna and bob ran in paris " * 8))
    with torch.no_grad():
        first = encoder.run(long, "one by one")
        encoder.encode(short)
        assert torch.equal(encoder.run(long, "one by one"), first)
        torch.testing.assert_close(encoder.encode(long).states, first, atol=1e-5, rtol=1e-5)
    assert config.attention_type == "block_sparse"  # it is saved as it was
    assert TransformerEncoder("b", transformers.BigBirdModel(config), make_tokenizer(limit=14), 14).notes == ()
