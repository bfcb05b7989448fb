"""The replay of logged runs ends them where the training loop would, and scores what dev chooses up to there."""

from __future__ import annotations

import pytest
from stopping import Logged, table

STEPS, TEST = (10, 20, 30, 40), (0.1, 0.2, 0.3, 0.4)


@pytest.mark.parametrize(
    ("loss", "dev", "ends"),
    [
        ((1.0, 0.5, 0.2, 0.1), (0.5, 0.6, 0.7, 0.8), 4),
        ((1.0, 0.003, 0.003, 0.001), (0.5, 0.6, 0.5, 0.8), 3),
        ((1.0, 0.003, 0.0031, 0.001), (0.5, 0.6, 0.5, 0.8), 4),
        ((1.0, 0.5, 0.2, 0.1), (0.5, 1.0, 1.0, 1.0), 2),
    ],
)
def test_where_a_run_would_end(loss: tuple[float, ...], dev: tuple[float, ...], ends: int) -> None:
    assert Logged("e/s/300/r", STEPS, loss, dev, TEST).ends() == ends


def test_dev_chooses_among_the_readings_up_to_there_and_of_equals_the_first() -> None:
    run = Logged("e/s/300/r", STEPS, (1.0, 1.0, 1.0, 1.0), (0.6, 0.6, 0.5, 0.9), TEST)
    assert [run.chosen(readings) for readings in (1, 2, 3, 4)] == [0.1, 0.1, 0.1, 0.4]


def test_the_table_has_what_is_lost() -> None:
    early = Logged("e/s/300/a", STEPS, (1.0, 0.001, 0.001, 0.001), (0.5, 0.6, 0.5, 0.9), TEST)
    whole = Logged("e/s/300/b", STEPS, (1.0, 0.5, 0.5, 0.5), (0.5, 0.6, 0.7, 0.9), TEST)
    rows = list(table([early, whole]))[2:]
    # The first ends after three of four readings with 0.2 where it would have had 0.4.
    assert rows[0] == "| e/s/300 | 2 | 88 | 40.0 | 30.0 | -10.00 [10.00] |"
    assert rows[1].startswith("| all | 2 |")
