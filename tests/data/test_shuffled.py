"""Labels that say nothing: the same ones in another order, or a tag for each word."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
import tiny

from unfreeze.data.examples import SPLITS
from unfreeze.data.read import read_dataset
from unfreeze.data.shuffled import shuffled


@pytest.mark.parametrize("kind", ["classification", "pair-regression"])
def test_every_split_keeps_its_texts_and_its_labels(kind: str, tmp_path: Path) -> None:
    dataset = read_dataset(tiny.write_data(tmp_path / "data", kind))
    found = shuffled(dataset)
    for split in SPLITS:
        before, after = dataset.split(split), found.split(split)
        assert [(e.text, e.text_b) for e in after] == [(e.text, e.text_b) for e in before]
        assert Counter(e.label for e in after) == Counter(e.label for e in before)
        assert [e.label for e in after] != [e.label for e in before]
    assert shuffled(dataset) == found
    assert shuffled(dataset, 1) != found


def test_a_word_has_one_tag_wherever_it_stands(tmp_path: Path) -> None:
    dataset = read_dataset(tiny.write_data(tmp_path / "data", "tagging-BIO"))
    found = shuffled(dataset)
    assert found.labels.scheme is None
    assert found.labels.names == dataset.labels.names
    tags: dict[str, set[str]] = {}
    for split in SPLITS:
        for before, after in zip(dataset.split(split), found.split(split), strict=True):
            assert after.words == before.words
            assert isinstance(after.label, tuple)
            for word, tag in zip(after.words or (), after.label, strict=True):
                tags.setdefault(word, set()).add(tag)
    assert all(len(one) == 1 for one in tags.values())
    assert len(set.union(*tags.values())) > 1
