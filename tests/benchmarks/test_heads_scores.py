"""Seeds are paired, and a run that is in the file is not done again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from heads_scores import Asked, Score, asked_by, gap, read_runs, row, train_missing

from unfreeze.encoders.precision import Precision

ASKED = Asked("sst2", 3000, None)
SCORE = Score(ASKED, "bcn", 3000, "fp32", 0, 80.0, 70.0, 4, 20.0)


class Counted:
    """Trains nothing, and counts how often it was asked to."""

    def __init__(self) -> None:
        self.runs: list[tuple[Precision, int]] = []

    def run(self, asked: Asked, precision: Precision, seed: int) -> Score:
        self.runs.append((precision, seed))
        return replace(SCORE, asked=asked, precision=precision, seed=seed, dev=80 + seed)


def test_a_gap_is_the_mean_of_seeds_that_both_have_with_its_standard_error() -> None:
    exact = [replace(SCORE, seed=seed, dev=80.0 + 5 * seed) for seed in range(4)]
    half = [
        replace(exact[seed], precision="bf16", dev=exact[seed].dev + off)
        for seed, off in ((2, -1.0), (0, 2.0), (1, 2.0))
    ]
    mean, error = gap([*half, *exact], "dev")
    assert mean == pytest.approx(1)
    assert error == pytest.approx(1)  # deviations of 1, 1 and -2: a variance of 3, a third of it for the mean
    assert gap([*half, *exact], "test")[0] == 0


def test_a_row_has_how_many_times_as_fast_an_epoch_is_in_bf16() -> None:
    half = replace(SCORE, precision="bf16", seconds=15.0, epochs=6)
    assert row([SCORE, half])[-1] == "2.00"  # 5 seconds an epoch to 2.5


def test_what_is_in_the_file_is_not_done_again(tmp_path: Path) -> None:
    file, first, again, other = tmp_path / "runs.jsonl", Counted(), Counted(), Counted()
    works: Any = [(ASKED, first)]
    done = list(train_missing(works, [0, 1], file))
    assert first.runs == [("fp32", 0), ("bf16", 0), ("fp32", 1), ("bf16", 1)]
    assert done == read_runs(file)
    works = [(ASKED, again), (replace(ASKED, rest=500), other)]
    assert [s for s in train_missing(works, [0, 1, 2], file) if s.asked == ASKED][:4] == done
    assert again.runs == [("fp32", 2), ("bf16", 2)]
    assert len(other.runs) == 6


@pytest.mark.parametrize(
    ("text", "asked"),
    [("sst2", Asked("sst2", None, None)), ("sst2:3000", ASKED), ("sst2:3000:9", Asked("sst2", 3000, 9)),
     ("sst2::9", Asked("sst2", None, 9))],
)  # fmt: skip
def test_sizes_stand_behind_the_name(text: str, asked: Asked) -> None:
    assert asked_by(text) == asked
