"""Pieces that say nothing are counted, whatever a tokenizer makes of what it does not know."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import transformers
from families import make_encoder, make_tokenizer
from skip_folder import write_folder
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from unfreeze.data.unread import Unread
from unfreeze.encoders.elmo.characters import Lexicon
from unfreeze.encoders.load import load_encoder
from unfreeze.encoders.unread import Kind, kinds_of
from unfreeze.encoders.word_vectors.files import write_vectors
from unfreeze.encoders.word_vectors.table import VectorTable

ENGLISH = "the cat sat in paris and the film was fine"
THAI, RUSSIAN, GREEK = "หนังเรื่องนี้ดีมาก", "это очень хороший фильм", "αυτή η ταινία ήταν καλή"


def byte_level() -> Any:
    """A tokenizer like GPT-2's, trained on English."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    tokenizer.train_from_iterator([ENGLISH] * 9, trainers.BpeTrainer(vocab_size=300, initial_alphabet=alphabet))
    return transformers.PreTrainedTokenizerFast(tokenizer_object=tokenizer)


def byte_fallback() -> Any:
    """A tokenizer like Llama's: characters that it lacks become bytes."""
    pieces = {"<unk>": 0, **{f"<0x{byte:02X}>": byte + 1 for byte in range(256)}}
    merges = []
    for word in ENGLISH.split():
        for end in range(1, len(word) + 1):
            pieces.setdefault(word[end - 1], len(pieces))
            if pieces.setdefault(word[:end], len(pieces)) and end > 1:
                merges.append((word[: end - 1], word[end - 1]))
    model = models.BPE(pieces, list(dict.fromkeys(merges)), unk_token="<unk>", byte_fallback=True)
    tokenizer = Tokenizer(model)
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    return transformers.PreTrainedTokenizerFast(tokenizer_object=tokenizer, unk_token="<unk>")


def spelling() -> Any:
    """A tokenizer like that of an English BERT, whose vocabulary has the letters of other alphabets."""
    tokenizer, letters = make_tokenizer(), sorted(set(RUSSIAN + GREEK) - {" "})
    known = tokenizer.get_vocab()
    pieces = dict.fromkeys([*sorted(known, key=known.get), *letters, *(f"##{x}" for x in letters), "的"])
    pieces |= dict.fromkeys(f"word{number}" for number in range(1000))
    tokenizer.backend_tokenizer.model = models.WordPiece({p: i for i, p in enumerate(pieces)}, unk_token="[UNK]")
    return tokenizer


def count(tokenizer: Any, text: str) -> dict[str, float]:
    """Share of each kind of piece."""
    ids = tokenizer.backend_tokenizer.encode(text, add_special_tokens=False).ids
    kinds = np.bincount(kinds_of(tokenizer)[ids], minlength=4) / len(ids)
    return {kind.name: round(float(share), 2) for kind, share in zip(Kind, kinds, strict=True) if share}


def test_unknown_pieces() -> None:
    assert count(make_tokenizer(), ENGLISH) == {"USUAL": 1.0}
    assert count(make_tokenizer(), THAI) == {"UNKNOWN": 1.0}


@pytest.mark.parametrize("make", [byte_level, byte_fallback])
@pytest.mark.parametrize("text", [THAI, "这部电影很好看", RUSSIAN.replace(" ", "")])
def test_bytes_of_characters(make: Any, text: str) -> None:
    assert count(make(), ENGLISH.replace(" ", "") if make is byte_fallback else ENGLISH) == {"USUAL": 1.0}
    assert count(make(), text)["PART"] > 0.9
    assert count(make(), "the café")["PART"] < 0.5


def test_a_vocabulary_of_bytes_is_not_a_sign() -> None:
    tokenizer = byte_level()
    bytes_alone = {piece: row for piece, row in tokenizer.get_vocab().items() if len(piece) == 1}
    tokenizer.backend_tokenizer.model = models.BPE({piece: i for i, piece in enumerate(bytes_alone)}, [])
    assert count(tokenizer, THAI) == {"USUAL": 1.0}


def test_letters_of_other_alphabets() -> None:
    tokenizer = spelling()
    assert count(tokenizer, RUSSIAN)["LETTER"] == 1.0
    assert count(tokenizer, GREEK)["LETTER"] > 0.9
    assert count(tokenizer, ENGLISH) == {"USUAL": 1.0}
    assert count(tokenizer, "的 的 a 龙") == {"USUAL": 0.75, "UNKNOWN": 0.25}


def test_a_vocabulary_of_letters_is_not_a_sign() -> None:
    assert Kind.LETTER not in kinds_of(make_tokenizer())


def test_special_pieces_do_not_count() -> None:
    encoder = make_encoder()
    assert encoder.unread(encoder.read_texts([f"the {THAI}", "cat"], ["film", "猫"])) == Unread("pieces", 5, 2)
    assert encoder.unread(encoder.read_words([["the", THAI, "\u200b"]])) == Unread("pieces", 3, 2)
    assert encoder.unread(encoder.read_texts([])) == Unread("pieces", 0, 0)


def test_words_that_a_table_has_not(tmp_path: Path) -> None:
    write_vectors(tmp_path / "v", VectorTable(["the", "film"], np.ones((2, 2), np.float32)), {})
    encoder = load_encoder(str(tmp_path / "v"))
    assert encoder.unread(encoder.read_texts(["The film was", THAI])) == Unread("words", 4, 2)


def test_words_that_skip_thoughts_has_not(tmp_path: Path) -> None:
    write_folder(tmp_path / "s")
    encoder = load_encoder(str(tmp_path / "s"))
    known = next(word for word in encoder.vocabulary.words if word.isalpha() and word != "UNK")  # type: ignore[attr-defined, unused-ignore]
    inputs = encoder.read_texts([f"{known} {THAI} {known}", "", THAI, f"{known} {THAI} {known}"])
    assert encoder.unread(inputs) == Unread("words", 7, 3)


def test_words_without_a_known_character() -> None:
    characters = ["<oov>", "<pad>", "<bow>", "<eow>", "<bos>", "<eos>", "a", "b"]
    lexicon = Lexicon({c: i for i, c in enumerate(characters)}, {"<oov>": 0, "<pad>": 1, "ab": 2}, 8)
    assert lexicon.unknown(lexicon.table(["ab", "ax", "xy", THAI, ""])).tolist() == [False, False, True, True, False]


def test_elmo_reads_whatever_is_written() -> None:
    encoder = load_encoder("elmo-mini")
    assert encoder.unread(encoder.read_texts([THAI])) is None
