"""A vocabulary made from a corpus, and the corpus in its pieces, against the tokenizer as transformers calls it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from made_corpus import WORDS, write_corpus
from transformers import AutoTokenizer

from unfreeze.encoders.words import sentences_of
from unfreeze.errors import InputError
from unfreeze.pretraining import pieces
from unfreeze.pretraining.corpus import Document, read_documents
from unfreeze.pretraining.pieces import SPECIAL, dtype_of, prepare_pieces, wordpiece
from unfreeze.pretraining.prepared import EVERY, HELD_OUT, TRAIN, Prepared, open_prepared

SIZE, LENGTH = 90, 32


@pytest.fixture(scope="module")
def documents(tmp_path_factory: pytest.TempPathFactory) -> list[Document]:
    return list(read_documents([write_corpus(tmp_path_factory.mktemp("corpus") / "text.txt", EVERY + 5)]))


@pytest.fixture(scope="module")
def tokenizer(documents: list[Document]) -> Any:
    return wordpiece(documents, SIZE, False, LENGTH)


def sentences(part: Prepared) -> list[list[int]]:
    return [part.ids[a:b].tolist() for a, b in zip(part.sentences[:-1], part.sentences[1:], strict=True)]


def test_a_vocabulary_has_the_special_pieces_and_the_text(tokenizer: Any) -> None:
    assert len(tokenizer) == SIZE
    assert tokenizer.convert_ids_to_tokens(range(len(SPECIAL))) == list(SPECIAL)
    assert tokenizer.model_max_length == LENGTH
    for word in WORDS:
        ids = tokenizer(word, add_special_tokens=False)["input_ids"]
        assert tokenizer.unk_token_id not in ids
        assert tokenizer.decode(ids) == word
    frame = tokenizer("the dog")["input_ids"]
    assert (frame[0], frame[-1]) == (tokenizer.cls_token_id, tokenizer.sep_token_id)


@pytest.mark.parametrize("lower_case", [False, True])
def test_a_saved_vocabulary_reads_the_same(lower_case: bool, documents: list[Document], tmp_path: Path) -> None:
    made = wordpiece(documents, SIZE, lower_case, LENGTH)
    made.save_pretrained(tmp_path)
    back = AutoTokenizer.from_pretrained(tmp_path)
    for text in ("The King sees a dog.", "Übermütig DOGS near the café"):
        assert back(text)["input_ids"] == made(text)["input_ids"]
    assert back.model_max_length == LENGTH
    assert (made.tokenize("THE Dóg") == made.tokenize("the dog")) is lower_case


def test_only_so_much_text_makes_a_vocabulary(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pieces, "VOCABULARY_TEXT", 10)
    read = 0

    def endless() -> Iterator[Document]:
        nonlocal read
        while True:
            read += 1
            yield ("aa bb",)

    assert len(wordpiece(endless(), SIZE, False, LENGTH)) < SIZE
    assert read == 2


@pytest.mark.parametrize("none", [[], [("",)]])
def test_no_text_makes_no_vocabulary(none: list[Document]) -> None:
    with pytest.raises(InputError, match="contains no text"):
        wordpiece(none, SIZE, False, LENGTH)


def test_ids_are_those_of_the_tokenizer(
    documents: list[Document], tokenizer: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pieces, "_AT_ONCE", 7)
    tokenizer = AutoTokenizer.from_pretrained(_saved(tokenizer, tmp_path / "tokenizer"))
    expected = [
        [tokenizer(s, add_special_tokens=False)["input_ids"] for paragraph in document for s in sentences_of(paragraph)]
        for document in documents
    ]
    sizes = prepare_pieces(tmp_path / "corpus", documents, tokenizer)
    train, held = (open_prepared(tmp_path / "corpus" / part, dtype_of(SIZE)) for part in (TRAIN, HELD_OUT))
    assert sentences(held) == [s for document in expected[1::EVERY] for s in document]
    assert sentences(train) == [s for i, document in enumerate(expected) if i % EVERY != 1 for s in document]
    assert sizes == (len(train.ids), len(held.ids))
    known = set(tokenizer.all_special_ids) - {tokenizer.unk_token_id}
    assert not known & set(train.ids.tolist())


def test_long_sentences_are_whole(tokenizer: Any, tmp_path: Path) -> None:
    long = "the dog " * LENGTH  # more pieces than an input may have
    tokenizer("the", truncation=True, max_length=4, padding="max_length")  # leaves its setting in the tokenizer
    prepare_pieces(tmp_path / "corpus", [(long,), ("a",)], tokenizer)
    found = open_prepared(tmp_path / "corpus" / TRAIN, dtype_of(SIZE)).ids.tolist()
    assert tokenizer.decode(found) == long.strip()


@pytest.mark.parametrize(("size", "dtype"), [(30000, np.uint16), (1 << 16, np.uint16), ((1 << 16) + 1, np.uint32)])
def test_ids_fit_their_type(size: int, dtype: Any) -> None:
    assert dtype_of(size) is dtype
    assert np.iinfo(dtype).max >= size - 1


def _saved(tokenizer: Any, folder: Path) -> Path:
    tokenizer.save_pretrained(folder)
    return folder


def test_the_first_word_of_a_sentence_is_a_word_to_tokenizers_that_mark_spaces(tmp_path: Path) -> None:
    """Byte-level BPE: in running text a word is one piece with its space, wherever it stands."""
    from tokenizers import ByteLevelBPETokenizer
    from transformers import PreTrainedTokenizerFast

    trained = ByteLevelBPETokenizer()
    trained.train_from_iterator(["a dog sees a dog here"] * 9, 280, show_progress=False)
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=trained._tokenizer, unk_token="u", mask_token="m")
    documents: list[Document] = [["dog sees. dog sees."]] * (EVERY + 5)
    prepare_pieces(tmp_path, documents, tokenizer)
    part = open_prepared(tmp_path / TRAIN, dtype_of(len(tokenizer)))
    wanted = tokenizer.convert_ids_to_tokens(tokenizer(" dog sees.", add_special_tokens=False)["input_ids"])
    assert wanted[0].startswith("\u0120")
    for ids in sentences(part):
        assert tokenizer.convert_ids_to_tokens(ids) == wanted


def test_the_same_text_gives_the_same_vocabulary(tmp_path: Path) -> None:
    """Many pieces are equally frequent here, and more letters occur than may stay."""
    text = tmp_path / "text.txt"
    lines = ["Übung macht den Meister, sagt man; 12 Meister sagen's.", "ab ba abba baab", "中文 字 и ещё слова"]
    text.write_text("\n\n".join(lines * 2), encoding="utf-8")
    made = [wordpiece(read_documents([text]), 44, False, LENGTH).get_vocab() for _ in range(4)]
    assert all(vocabulary == made[0] for vocabulary in made)
    assert len(made[0]) == 44


@pytest.mark.parametrize("lower_case", [False, True])
def test_letters_are_those_that_the_trainer_finds(lower_case: bool, documents: list[Document]) -> None:
    """But for their order, which is another each time."""
    from tokenizers import BertWordPieceTokenizer

    rows = [paragraph for document in documents for paragraph in document]
    rows += ["naïve €5, 中文字 a+b don't Ωmega é\u0301 x\u00a0y\u200bz 🙂🙂 «q»"] * 3
    trained = BertWordPieceTokenizer(lowercase=lower_case, strip_accents=lower_case)
    trained.train_from_iterator(rows, vocab_size=1, special_tokens=[], show_progress=False, min_frequency=2)
    letters, inner = pieces._letters(rows, trained, 1000)
    assert {*letters, *(f"##{letter}" for letter in inner)} == set(trained.get_vocab())
