"""A corpus on disk against the lists that it was made from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from unfreeze.errors import InputError
from unfreeze.pretraining.prepared import (
    EVERY,
    HELD_OUT,
    TRAIN,
    Prepared,
    counts,
    open_prepared,
    renumber,
    write_prepared,
)

DTYPE = np.uint16
Documents = list[list[list[int]]]


def made(count: int) -> Documents:
    rng = np.random.default_rng(0)
    return [
        [rng.integers(50, size=rng.integers(1, 6)).tolist() for _ in range(rng.integers(1, 4))] for _ in range(count)
    ]


def documents_of(part: Prepared) -> Documents:
    sentences = [part.ids[a:b].tolist() for a, b in zip(part.sentences[:-1], part.sentences[1:], strict=True)]
    return [sentences[a:b] for a, b in zip(part.documents[:-1], part.documents[1:], strict=True)]


def test_every_document_is_in_one_part(tmp_path: Path) -> None:
    documents = made(3 * EVERY)
    sizes = write_prepared(tmp_path, documents, DTYPE)
    train, held = (open_prepared(tmp_path / part, DTYPE) for part in (TRAIN, HELD_OUT))
    assert documents_of(held) == documents[1::EVERY]
    assert documents_of(train) == [d for i, d in enumerate(documents) if i % EVERY != 1]
    assert sizes == (len(train.ids), len(held.ids))


def test_empty_sentences_and_documents_are_left_out(tmp_path: Path) -> None:
    write_prepared(tmp_path, [[], [[1], []], [[]], [[], [2, 3]], [[4]]], DTYPE)
    assert documents_of(open_prepared(tmp_path / TRAIN, DTYPE)) == [[[1]], [[4]]]
    assert documents_of(open_prepared(tmp_path / HELD_OUT, DTYPE)) == [[[2, 3]]]


def test_no_more_is_read_than_was_asked_for(tmp_path: Path) -> None:
    documents = iter([[[1, 2]], [[3]], [[4, 5]], [[6]]])
    assert write_prepared(tmp_path, documents, DTYPE, most=4) == (4, 1)
    assert next(documents) == [[6]]


def test_some_text_is_held_out_of_however_little(tmp_path: Path) -> None:
    documents = iter([[[1, 2]], [[3]], [[4]]])
    assert write_prepared(tmp_path, documents, DTYPE, most=1) == (2, 1)
    assert next(documents) == [[4]]


@pytest.mark.parametrize(("documents", "problem"), [([], "no text"), ([[[]]], "no text"), ([[[1, 2]]], "one document")])
def test_too_little_text_is_reported(documents: Documents, problem: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=problem):
        write_prepared(tmp_path, documents, DTYPE)


def test_renumbering_and_counting(tmp_path: Path) -> None:
    documents = made(2 * EVERY)
    write_prepared(tmp_path, documents, DTYPE)
    flat = [i for document in documents for sentence in document for i in sentence]
    assert counts(tmp_path, DTYPE, 50).tolist() == np.bincount(flat, minlength=50).tolist()
    renumber(tmp_path, DTYPE, np.arange(50, dtype=DTYPE)[::-1])
    assert documents_of(open_prepared(tmp_path / HELD_OUT, DTYPE)) == [
        [[49 - i for i in sentence] for sentence in document] for document in documents[1::EVERY]
    ]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a disk that is always full")
def test_a_full_disk_is_reported_however_few_numbers_are_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = Path.open
    monkeypatch.setattr(Path, "open", lambda path, *mode: opened(Path("/dev/full"), *mode))
    with pytest.raises(OSError, match="No space left"):
        write_prepared(tmp_path / "corpus", [[[1, 2]], [[3]]], np.uint16)
