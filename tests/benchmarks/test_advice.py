"""The model of the gain on comparisons with a known law, and what its advice costs on sets that it has not seen."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path

import advice
import numpy as np
import pytest

from unfreeze.advice.model import terms_of
from unfreeze.advice.signals import Signals

PLAIN = Signals(
    kind="classification", rows=1000, answers=4, width=8, layers=3, parameters=1 << 20, constant=0.25, words=0.5,
    probes=((250, 0.5), (500, 0.55), (1000, 0.6)), top=0.58, layer=1, log_evidence=-0.4, h_score=1.2, distance=0.2,
)  # fmt: skip


def made(law: float, noise: float = 0.1) -> list[advice.Compared]:
    """Comparisons on six sets whose gain is a law of what the probe leaves, and noise."""
    rng = np.random.default_rng(0)
    found = []
    for name in "abcdef":
        for rows in (200, 800, 3200):
            score = float(rng.uniform(0.5, 0.9))
            probes = ((rows // 4, score - 0.1), (rows // 2, score - 0.05), (rows, score))
            signals = replace(PLAIN, rows=rows, probes=probes, top=score)
            gain = law * (terms_of(signals)["left above the probe"] - 30) + float(rng.normal(0, noise))
            found.append(advice.Compared(name, "e", signals, gain, 0.5, 100 * score, 60.0, 3.0))
    return found


def test_a_law_is_found_and_foretells_sets_that_were_not_seen() -> None:
    rows = made(0.5)
    model, about = advice.told(rows, tuple(terms_of(PLAIN)))
    assert about["made_from"] == {"comparisons": 18, "sets": 6, "encoders": 1}
    assert about["explained"] > 0.95
    assert about["regret"] < 0.2 < min(about["regret_always_tuning"], about["regret_always_freezing"])
    assert model.noise >= about["missed"]
    for one in rows:
        mean, spread = model.forecast(one.signals)
        assert abs(mean - one.gain) < 1.0
        assert spread >= model.noise


def test_where_there_is_no_law_nothing_is_explained() -> None:
    _, about = advice.told(made(0.0, 3.0), tuple(terms_of(PLAIN)))
    assert about["explained"] < 0.3


def test_a_set_s_forecast_does_not_depend_on_what_was_found_on_it() -> None:
    names = tuple(terms_of(PLAIN))
    rows = made(0.5)
    other = [replace(one, gain=99.0) if one.set == "a" else one for one in rows]
    before, after = advice.unseen(rows, names), advice.unseen(other, names)
    same = [a == pytest.approx(b) for a, b in zip(before, after, strict=True)]
    assert same == [one.set == "a" for one in rows]


def test_regret_is_what_the_other_method_would_have_given() -> None:
    rows = [replace(made(0.5)[0], gain=gain) for gain in (4.0, -2.0)]
    assert advice.regret(rows, [True, True]) == 1.0
    assert advice.regret(rows, [False, False]) == 2.0
    assert advice.regret(rows, [True, False]) == 0.0


def test_comparisons_come_back_from_their_file(tmp_path: Path) -> None:
    rows = made(0.5)
    (tmp_path / advice.FILE).write_text("".join(json.dumps(asdict(one)) + "\n" for one in rows))
    assert advice.read_all(tmp_path / advice.FILE) == rows
    assert advice.read_all(tmp_path / "none") == []
