"""The encoder of an encoder-decoder: its states, however it is saved, and nothing of the decoder in memory."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
import transformers
from families import make_tokenizer
from folders import HALF_WAYS, HALVES, half

from unfreeze.encoders.load import load_encoder
from unfreeze.encoders.random_twin import random_twin
from unfreeze.errors import InputError

TEXTS = ["the cat sat in rome and the dog ran", "", "good film"]
FORMS = [*((stem, "lm") for stem in HALVES), ("T5", "whole"), ("Bart", "whole"), ("T5", "encoder"), ("UMT5", "encoder")]


@pytest.mark.parametrize(("stem", "form"), FORMS)
def test_states_are_those_of_transformers_own_encoder(stem: str, form: str, tmp_path: Path) -> None:
    folder = half(tmp_path / "half", stem, form)
    kind = getattr(transformers, f"{stem}EncoderModel") if form == "encoder" else transformers.AutoModel
    own = kind.from_pretrained(folder).eval().get_encoder()
    encoder = load_encoder(str(folder))
    assert (encoder.layers, encoder.width, encoder.causal) == (4, 16, False)
    assert encoder.way() == HALF_WAYS[stem][1]  # type: ignore[attr-defined]
    inputs = encoder.read_texts(TEXTS)
    with torch.no_grad():
        states = encoder.encode(inputs.batch(range(3))).states
        for i in range(3):
            start, end = inputs.offsets[i], inputs.offsets[i + 1]
            ids = torch.from_numpy(inputs.ids[start:end]).long()[None]
            expected = torch.cat(own(input_ids=ids, output_hidden_states=True).hidden_states)
            torch.testing.assert_close(states[:, start:end], expected, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("stem", ["T5", "Bart"])
def test_what_is_saved_is_the_encoder_alone_and_comes_back(stem: str, tmp_path: Path) -> None:
    encoder = load_encoder(str(half(tmp_path / "half", stem)))
    assert encoder.notes == (f"Of the {stem.lower()}, its encoder alone is used.",)
    assert not any("decoder" in name for name, _ in encoder.named_parameters())
    encoder.save(tmp_path / "saved")
    again = load_encoder(str(tmp_path / "saved"))
    assert again.fingerprint() == encoder.fingerprint()
    assert again.notes == ()
    assert again.sizes() == encoder.sizes()


@pytest.mark.parametrize("stem", ["T5", "Bart"])
def test_it_can_be_tuned_like_others(stem: str, tmp_path: Path) -> None:
    encoder = load_encoder(str(half(tmp_path / "half", stem)))
    groups = encoder.layer_groups()
    assert [len(group) > 0 for group in groups] == [True] * 4
    assert sum(map(len, groups)) == len(list(encoder.parameters()))
    encoder.reinitialise_top(1)
    twin = random_twin(encoder)
    assert twin is not None
    assert (twin.layers, twin.width) == (4, 16)
    batch = encoder.read_texts(TEXTS).batch(range(3))
    encoder.encode(batch, all_layers=False).states.sum().backward()
    assert all(p.grad is not None for p in groups[0])


def test_one_without_an_encoder_of_texts_is_reported(tmp_path: Path) -> None:
    config = transformers.FSMTConfig(
        langs=["a", "b"], src_vocab_size=80, tgt_vocab_size=80, d_model=16, encoder_layers=1, decoder_layers=1,
        encoder_attention_heads=2, decoder_attention_heads=2, encoder_ffn_dim=8, decoder_ffn_dim=8,
    )  # fmt: skip
    transformers.FSMTModel(config).save_pretrained(tmp_path)
    make_tokenizer().save_pretrained(tmp_path)
    with pytest.raises(InputError, match="is a fsmt, of which no encoder of texts can be taken"):
        load_encoder(str(tmp_path))
