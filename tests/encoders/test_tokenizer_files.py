"""Tokenizers without a file, and those that transformers builds otherwise than their file says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import transformers
from families import make_model, make_tokenizer
from folders import HALF_WAYS, byt5, byte_level, deberta_v3
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import normalizers

from unfreeze.encoders.load import load_encoder
from unfreeze.encoders.plain_tokenizer import lower_cased
from unfreeze.encoders.source import Source
from unfreeze.encoders.tokenizer_files import _of_bytes, read_tokenizer
from unfreeze.errors import InputError

SLOW = transformers.ByT5Tokenizer()
FAST = _of_bytes(SLOW)


@settings(max_examples=100, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"])), st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_a_piece_of_byt5_is_a_byte(text: str, text_b: str) -> None:
    ids = FAST(text)["input_ids"]
    assert ids == [byte + 3 for byte in text.encode()] + [1]
    assert FAST(text, text_b)["input_ids"] == [*ids, *FAST(text_b)["input_ids"]]


@pytest.mark.parametrize(
    "text", ["hello", "", "é 中 😀", "a<pad>b", "x </s> y", "<extra_id_0> z", "<unk>", " a  b\t\n"]
)
def test_byt5_is_read_as_its_own_slow_tokenizer_reads(text: str) -> None:
    assert FAST(text)["input_ids"] == SLOW(text)["input_ids"]


def test_byt5_without_any_file_of_a_tokenizer(tmp_path: Path) -> None:
    encoder = load_encoder(str(byt5(tmp_path / "byt5")))
    assert encoder.way() == HALF_WAYS["ByT5"][1]  # type: ignore[attr-defined]
    inputs = encoder.read_texts(["good"])
    assert inputs.ids.tolist() == [ord(letter) + 3 for letter in "good"] + [1]
    words = encoder.read_words([["new", "york", "!"]])
    assert encoder.pieces(words) == [*"ĠnewĠyorkĠ!", "</s>"]
    assert [encoder.pieces(words)[i] for i in range(len(words.ids)) if words.words[i] >= 0] == ["n", "y", "!"]
    encoder.save(tmp_path / "saved")
    assert load_encoder(str(tmp_path / "saved")).fingerprint() == encoder.fingerprint()


@pytest.mark.parametrize("told", [True, False])
def test_canine_is_refused_with_the_reason(told: bool, tmp_path: Path) -> None:
    transformers.CanineConfig().save_pretrained(tmp_path)
    (tmp_path / "model.safetensors").write_bytes(b"never opened")
    if told:
        (tmp_path / "tokenizer_config.json").write_text('{"tokenizer_class": "CanineTokenizer"}')
    with pytest.raises(InputError, match="is a canine, which joins every four letters inside"):
        load_encoder(str(tmp_path))


def test_a_limit_and_padding_in_the_file_are_not_part_of_how_texts_are_cut(tmp_path: Path) -> None:
    tokenizer = make_tokenizer()
    tokenizer.backend_tokenizer.enable_padding(length=30, pad_id=0)
    tokenizer.backend_tokenizer.enable_truncation(5)
    tokenizer.save_pretrained(tmp_path)
    make_model("bert").save_pretrained(tmp_path)
    told = json.loads((tmp_path / "tokenizer_config.json").read_text())
    (tmp_path / "tokenizer_config.json").write_text(json.dumps({**told, "tokenizer_class": "BertTokenizer"}))
    read, said = read_tokenizer(Source("t", tmp_path))
    assert said == []
    assert type(read).__name__ == "BertTokenizer"
    assert len(read.backend_tokenizer.encode("the cat sat in rome and ran").ids) == 9


def test_a_class_that_builds_another_tokenizer_than_its_file_says_is_reported(tmp_path: Path) -> None:
    tokenizer = make_tokenizer()
    own = [tokenizer.backend_tokenizer.normalizer, normalizers.Replace("a", "b")]
    tokenizer.backend_tokenizer.normalizer = normalizers.Sequence(own)
    tokenizer.save_pretrained(tmp_path)
    make_model("bert").save_pretrained(tmp_path)
    assert read_tokenizer(Source("t", tmp_path))[1] == []
    told = json.loads((tmp_path / "tokenizer_config.json").read_text())
    (tmp_path / "tokenizer_config.json").write_text(json.dumps({**told, "tokenizer_class": "BertTokenizer"}))
    said = load_encoder(str(tmp_path)).notes
    assert "BertTokenizer cuts" in " ".join(said)
    assert "than the encoder's tokenizer.json says" in " ".join(said)


def test_a_part_of_a_file_that_a_class_leaves_out_is_not_left_out(tmp_path: Path) -> None:
    """As DeBERTa's class does with the normalisation, so that full-width marks would be unknown."""
    folder = deberta_v3(tmp_path / "deberta")
    tokenizer, _ = read_tokenizer(Source("t", folder))
    tokenizer.save_pretrained(folder)
    (folder / "spm.model").unlink()
    told = json.loads((folder / "tokenizer_config.json").read_text())
    (folder / "tokenizer_config.json").write_text(json.dumps({**told, "tokenizer_class": "DebertaV2Tokenizer"}))
    text = "你好，世界！（ＡＩ）"
    alone = transformers.AutoTokenizer.from_pretrained(folder)
    assert alone.unk_token_id in alone(text)["input_ids"], "if not, transformers was fixed and this may go"
    encoder = load_encoder(str(folder))
    assert encoder.read_texts([text]).ids.tolist() == tokenizer(text)["input_ids"]
    assert "is read as it stands: transformers' DebertaV2Tokenizer leaves out a part" in " ".join(encoder.notes)
    encoder.save(tmp_path / "saved")
    assert load_encoder(str(tmp_path / "saved")).fingerprint() == encoder.fingerprint()


def test_lower_cased_comes_first_and_only_once() -> None:
    tokenizer = byte_level()
    lower = lower_cased(tokenizer)
    assert lower("The CAT")["input_ids"] == tokenizer("the cat")["input_ids"] != tokenizer("The CAT")["input_ids"]
    assert lower_cased(lower) is lower
