"""Tokenizers whose only file is a sentencepiece model cut texts as the library does, when they are loaded and later."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import transformers
from folders import DEBERTA_PIECES, deberta_v3, sentencepiece_model
from sentencepiece import SentencePieceProcessor
from transformers import AutoTokenizer

from unfreeze.encoders.load import load_encoder
from unfreeze.encoders.sentencepiece_files import SAMPLES, cuts_alike
from unfreeze.encoders.source import Source
from unfreeze.encoders.tokenizer_files import read_tokenizer
from unfreeze.errors import InputError

T5_PIECES = {"pad_id": 0, "eos_id": 1, "unk_id": 2, "bos_id": -1}
OF_LLAMA = {"byte_fallback": True, "normalization_rule_name": "identity", "remove_extra_whitespaces": False}
OF_GEMMA = {
    **OF_LLAMA, "pad_id": 0, "eos_id": 1, "bos_id": 2, "unk_id": 3, "pad_piece": "<pad>", "bos_piece": "<bos>",
    "eos_piece": "<eos>", "add_dummy_prefix": False,
}  # fmt: skip
MARKS = {"pad_id": 0, "unk_id": 1, "bos_id": -1, "eos_id": -1, "user_defined_symbols": ["[CLS]", "[SEP]", "[MASK]"]}
LLAMA = {"tokenizer_class": "LlamaTokenizer", "add_bos_token": True, "add_eos_token": True}
# Configuration, file, how it is trained, tokenizer_config.json (None: there is none).
KINDS: dict[str, tuple[str, str, dict[str, Any], dict[str, Any] | None]] = {
    "deberta": ("DebertaV2", "spm.model", DEBERTA_PIECES, {"do_lower_case": False, "vocab_type": "spm"}),
    "deberta-lower": ("DebertaV2", "spm.model", DEBERTA_PIECES, {"do_lower_case": True}),
    "xlm-roberta": ("XLMRoberta", "sentencepiece.bpe.model", {}, None),
    "camembert": ("Camembert", "sentencepiece.bpe.model", {}, None),
    "t5": ("T5", "spiece.model", T5_PIECES, None),
    "mt5": ("MT5", "spiece.model", {**T5_PIECES, "byte_fallback": True}, None),
    "umt5": ("UMT5", "spiece.model", T5_PIECES, {"tokenizer_class": "T5Tokenizer"}),
    "umt5-bare": ("UMT5", "spiece.model", T5_PIECES, None),
    "albert": ("Albert", "spiece.model", MARKS, None),
    "rembert": ("RemBert", "sentencepiece.model", MARKS, None),
    "nystromformer": ("Nystromformer", "spiece.model", MARKS, {"tokenizer_class": "AlbertTokenizer"}),
    "bert-generation": ("BertGeneration", "spiece.model", {**T5_PIECES, "bos_id": 3}, None),
    "llama": ("Llama", "tokenizer.model", {**OF_LLAMA, "kind": "bpe"}, LLAMA),
    "mistral": ("Mistral", "tokenizer.model", {**OF_LLAMA, "kind": "bpe"}, LLAMA),
    "gemma": ("Gemma", "tokenizer.model", {**OF_GEMMA, "kind": "bpe"}, None),
}


def folder_of(kind: str, folder: Path) -> Path:
    stem, name, options, told = KINDS[kind]
    folder.mkdir()
    (folder / name).write_bytes(sentencepiece_model(**options))
    if told is not None:
        (folder / "tokenizer_config.json").write_text(json.dumps(told))
    getattr(transformers, f"{stem}Config")().save_pretrained(folder)
    return folder


def source(folder: Path) -> Source:
    return Source("spm", folder)


@pytest.mark.parametrize("kind", KINDS)
def test_texts_are_cut_as_the_library_cuts_them(kind: str, tmp_path: Path) -> None:
    folder = folder_of(kind, tmp_path / kind)
    model = SentencePieceProcessor(model_file=str(folder / KINDS[kind][1]))
    tokenizer, said = read_tokenizer(source(folder))
    assert said == []
    assert cuts_alike(tokenizer, model)
    if kind in ("deberta", "t5", "llama", "bert-generation"):  # whose pieces have the numbers of the file
        for text in SAMPLES:
            ids = tokenizer(text, add_special_tokens=False)["input_ids"]
            assert ids == model.encode(text)
    tokenizer.save_pretrained(tmp_path / "saved")
    shutil.copyfile(folder / "config.json", tmp_path / "saved" / "config.json")
    again = AutoTokenizer.from_pretrained(tmp_path / "saved")
    assert again.backend_tokenizer.to_str() == tokenizer.backend_tokenizer.to_str()


def test_letters_that_the_file_itself_normalises_are_not_unknown_pieces(tmp_path: Path) -> None:
    """As transformers alone makes DeBERTa's tokenizer, full-width marks of Chinese are unknown."""
    encoder = load_encoder(str(deberta_v3(tmp_path / "deberta")))
    inputs = encoder.read_texts(["你好，世界！（ＡＩ）"])
    names = encoder.pieces(inputs)
    assert names[0] == "[CLS]"
    assert names[-1] == "[SEP]"
    assert "[UNK]" not in names
    assert "".join(names[1:-1]).replace("▁", "") == "你好,世界!(AI)"
    encoder.save(tmp_path / "saved")
    assert load_encoder(str(tmp_path / "saved")).fingerprint() == encoder.fingerprint()


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "is not a sentencepiece model"),
        (b"IQ== 0\nIg== 1\n", "is not a sentencepiece model"),  # tiktoken's
        (b"\x00" * 100, "is not a sentencepiece model"),
        (None, "nothing says which kind of tokenizer"),
    ],
)
def test_what_cannot_be_turned_into_a_tokenizer_is_reported_in_one_line(
    content: bytes | None, problem: str, tmp_path: Path
) -> None:
    transformers.FunnelConfig().save_pretrained(tmp_path)
    if content is None:
        (tmp_path / "tokenizer_config.json").write_text('{"tokenizer_class": "Nothing"}')
    name = "tokenizer.model" if content is not None else "spiece.model"
    (tmp_path / name).write_bytes(sentencepiece_model() if content is None else content)
    with pytest.raises(InputError) as caught:
        read_tokenizer(source(tmp_path))
    assert problem in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 400
