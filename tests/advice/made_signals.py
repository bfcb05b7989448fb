"""Signals and a model as tests need them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from unfreeze.advice.model import Model, terms_of
from unfreeze.advice.signals import Signals

PLAIN = Signals(
    kind="classification", rows=1000, answers=4, width=8, layers=3, parameters=1 << 20, constant=0.25, words=0.5,
    probes=((250, 0.5), (500, 0.55), (1000, 0.6)), top=0.58, layer=1, log_evidence=-0.4, h_score=1.2, distance=0.2,
)  # fmt: skip


def made_signals(**changes: Any) -> Signals:
    """Plain ones with some changes."""
    return replace(PLAIN, **changes)


def made_model(gain: float, noise: float = 1.0, **weights: float) -> Model:
    """A model that foretells `gain`, moved by some terms, with nothing uncertain but its noise."""
    names = tuple(terms_of(PLAIN))
    assert set(weights) <= set(names)
    zeros = (0.0,) * len(names)
    return Model(
        names, zeros, (1.0,) * len(names), tuple(weights.get(name, 0.0) for name in names), gain,
        tuple(zeros for _ in names), noise, {"comparisons": 3, "sets": 2, "encoders": 1}, 0.8,
    )  # fmt: skip
