"""Dev sets on which nothing can be distinguished, by their sizes, labels and scores."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from unfreeze.data.audit import SplitAudit
from unfreeze.judging.one_answer import degenerate_on, dev_is_blind, dev_is_several, several_splits
from unfreeze.judging.read import Comparison, read_comparison

Make = Callable[..., Path]


def with_dev(read: Comparison, size: int | None, labels: dict[str, int] | None) -> Comparison:
    """A comparison whose dev set has that many items and, by the audit, these labels."""
    setting = read.setting
    sizes = {split: count for split, count in setting.data.sizes.items() if split != "dev"}
    splits = {} if labels is None else {"dev": SplitAudit(labels=labels)}
    data = replace(setting.data, sizes=sizes if size is None else {**sizes, "dev": size})
    return replace(read, setting=replace(setting, data=data, audit=replace(setting.audit, splits=splits)))


@pytest.mark.parametrize(
    ("kind", "size", "labels", "several"),
    [
        ("classification", 2, {"a": 1, "b": 1}, True),
        ("classification", 2, {"a": 2}, False),
        ("classification", 1, {"a": 1}, False),
        ("classification", 1, {"a": 1, "b": 1}, False),
        ("classification", 2, None, True),
        ("classification", 1, None, False),
        ("classification", None, None, True),
        ("classification", None, {"a": 2}, False),
        ("tagging", 2, {"PER": 2}, True),
        ("tagging", 2, {}, False),
        ("pair-regression", 2, {}, True),
        ("pair-regression", 1, {}, False),
    ],
)
def test_dev_is_several_with_two_items_and_more_than_one_answer(
    kind: str, size: int | None, labels: dict[str, int] | None, several: bool, comparison: Make
) -> None:
    read = with_dev(read_comparison(comparison(kind)), size, labels)
    assert dev_is_several(read.setting) is several
    assert several_splits(read.setting) == (("dev", "test") if several else ("test",))
    if kind != "pair-regression":
        assert dev_is_blind(read) is not several


@pytest.mark.parametrize(
    ("scores", "flat", "blind"),
    [((0.0, 0.0), (False, False), True), ((0.0, 0.5), (False, False), False), ((0.0, 0.0), (True, True), False),
     ((0.0, 0.5), (False, True), True), ((0.0, 0.5), (True, False), False)],
)  # fmt: skip
def test_scores_that_do_not_vary_are_told_by_runs_that_do(
    scores: tuple[float, float], flat: tuple[bool, bool], blind: bool, comparison: Make
) -> None:
    """Runs that gave one number have a correlation of 0 whatever the gold scores are."""
    read = read_comparison(comparison("pair-regression", seeds=1))
    finals = read.all_finals()
    records = {
        run.id: replace(run, dev={**run.dev, "pearson": score}, degenerate=same)
        for run, score, same in zip(finals, scores, flat, strict=True)
    }
    assert dev_is_blind(replace(read, records={**read.records, **records})) is blind


@pytest.mark.parametrize("flat", [(), ("dev",), ("test",), ("dev", "test")])
def test_a_run_of_one_answer_is_told_with_the_splits_where_more_could_be_told(
    flat: tuple[str, ...], comparison: Make
) -> None:
    read = with_dev(read_comparison(comparison("classification")), 2, {"a": 1, "b": 1})
    run = replace(read.all_finals()[0], degenerate="dev" in flat)
    same = replace(read.tests[run.id], predictions=("neutral",) * len(read.items))
    tests = {**read.tests, run.id: same} if "test" in flat else read.tests
    assert degenerate_on(replace(read, tests=tests), run) == flat
    blind = with_dev(replace(read, tests=tests), 2, {"a": 2})
    assert degenerate_on(blind, run) == tuple(split for split in flat if split == "test")
