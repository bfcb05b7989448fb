"""The forecast against its formula."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from made_signals import PLAIN, made_model, made_signals

from unfreeze.advice.model import terms_of


def test_terms_are_in_points_and_powers_of_two() -> None:
    terms = terms_of(PLAIN)
    assert terms["log rows per answer"] == pytest.approx(np.log2(250))
    assert terms["left above the probe"] == pytest.approx(40)
    assert terms["probe above a constant"] == pytest.approx(35)
    assert terms["probe above words"] == pytest.approx(10)
    assert terms["growth of the probe with rows"] == pytest.approx(5)
    assert terms["best layer above the top"] == pytest.approx(2)
    assert terms["log parameters"] == 20
    assert (terms["pair"], terms["tags"], terms["scores"]) == (0, 0, 0)
    assert [terms_of(made_signals(kind="pair-regression"))[name] for name in ("pair", "tags", "scores")] == [1, 0, 1]
    assert terms_of(made_signals(kind="tagging"))["tags"] == 1


def test_the_forecast_is_that_of_the_formula() -> None:
    rng = np.random.default_rng(0)
    count = len(terms_of(PLAIN))
    root = rng.normal(size=(count, count))
    model = replace(
        made_model(1.5, 2.0), centre=tuple(rng.normal(size=count)), scale=tuple(rng.uniform(1, 2, count)),
        weights=tuple(rng.normal(size=count)), covariance=tuple(map(tuple, root @ root.T)),
    )  # fmt: skip
    row = [(terms_of(PLAIN)[n] - c) / s for n, c, s in zip(model.names, model.centre, model.scale, strict=True)]
    mean, spread = model.forecast(PLAIN)
    assert mean == pytest.approx(1.5 + np.dot(row, model.weights))
    assert spread**2 == pytest.approx(np.square(np.dot(row, root)).sum() + 4)
