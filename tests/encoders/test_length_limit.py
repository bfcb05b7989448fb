"""How long an input may be, wherever that is written, and where it is written nowhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from families import SIZES, change_json, make_model, make_tokenizer, refused, save_folder
from transformers import NomicBertConfig, NomicBertModel, Phi3Config, Phi3Model, XLNetConfig, XLNetModel

from unfreeze.encoders.load import load_encoder
from unfreeze.errors import InputError


def unlimited(folder: Path, **tokenizer: Any) -> Path:
    """An encoder with relative positions: any length will do."""
    torch.manual_seed(0)
    sizes = {"d_model": 16, "n_layer": 2, "n_head": 2, "d_inner": 32}
    save_folder(
        folder, XLNetModel(XLNetConfig(vocab_size=len(make_tokenizer()), **sizes)), make_tokenizer(limit=10**30)
    )
    change_json(folder / "tokenizer_config.json", **tokenizer)
    return folder


def test_without_any_limit_one_is_taken_and_reported(tmp_path: Path) -> None:
    encoder = load_encoder(str(unlimited(tmp_path)))
    assert encoder.max_length == 512
    assert any("512 pieces" in line and "--max-length" in line for line in encoder.notes)
    for inputs in (encoder.read_texts(["good " * 600]), encoder.read_texts(["good " * 600], ["bad"])):
        assert inputs.lengths().tolist() == [512]
        assert inputs.truncated.all()
    assert encoder.read_words([["good"] * 600]).lengths().max() == 512
    asked = load_encoder(str(unlimited(tmp_path)), 700)
    assert asked.max_length == 700
    assert not any("512" in line for line in asked.notes)


def test_more_than_the_encoder_reads_is_reported(tmp_path: Path) -> None:
    folder = str(save_folder(tmp_path, make_model("bert")))
    (line,) = load_encoder(folder, 60).notes
    assert "40 pieces at most, not the 60" in line
    assert load_encoder(folder, 40).notes == load_encoder(folder, 12).notes == ()


@pytest.mark.parametrize("positions", [-1, 0])
def test_a_configuration_without_a_limit(positions: int, tmp_path: Path) -> None:
    """Positions by rotation need no table, so nothing depends on the number."""
    model = NomicBertModel(NomicBertConfig(vocab_size=len(make_tokenizer()), **SIZES))
    folder = save_folder(tmp_path, model, make_tokenizer(limit=10**30), max_position_embeddings=positions)
    encoder = load_encoder(str(folder))
    assert encoder.max_length == 512
    assert any("512 pieces" in line for line in encoder.notes)


@pytest.mark.parametrize("value", [[], "abc", "512", -1, 0, True, {"a": 1}])
def test_a_limit_of_the_tokenizer_that_is_none(value: Any, tmp_path: Path) -> None:
    assert "model_max_length" in refused(unlimited(tmp_path, model_max_length=value))


@pytest.mark.parametrize("value", [[], "abc", -5, True])
def test_a_limit_of_sentence_transformers_that_is_none(value: Any, tmp_path: Path) -> None:
    change_json(unlimited(tmp_path) / "sentence_bert_config.json", max_seq_length=value)
    assert "max_seq_length" in refused(tmp_path)


@pytest.mark.parametrize(("value", "limit"), [(20, 20), (20.0, 20), (1e30, 512), (None, 512)])
def test_limits_that_are_read(value: Any, limit: int, tmp_path: Path) -> None:
    assert load_encoder(str(unlimited(tmp_path, model_max_length=value))).max_length == limit


@pytest.mark.parametrize("limit", [1, 2])
def test_a_limit_that_leaves_no_room_for_text(limit: int, tmp_path: Path) -> None:
    assert f"{limit} pieces" in refused(save_folder(tmp_path, make_model("bert"), make_tokenizer(limit=limit)))
    assert "2 pieces" in refused(save_folder(tmp_path / "other", make_model("bert", max_position_embeddings=2)))


@pytest.mark.parametrize("family", ["bert", "roberta", "mpnet", "distilbert", "albert"])
def test_the_table_of_positions_is_long_enough(family: str, tmp_path: Path) -> None:
    roberta = family in ("roberta", "mpnet")
    folder = save_folder(tmp_path, make_model(family), make_tokenizer(roberta, limit=10**30))
    encoder = load_encoder(str(folder))
    assert encoder.max_length == 40
    batch = encoder.read_texts(["good " * 99, "bad"]).batch([0, 1])
    with torch.no_grad():
        assert encoder.encode(batch).states.isfinite().all()


def test_a_table_that_holds_less_than_it_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("unfreeze.encoders.length_limit._TABLES", ())
    folder = save_folder(tmp_path, make_model("roberta"), make_tokenizer(True, limit=10**30))
    with pytest.raises(InputError, match=r"42 pieces.*--max-length"):
        load_encoder(str(folder))
    assert load_encoder(str(folder), 40).max_length == 40


def test_positions_that_a_longer_text_would_change_for_its_neighbours(tmp_path: Path) -> None:
    """Phi-3's long texts have other rotary frequencies, which one of them in a batch brings in for all."""
    factors = {"short_factor": [1.0] * 4, "long_factor": [4.0] * 4, "original_max_position_embeddings": 16}
    sizes = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 24}
    config = Phi3Config(
        vocab_size=80, max_position_embeddings=64, pad_token_id=0, rope_scaling={"rope_type": "longrope", **factors},
        initializer_range=0.3, original_max_position_embeddings=16, **sizes,
    )  # fmt: skip
    folder = save_folder(tmp_path, Phi3Model(config).eval(), make_tokenizer(limit=64))
    encoder = load_encoder(str(folder))
    assert encoder.max_length == 16
    assert any("16 pieces" in line for line in encoder.notes)
    texts = ["the cat sat", "good " * 40]
    with torch.no_grad():
        alone = encoder.encode(encoder.read_texts(texts[:1]).batch([0])).states
        beside = encoder.encode(encoder.read_texts(texts).batch([0, 1])).states
    torch.testing.assert_close(beside[:, : alone.shape[1]], alone, atol=1e-5, rtol=1e-5)
    assert load_encoder(str(folder), 12).max_length == 12
