"""Logged trials are judged by the rule of trials, and what it loses and saves is counted."""

from __future__ import annotations

from dataclasses import replace

import pytest
from racing import Lost, Rule, Tried, logged_in, of_logged, orders, table
from stopping import Logged

FIRST = Tried("e/s/1000/m", "a", (100, 200, 300), (0.8, 0.8, 0.8), 300, 10**6, 0.8, 0.5, 30)
LATE = replace(FIRST, recipe="b", best=(0.5, 0.7, 0.9), dev=0.9, test=0.7)
SMALL = Rule(growth=0.0)


@pytest.mark.parametrize(
    ("rule", "trials", "lost"),
    [
        (SMALL, (FIRST, LATE), Lost(1 / 2, 20 / 60, -0.1, -0.2)),
        (SMALL, (LATE, FIRST), Lost(0.0, 0.0, 0.0, 0.0)),
        (Rule(growth=0.31), (FIRST, LATE), Lost(0.0, 0.0, 0.0, 0.0)),
        (Rule(part=2, growth=0.0), (FIRST, LATE), Lost(1 / 2, 10 / 60, -0.1, -0.2)),
        (SMALL, (FIRST, replace(LATE, steps=(100,), best=(0.5,), dev=0.5)), Lost(0.0, 0.0, 0.0, 0.0)),
        (SMALL, (FIRST, replace(LATE, dev_size=4)), Lost(1 / 2, 20 / 60, -0.1, -0.2)),
        (SMALL, (replace(FIRST, dev_size=4), LATE), Lost(0.0, 0.0, 0.0, 0.0)),
    ],
)
def test_what_a_rule_loses_and_saves(rule: Rule, trials: tuple[Tried, ...], lost: Lost) -> None:
    """A late bloomer is lost behind one that is ahead at its rung; one that has ended by then saves nothing."""
    got = rule.lost(trials)
    assert (got.stopped, got.saved) == pytest.approx((lost.stopped, lost.saved))
    assert (got.dev, got.test) == pytest.approx((lost.dev, lost.test))


def test_a_logged_run_is_a_trial_up_to_where_the_loop_ends_it(tmp_path) -> None:  # type: ignore[no-untyped-def]
    loss, dev, test = (1.0, 0.001, 0.001, 0.001), (0.6, 0.5, 0.7, 0.9), (0.1, 0.2, 0.3, 0.4)
    run = Logged("e/s/1000/a", (100, 200, 300, 400), loss, dev, test)
    trial = of_logged(run, 200)
    assert (trial.race, trial.recipe) == ("e/s/1000/fine-tuning/logged", "a")
    assert (trial.steps, trial.best, trial.planned) == ((100, 200, 300), [0.6, 0.6, 0.7], 400)
    assert (trial.dev, trial.test, trial.work, trial.dev_size) == (0.7, 0.3, 300, 200)
    file = tmp_path / "runs.jsonl"
    file.write_text('{"key": "e/s/1000/a", "steps": [9], "loss": [1.0], "dev": [0.5], "test": [0.4]}\n')
    assert logged_in(file)[0].dev_size == 200


def test_the_table_has_every_rule_in_the_recipes_order_and_in_all() -> None:
    alone = replace(FIRST, race="another")
    rows = list(table([FIRST, LATE, alone]))
    assert rows[0].startswith("1 races of 2 trials"), "one trial alone races with none"
    assert rows[3].startswith("| 3 | 2 | 0.02 | of recipes | 50 | 33 | -10.00 [")
    assert rows[4].startswith("| 3 | 2 | 0.02 | all | 25 | 17 | -5.00 [")
    assert len(list(orders([FIRST, LATE, alone], "all"))) == 6
