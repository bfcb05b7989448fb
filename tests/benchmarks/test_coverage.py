"""The simulation behind docs/statistics.md: its truth is what it says, and a table goes between its own marks."""

from __future__ import annotations

import coverage as simulation  # benchmarks/coverage.py
import numpy as np
import pytest


@pytest.mark.parametrize("gap", [0.0, 0.03])
def test_runs_are_right_as_often_as_their_cell_says_and_differ_by_its_deviation(gap: float) -> None:
    cell = simulation.one_unsteady(3, 2000, 0.02, gap)
    drawn = simulation.draw(cell, 300, np.random.default_rng(0))
    first, second = drawn.scores
    assert first.mean() == pytest.approx(0.88, abs=0.003)
    assert second.mean() == pytest.approx(0.88 + gap, abs=0.003)
    assert second.std(1, ddof=1).mean() > 5 * first.std(1, ddof=1).mean()
    assert drawn.covariance.shape == (300, 6, 6)


def test_a_tie_is_seldom_decided_and_a_large_gain_mostly() -> None:
    rng = np.random.default_rng(1)
    first, second = simulation._named(simulation.draw(simulation.one_unsteady(5, 872, 0.005), 400, rng))
    assert first + second < 0.09
    wrong, right = simulation._named(simulation.draw(simulation.one_unsteady(5, 872, 0.005, 0.05), 100, rng))
    assert right > 0.9
    assert wrong == 0.0


def test_a_table_replaces_what_stands_between_its_marks_alone() -> None:
    document = "a\n<!-- one -->\n<!-- end -->\nb\n<!-- two -->\nold\n<!-- end -->\nc\n"
    once = simulation.rewrite(document, "two", "new")
    assert once == "a\n<!-- one -->\n<!-- end -->\nb\n<!-- two -->\nnew\n<!-- end -->\nc\n"
    assert simulation.rewrite(simulation.rewrite(document, "one", "x"), "one", "y").count("x") == 0
    with pytest.raises(ValueError, match="three"):
        simulation.rewrite(document, "three", "new")


@pytest.mark.parametrize("name", ["grid", "single", "ceiling", "ties", "metrics", "plans"])
def test_every_part_has_its_place_in_the_document(name: str) -> None:
    assert simulation.rewrite(simulation.DOCUMENT.read_text(encoding="utf-8"), name, "x")
