"""The law of growth is the line through what was seen, and its forecast decides the targets."""

from __future__ import annotations

from pathlib import Path

import growth
import pytest
from growth import exponent, forecast, law

COUNTS = (100, 1_000, 10_000, 100_000)


def _seen(power: float = 1.0, each_mb: float = 1e-4) -> list[dict[str, float]]:
    return [
        {"processor": 2 + 1e-3 * n**power, "seconds": 9.0, "mb": 500 + each_mb * n, "store": 3e-3 * n} for n in COUNTS
    ]


def test_the_law_is_the_line_through_the_last_two_counts() -> None:
    found = law(COUNTS, _seen())
    assert found.seconds == pytest.approx((2, 1e-3))
    assert found.mb == pytest.approx((500, 1e-4))
    assert found.store == pytest.approx((0, 3e-3))
    assert found.at(10**7, "mb") == pytest.approx(1500)


@pytest.mark.parametrize("power", [0.8, 1.0, 1.2])
def test_the_exponent_is_that_of_what_grows(power: float) -> None:
    seen = [{"processor": 5 + n**power if n > 100 else 5.0} for n in COUNTS]
    assert exponent(COUNTS, seen) == pytest.approx(power)


def test_a_forecast_has_the_room_and_the_exponent() -> None:
    peak, slope = forecast("encode", "glove", COUNTS, _seen()).ratios
    assert peak.name == "growth of encode, glove, 3 GB to the peak at 10 million"
    assert (peak.ours, peak.peer, peak.ratio) == pytest.approx((1500, 3000, 2))
    assert slope.name == "growth of encode, glove, exponent of seconds"
    assert slope.ratio == pytest.approx(1, abs=0.03)  # what 100 texts take was subtracted
    assert forecast("encode", "glove", COUNTS, _seen(each_mb=1e-3)).ratios[0].ratio < 1
    assert len(forecast("encode", "glove", COUNTS[:3], _seen()[:3]).ratios) == 1  # too few for an exponent


@pytest.mark.parametrize("form", ["tokens", "mean"])
def test_a_stage_encodes_the_texts_and_leaves_nothing(form: str, encoder: Path, tmp_path: Path) -> None:
    (tmp_path / "texts.csv").write_text('text,label\nthe film,a\n"good, awful",b\n', encoding="utf-8")
    seen = growth.encode(tmp_path, str(encoder), form)
    assert seen["store"] * 1e6 > 3 * 16 * 4 * (2 if form == "mean" else 9)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["texts.csv", "texts.txt"]
