"""Probabilities of few labels are kept whole; of many what they cost."""

from __future__ import annotations

import numpy as np
import pytest

from unfreeze.records.forecasts import MOST, Forecasts, forecasts_of, likely_of
from unfreeze.tasks.items import LabelSpace
from unfreeze.tasks.kinds import TASKS
from unfreeze.tasks.metrics import asking

TASK = TASKS["classification"]


@pytest.mark.parametrize("labels", [2, MOST, MOST + 1])
def test_losses_are_the_same_whichever_is_kept(labels: int) -> None:
    rng = np.random.default_rng(0)
    names = [f"{number:02}" for number in range(labels)]
    gold = rng.choice(names, 20).tolist()
    likely = rng.dirichlet(np.full(labels, 0.1), 20).astype(np.float32)
    kept = forecasts_of(TASK, gold, likely, names)
    assert kept is not None
    assert (kept.likely is None, kept.losses is None) == ((False, True) if labels <= MOST else (True, False))
    expected = TASK.target.item_losses(gold, likely, names)
    np.testing.assert_allclose(kept.item_losses(TASK, gold, names), expected, rtol=1e-6, atol=1e-7)
    assert kept.fits(20, labels)
    assert not kept.fits(21, labels)


def test_all_probabilities_are_kept_where_the_metric_is_computed_from_them() -> None:
    names = [f"{number:02}" for number in range(MOST + 1)]
    likely = np.full((2, MOST + 1), 0.5, np.float32)
    ranked = asking(TASK, LabelSpace(tuple(names)), "average_precision")
    kept = forecasts_of(ranked, names[:2], likely, names)
    assert kept is not None
    assert kept.likely is likely
    assert kept.fits(2, MOST + 1)
    assert likely_of(kept) is likely
    assert likely_of(None) is likely_of(Forecasts(losses=likely[:, :2])) is None


def test_what_gives_no_probabilities_has_no_forecasts() -> None:
    assert forecasts_of(TASK, ["a"], None, ["a", "b"]) is None


def test_forecasts_fit_only_as_many_labels_and_only_finite_ones() -> None:
    assert not Forecasts(np.ones((2, 3), np.float32)).fits(2, 4)
    assert not Forecasts(losses=np.ones((2, 3), np.float32)).fits(2, 60)
    assert not Forecasts(losses=np.full((2, 2), np.inf, np.float32)).fits(2, 60)
    assert not Forecasts().fits(0, 2)
