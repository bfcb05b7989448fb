"""The words of a corpus, counted in all of its files alike."""

from __future__ import annotations

from pathlib import Path

import pytest

from unfreeze.studies import terms
from unfreeze.studies.terms import corpus_terms


def test_words_of_all_paragraphs_are_counted(tmp_path: Path) -> None:
    text = tmp_path / "text.txt"
    text.write_text("The cat sat. The cat!\n\nA dog, the dog.\n", encoding="utf-8")
    found = corpus_terms([str(text)])
    assert found["the"] == 3
    assert found["."] == 2
    assert found.total() == 13


def test_a_large_corpus_is_read_in_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = tmp_path / "text.txt"
    text.write_text("\n\n".join(["one two three"] * 50), encoding="utf-8")
    monkeypatch.setattr(terms, "MOST_WORDS", 30)
    assert sum(corpus_terms([str(text)]).values()) == 30
    other = tmp_path / "other.txt"
    other.write_text("\n\n".join(["four five six"] * 50), encoding="utf-8")
    found = corpus_terms([str(text), str(other)])
    assert found["one"] == found["six"] == 5  # of every file as many
