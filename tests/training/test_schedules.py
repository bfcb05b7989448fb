"""Schedules against the published formulas, written here a second time from the papers."""

from __future__ import annotations

from dataclasses import replace
from math import floor

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from transformers import get_linear_schedule_with_warmup

from unfreeze.training.schedules import Stage, factor, linear, slanted_triangular, stages
from unfreeze.training.settings import FitSettings


def published_triangle(t: int, total: int, cut_frac: float, ratio: float, peak: float) -> float:
    """Howard & Ruder 2018, equation 3."""
    cut = floor(total * cut_frac)
    p = t / cut if t < cut else 1 - (t - cut) / (cut * (1 / cut_frac - 1))
    return peak * (1 + p * (ratio - 1)) / ratio


@given(st.integers(1, 300), st.sampled_from([0.1, 0.25, 0.5]), st.sampled_from([8.0, 32.0]), st.data())
def test_triangle_is_the_published_one(tens: int, cut_frac: float, ratio: float, data: st.DataObject) -> None:
    """For totals of which the cut takes a whole number of steps, so that the formula ends at the lowest rate."""
    total = 20 * tens
    t = data.draw(st.integers(0, total - 1))
    expected = published_triangle(t, total, cut_frac, ratio, peak=0.01)
    assert 0.01 * slanted_triangular(t, total, cut_frac, ratio) == pytest.approx(expected, rel=1e-9)


def test_triangle_of_13_steps() -> None:
    """The cut is floor(1.3) = 1 and the formula falls for 9 steps, then below zero: there the lowest rate stays."""
    rates = [32 * slanted_triangular(t, 13) for t in range(13)]
    expected = [1, *(1 + 31 * (1 - k / 9) for k in range(10)), 1, 1]
    assert rates == pytest.approx(expected)


@pytest.mark.parametrize("total", [1, 2, 9, 10, 11, 57, 1000])
@pytest.mark.parametrize("cut_frac", [0.0, 0.1, 0.33])
def test_triangle_stays_between_lowest_and_peak(total: int, cut_frac: float) -> None:
    rates = [slanted_triangular(t, total, cut_frac) for t in range(total)]
    top = floor(total * cut_frac)
    assert max(rates) == rates[top] == pytest.approx(1.0)
    assert min(rates) >= 1 / 32
    assert rates[:top] == sorted(rates[:top])
    assert rates[top:] == sorted(rates[top:], reverse=True)


def transformers_rates(total: int, warmup: int) -> list[float]:
    """Rates of transformers' schedule at steps 0 to total."""
    optimiser = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    schedule = get_linear_schedule_with_warmup(optimiser, warmup, total)
    rates = []
    for _ in range(total + 1):
        rates.append(schedule.get_last_lr()[0])
        optimiser.step()
        schedule.step()
    return rates


@pytest.mark.parametrize(("total", "warmup"), [(50, 0.1), (50, 0.0), (13, 0.1), (7, 0.5), (1, 0.1), (30, 1.0)])
def test_linear_is_that_of_transformers(total: int, warmup: float) -> None:
    """The fall is the same; the rise is one step ahead, so that the first step is not wasted on a rate of 0."""
    rise = floor(warmup * total)
    ours = [linear(step, total, warmup) for step in range(total)]
    assert ours[rise:] == pytest.approx(transformers_rates(total, rise)[rise:total])
    assert ours[:rise] == pytest.approx(transformers_rates(total + 1, rise + 1)[1 : rise + 1])
    assert all(0 < rate <= 1 for rate in ours)


def test_factor_picks_the_schedule() -> None:
    assert [factor("constant", step, 9, 0.5) for step in range(9)] == [1.0] * 9
    assert factor("linear", 3, 9, 0.5) == linear(3, 9, 0.5)
    assert factor("slanted-triangular", 3, 9, 0.5) == slanted_triangular(3, 9, 0.5)
    assert linear(3, 9, 0.5) != slanted_triangular(3, 9, 0.5)


def recipe(gradual: bool) -> FitSettings:
    return FitSettings(gradual_unfreezing=gradual, schedule="slanted-triangular")


def test_one_stage_without_gradual_unfreezing() -> None:
    assert stages(recipe(False), groups=4, epochs=6, steps_per_epoch=13) == [Stage(0, 78, 4)]


def test_gradual_unfreezing_with_13_steps_an_epoch() -> None:
    expected = [Stage(0, 13, 1), Stage(13, 13, 2), Stage(26, 13, 3), Stage(39, 39, 4)]
    assert stages(recipe(True), groups=4, epochs=3, steps_per_epoch=13) == expected


def test_groups_below_a_limit_never_learn() -> None:
    some = replace(recipe(True), unfreeze_top=1)
    assert stages(some, groups=4, epochs=3, steps_per_epoch=13) == [Stage(0, 13, 1), Stage(13, 39, 2)]
    assert stages(replace(recipe(False), unfreeze_top=2), 4, 3, 13) == [Stage(0, 39, 3)]
    assert stages(replace(recipe(False), unfreeze_top=9), 4, 3, 13) == [Stage(0, 39, 4)]


def test_the_published_recipe_is_replayed() -> None:
    """Peters et al. 2019 on SST-2: 15 epochs of 988 steps, head, two LSTM layers, and the rest from epoch 4 on."""
    plan = stages(recipe(True), groups=4, epochs=12, steps_per_epoch=988)
    rates = [
        5e-4 * factor("slanted-triangular", step, stage.steps, 0.1) for stage in plan for step in range(stage.steps)
    ]
    assert len(rates) == 15 * 988
    peaks = [1 + step // 988 for step, rate in enumerate(rates) if rate == pytest.approx(5e-4)]
    assert peaks == [1, 2, 3, 5]
    assert plan[-1].steps == 11856
    assert rates[-1] == pytest.approx(1.56e-5, abs=1e-7)
    assert [rates[start] for start in (0, 988, 1976, 2964)] == pytest.approx([5e-4 / 32] * 4)


@given(st.integers(1, 6), st.integers(1, 9), st.integers(1, 20))
def test_stages_fill_the_run_and_end_with_everything(groups: int, epochs: int, steps: int) -> None:
    plan = stages(recipe(True), groups, epochs, steps)
    assert plan[0].start == 0
    assert [s.start + s.steps for s in plan] == [*(s.start for s in plan[1:]), (groups - 1 + epochs) * steps]
    assert [s.unfrozen for s in plan] == list(range(1, groups + 1))
    assert plan[-1].steps == epochs * steps
    assert all(s.start % steps == 0 for s in plan)
