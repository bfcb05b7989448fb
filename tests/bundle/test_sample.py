"""The few test texts that a bundle keeps."""

from __future__ import annotations

from pathlib import Path

import pytest

from unfreeze.bundle.sample import FILE, KEPT, read_sample, sampled, write_sample
from unfreeze.data.examples import Example
from unfreeze.errors import InputError


def test_texts_of_all_lengths_are_kept_without_labels(tmp_path: Path) -> None:
    test = [Example(f"t:{n}", "x" * (n * 7 % 100 + 1), "y", label="secret", group="someone") for n in range(100)]
    write_sample(tmp_path, test)
    kept = read_sample(tmp_path)
    lengths = [len(item.text) for item in kept]
    assert len(kept) == KEPT
    assert lengths == sorted(lengths)
    assert (lengths[0], lengths[-1]) == (1, 100)
    assert all(item.text_b == "y" and item.label is None and item.group is None for item in kept)
    assert "secret" not in (tmp_path / FILE).read_text(encoding="utf-8")


def test_words_come_back_as_words(tmp_path: Path) -> None:
    write_sample(tmp_path, [Example("t:1", "new york", words=("new", "york"), label=("B", "I"))])
    assert [item.words for item in read_sample(tmp_path)] == [("new", "york")]


def test_few_items_are_kept_once_each_and_none_make_no_file(tmp_path: Path) -> None:
    assert [item.text for item in sampled([Example("a", "bb"), Example("b", "a")])] == ["a", "bb"]
    assert sampled([]) == []
    write_sample(tmp_path, [])
    assert list(tmp_path.iterdir()) == []
    assert read_sample(tmp_path) == ()


def test_a_file_of_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text('[{"texts": "a"}]', encoding="utf-8")
    with pytest.raises(InputError, match=r"sample\.json"):
        read_sample(tmp_path)
