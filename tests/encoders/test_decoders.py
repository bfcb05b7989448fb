"""Decoders as encoders: their states, the last piece, the end piece of a tokenizer, and what they are not for."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from folders import DECODER_WAYS, DECODERS, END, byte_level, decoder, drawn, write
from transformers import AutoModel, BertConfig, BertModel

from unfreeze.encoders.load import load_encoder
from unfreeze.encoders.random_twin import random_twin
from unfreeze.encoders.reading import side_by_side
from unfreeze.encoders.transformer import TransformerEncoder
from unfreeze.errors import InputError
from unfreeze.layers.pooling import pool

TEXTS = ["the cat sat in the house and then ran", "good", "a film in rome"]


def loaded(folder: Path, **options: str) -> TransformerEncoder:
    encoder = load_encoder(str(folder), None, options)
    assert isinstance(encoder, TransformerEncoder)
    return encoder


@pytest.mark.parametrize("stem", DECODERS)
def test_states_are_those_of_each_text_alone(stem: str, tmp_path: Path) -> None:
    encoder = loaded(decoder(tmp_path / stem, stem))
    alone = AutoModel.from_pretrained(tmp_path / stem).eval()
    assert encoder.causal
    assert encoder.way() == DECODER_WAYS[stem][1]
    inputs = encoder.read_texts(TEXTS)
    with torch.no_grad():
        states = encoder.encode(inputs.batch(range(3))).states
        last = pool(states, tuple(inputs.lengths().tolist()), "last")
        for i, text in enumerate(TEXTS):
            ids = encoder.tokenizer(text)["input_ids"]
            start, end = inputs.offsets[i], inputs.offsets[i + 1]
            assert inputs.ids[start:end].tolist() == ids
            own = torch.cat(alone(input_ids=torch.tensor([ids]), output_hidden_states=True).hidden_states)
            torch.testing.assert_close(states[:, start:end], own, atol=1e-4, rtol=1e-4)
            torch.testing.assert_close(last[:, i], own[:, -1], atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("stem", ["Qwen3", "GPT2", "GPTNeoX", "Bloom", "Mamba"])
def test_every_weight_is_in_one_layer_group_and_the_final_norm_in_the_top_one(stem: str, tmp_path: Path) -> None:
    encoder = loaded(decoder(tmp_path / stem, stem))
    groups = encoder.layer_groups()
    named = {id(p): name for name, p in encoder.model.named_parameters()}
    assert sorted(named[id(p)] for group in groups for p in group) == sorted(named.values())
    assert len(groups) == encoder.layers
    outside = {named[id(p)] for group in groups for p in group if not any(c.isdigit() for c in named[id(p)])}
    top = {named[id(p)] for p in groups[-1]} & outside
    assert top
    assert all("norm" in name or "ln_f" in name for name in top)
    assert not any(
        "norm" in named[id(p)] or "ln_f" in named[id(p)] for p in groups[0] if "embedding" not in named[id(p)]
    )


def test_fresh_top_layers_are_drawn_and_a_random_twin_has_the_same_shape(tmp_path: Path) -> None:
    encoder = loaded(decoder(tmp_path / "d"))
    twin = random_twin(encoder)
    assert twin is not None
    assert (twin.causal, twin.reads_pairs, twin.width) == (True, encoder.reads_pairs, encoder.width)
    before = [p.clone() for group in encoder.layer_groups()[-2:] for p in group]
    encoder.reinitialise_top(1)
    below, top = encoder.layer_groups()[-2:]
    assert all(torch.equal(p, b) for p, b in zip(below, before, strict=False))
    assert any(not torch.equal(p, b) for p, b in zip(top, before[len(below) :], strict=True))


def test_the_end_piece_of_a_tokenizer_stays_the_last_one_where_a_text_is_cut(tmp_path: Path) -> None:
    encoder = load_encoder(str(decoder(tmp_path / "d", "Qwen3")), 6)
    inputs = encoder.read_texts(TEXTS)
    ends = inputs.ids[inputs.offsets[1:] - 1]
    assert set(encoder.tokenizer.convert_ids_to_tokens(ends.tolist())) == {END}
    assert inputs.truncated.tolist() == [True, False, True]
    bare = load_encoder(str(decoder(tmp_path / "g", "GPT2")), 6).read_texts(TEXTS)
    assert bare.ids[:6].tolist() != inputs.ids[:6].tolist()
    assert 0 not in bare.ids


@pytest.mark.parametrize(("stem", "joint"), [("Llama", True), ("GPT2", False), ("Qwen3", False)])
def test_pairs_are_read_in_one_input_where_something_stands_between(stem: str, joint: bool, tmp_path: Path) -> None:
    """Else the end of the first text and the beginning of the second would be one word."""
    encoder = loaded(decoder(tmp_path / stem, stem))
    assert encoder.reads_pairs is joint
    both = side_by_side(encoder.read_texts(TEXTS[:1]), encoder.read_texts(TEXTS[1:2]))
    assert len(both.offsets) == 3
    if joint:
        pair = encoder.read_texts(TEXTS[:1], TEXTS[1:2])
        assert pair.ids.tolist() == encoder.tokenizer(TEXTS[0], TEXTS[1])["input_ids"]


def test_it_is_for_tagging_only_if_asked_for(tmp_path: Path) -> None:
    folder = decoder(tmp_path / "d")
    assert "knows nothing of the pieces after it" in str(loaded(folder).traits.wordless)
    asked = loaded(folder, tagging="true")
    assert asked.traits.wordless is None
    asked.save(tmp_path / "saved")
    assert loaded(tmp_path / "saved").traits.wordless is None


def test_a_bert_made_a_decoder_is_one(tmp_path: Path) -> None:
    tokenizer = byte_level((f"{END} $A {END}", f"{END} $A {END} $B {END}"))
    config = BertConfig(
        vocab_size=len(tokenizer), hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=24,
        is_decoder=True, initializer_range=0.3,
    )  # fmt: skip
    folder = write(tmp_path / "bert", drawn(lambda: BertModel(config)), tokenizer)
    assert loaded(folder).causal


def test_a_decoder_made_to_look_both_ways_is_none(tmp_path: Path) -> None:
    encoder = loaded(decoder(tmp_path / "d", "Qwen3", is_causal=False))
    assert not encoder.causal
    assert encoder.traits.wordless is None


def test_unknown_options_are_reported(tmp_path: Path) -> None:
    folder = decoder(tmp_path / "d")
    with pytest.raises(InputError, match=r"is not an option of this encoder \(did you mean 'tagging'"):
        loaded(folder, taging="true")
    with pytest.raises(InputError, match="--encoder-option pooling"):
        loaded(folder, pooling="middle")
