"""A ratio meets its target, or does not; what was not measured is said to be so."""

from __future__ import annotations

import pytest
from processors import AMX, AVX512_BF16, CLASSES, FP32
from results import Machine, Ratio, Result
from targets import TARGETS, Judged, Target, judged

MACHINE = Machine("2026-01-31", "Some Processor", 2, 2, 0.5, {})


def _ratio(value: float, processor: float | None = None, name: str = "speed of sst2") -> Ratio:
    return Ratio(name, value, 1.0, "x", value, processor=processor)


@pytest.mark.parametrize(
    ("value", "verdict"), [(1.99, "not met"), (2.0, "met"), (2.49, "met"), (2.5, "aim met"), (float("nan"), "not met")]
)
def test_a_target_is_met_from_its_value_on(value: float, verdict: str) -> None:
    assert Target(1, "speed of *", (AMX,), 2, 2.5).verdict(_ratio(value)) == verdict


@pytest.mark.parametrize(("value", "verdict"), [(0.94, "not met"), (0.95, "met"), (1.05, "met"), (1.06, "not met")])
def test_a_target_may_have_two_bounds(value: float, verdict: str) -> None:
    both = Target(8, "speed of *", (AMX,), 0.95, most=1.05)
    assert both.verdict(_ratio(value)) == verdict
    assert both.wanted() == "at least 0.95 and at most 1.05"


def test_how_much_of_a_bound_is_reached() -> None:
    assert Target(1, "x", (AMX,), 2).reached(3) == 1.5
    assert Target(1, "x", (AMX,), most=2).reached(4) == 0.5


def test_the_time_that_counts_is_that_of_the_target() -> None:
    by_processor = Target(3, "speed of *", (AMX,), 2, by="processor")
    assert by_processor.verdict(_ratio(3.0, 1.5)) == "not met"
    assert by_processor.verdict(_ratio(1.5, 3.0)) == "met"
    assert by_processor.verdict(_ratio(3.0)) == "not measured"
    assert by_processor.wanted() == "at least 2, by processor time"
    assert Target(3, "speed of *", (AMX,), 2, 4).wanted() == "at least 2 (aim 4)"


def test_a_name_fits_as_a_whole() -> None:
    target = Target(1, "speed of *, share (a.b)", (AMX,), 2)
    assert target.fits("speed of sst2, share (a.b)")
    assert not any(map(target.fits, ("speed of sst2, share (a.b) now", "speed of sst2, share (aXb)", "the speed of")))


def test_a_class_has_its_own_targets_each_ratio_once(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = Target(1, "speed of *", (AMX, FP32), 2), Target(2, "growth", (AMX,), 1)
    monkeypatch.setattr("targets.TARGETS", (first, second))
    ratios = _ratio(1.0), _ratio(3.0, name="speed of sick"), _ratio(5.0, name="other")
    result = Result("made", "", MACHINE, 1.0, ratios=ratios)
    rows = [Judged(first, ratio, result) for ratio in ratios[:2]]
    assert judged({"made": result}, AMX) == [*rows, Judged(second)]
    assert judged({"made": result}, FP32) == rows
    assert judged({"made": result}, AVX512_BF16) == []


def test_every_target_has_a_bound_and_a_class() -> None:
    for target in TARGETS:
        assert target.classes
        assert target.least is not None or target.most is not None
        assert target.aim is None or target.least is None or target.aim > target.least
    assert {c for target in TARGETS for c in target.classes} == set(CLASSES)
    assert [t.number for t in TARGETS] == sorted(t.number for t in TARGETS)
