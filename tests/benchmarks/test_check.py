"""The check measures the ratios that have thresholds, and its status says whether they hold. No timing here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import check
import probes
import pytest
import store_epochs
import torch
from data_sets import read_set
from measuring import Peaks, Rate
from results import Ratio
from thresholds import read_thresholds

from unfreeze.data.examples import Dataset
from unfreeze.encoders.precision import fast_precision

OURS = {"ours", "store", probes.OURS}
MEASURED = ("extraction", "fine_tuning", "linear_probes", "epoch")


def _run(monkeypatch: pytest.MonkeyPatch, times: float) -> int:
    """The check's status where every side of ours was that many times as fast as its peer."""

    def take_turns(sides: Mapping[str, Any], turns: int, peaks: Any = None) -> dict[str, list[Rate]]:
        return {name: [Rate(times, times) if name in OURS else Rate(1.0, 1.0)] for name in sides}

    def done(sides: Mapping[str, Any], turns: int, peaks: Any = None) -> dict[str, list[Rate]]:
        for work in sides.values():  # what they fit is compared afterwards
            work()
        return take_turns(sides, turns, peaks)

    def few(root: Path, name: str, train: int) -> Dataset:
        whole = read_set(root, name, train)
        return replace(whole, dev=whole.dev[:24], test=whole.test[:24])

    monkeypatch.setattr(check, "read_set", few)
    for module in (check, store_epochs):
        monkeypatch.setattr(module, "take_turns", take_turns)
    monkeypatch.setattr(probes, "take_turns", done)
    monkeypatch.setattr(Peaks, "line", lambda self: "")
    monkeypatch.setattr("sys.argv", ["check.py", "--texts", "24", "--turns", "1"])
    return check.main()


@pytest.mark.slow
def test_status_says_whether_ratios_hold(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    limits, precision = read_thresholds(), fast_precision(torch.device("cpu"))
    highest = max(limits.at_least[precision].values())
    measured = _kept(monkeypatch)
    assert _run(monkeypatch, highest) == 0
    said = capsys.readouterr().out
    assert "FAILED" not in said
    assert all(f"ok      {name}" in said for name in limits.at_least[precision])
    worse = iter([replace(ratio, ratio=0.5) for ratio in measured])
    for name in MEASURED:
        monkeypatch.setattr(check, name, lambda *_: next(worse))
    assert _run(monkeypatch, highest) == 1
    assert capsys.readouterr().out.count("FAILED") == len(limits.at_least[precision])


def _kept(monkeypatch: pytest.MonkeyPatch) -> list[Ratio]:
    """The ratios that the check will have measured, in order."""
    measured: list[Ratio] = []

    def keep(measure: Callable[..., Ratio], *given: Any) -> Ratio:
        measured.append(measure(*given))
        return measured[-1]

    for name in MEASURED:
        monkeypatch.setattr(check, name, partial(keep, getattr(check, name)))
    return measured


def test_a_plain_loop_gives_the_rate_of_its_steps() -> None:
    data = check.shortened(check.read_set(check.EXAMPLES, "ewt_genre", 40), 8, 8)
    rate = check.plain_loop(data, seed=0)
    assert rate.clock > 0
    assert rate.processor > 0
