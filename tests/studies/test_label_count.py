"""Sizes of subsets, and where two curves cross."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from unfreeze.studies import label_count as module
from unfreeze.studies.desk import Desk
from unfreeze.studies.label_count import crossing, crossing_words, label_count, sizes_for
from unfreeze.studies.page import Entry

SIZES = [32, 64, 128, 256]


@pytest.mark.parametrize(("most", "sizes"), [
    (32, [32]), (40, [32, 40]), (64, [32, 64]), (100, [32, 64, 100]), (256, SIZES), (20, [20]),
])  # fmt: skip
def test_sizes(most: int, sizes: list[int]) -> None:
    assert sizes_for(most) == sizes


@pytest.mark.parametrize(("gaps", "at"), [
    ([-1.0, -1.0, 1.0, 2.0], 2**6.5), ([-1.0, -3.0, 1.0, 2.0], 2**6.75), ([1.0, 1.0, 1.0, 1.0], 32),
    ([-1.0, -1.0, -1.0, -1.0], np.inf), ([1.0, 2.0, 1.0, -1.0], np.inf), ([1.0, -1.0, 1.0, 1.0], 2**6.5),
    ([-1.0, -1.0, -1.0, 1.0], 2**7.5), ([0.0, 1.0, 1.0, 1.0], 32),
])  # fmt: skip
def test_crossing(gaps: list[float], at: float) -> None:
    """After the last size at which the gap is not above 0, on the line between it and the next."""
    assert crossing(SIZES, np.array([gaps])) == pytest.approx([at])


def test_crossing_with_its_interval() -> None:
    from dataclasses import replace

    from test_evidence import measured

    tuned = [replace(measured(share, n, 2000), train_examples=size)
             for n, (share, size) in enumerate(zip((0.5, 0.6, 0.8, 0.9), SIZES, strict=True))]  # fmt: skip
    frozen = [replace(measured(0.7, 9 + n, 2000), train_examples=size) for n, size in enumerate(SIZES)]
    value, low, high = (
        float(word.strip(" [],")) for word in crossing_words(tuned, frozen).replace("[", ", ").split(", ")
    )
    assert low <= value <= high
    assert 80 < value < 105
    assert crossing_words(frozen[:2], tuned[2:]).startswith("more than 64 [")
    assert crossing_words(tuned[3:], frozen[3:]) == "256 or fewer [256 or fewer, 256 or fewer]"


@pytest.mark.parametrize(("few", "sizes"), [(128, ["32", "40"]), (32, ["32"]), (20, ["32"])])
def test_remedies_are_tried_where_labels_are_few(
    few: int, sizes: list[str], make_desk: Callable[..., Desk], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The smallest size always has them; the methods themselves have every size."""
    monkeypatch.setattr(module, "FEW", few)
    monkeypatch.setattr(module, "TASKS", ("sst2",))
    rows = label_count(make_desk()).tables[1].rows
    assert [str(row[0]).rsplit(", ")[-1] for row in rows] == ["32", "40"]
    for row in rows:
        tried = [isinstance(entry, Entry) for entry in row[1:]]
        assert tried == [True, True, True, *[str(row[0]).rsplit(", ")[-1] in sizes] * 2]
