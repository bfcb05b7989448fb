"""Signs that hold, do not, or stay open; contrasts against plain differences."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from unfreeze.judging.planning import Had
from unfreeze.judging.spread import Spread
from unfreeze.judging.stats import Difference
from unfreeze.judging.two_way import paired_difference
from unfreeze.methods.tuned_recipes import TunedRecipe
from unfreeze.studies.asked import Cell, Measured
from unfreeze.studies.evidence import (
    contrast,
    difference,
    gap_entry,
    score_entry,
    sign_claim,
    sign_held,
    sign_of,
    sign_p,
)
from unfreeze.studies.page import Entry
from unfreeze.studies.published import COLUMNS, published, published_difference
from unfreeze.studies.tricks import COMBINATIONS, main_effect
from unfreeze.tasks.kinds import TASKS


def measured(share: float, seed: int = 0, items: int = 400) -> Measured:
    right = np.random.default_rng(seed).random((3, items)) < share
    statistics = np.stack([right.astype(float), np.ones(right.shape)], 2)
    recipe = TunedRecipe("linear")
    cell = Cell("sst2", "e", (recipe,), (0, 1, 2))
    return Measured(cell, recipe, TASKS["classification"], statistics, 100, 1.0, None, 0)


@pytest.mark.parametrize(("low", "high", "sign", "held"), [
    (0.01, 0.03, 1, "holds"), (0.01, 0.03, -1, "does not hold"), (-0.01, 0.03, 1, "open"), (-0.03, -0.01, -1, "holds"),
    (-0.03, -0.01, 1, "does not hold"), (0.0, 0.02, 1, "open"),
    (-0.009, 0.01, 0, "holds"), (-0.009, 0.02, 0, "open"), (0.011, 0.02, 0, "does not hold"),
    (-0.03, -0.011, 0, "does not hold"), (-0.03, 0.03, 0, "open"),
])  # fmt: skip
def test_signs(low: float, high: float, sign: int, held: str) -> None:
    assert sign_held(low, high, sign) == held
    gap, useful = Difference((low + high) / 2, low, high, 0.2), measured(0.7)
    claim = sign_claim("t", "a", gap, sign, [useful], 2)
    assert (claim.held, claim.conclusion) == (held, 2)
    useless = replace(useful, constant=useful.mean)
    assert sign_claim("t", "a", gap, sign, [useful, useless]).held == held
    alike = sign_claim("t", "a", gap, sign, [useless, useless])
    assert alike.held == "open"
    assert alike.evidence.endswith("none above a constant answer")
    assert alike.p is None  # nothing is put to the test, so it does not count among the page's findings


def test_a_finding_carries_the_items_and_the_fewest_seeds_of_its_cells() -> None:
    first, second = measured(0.7), measured(0.6, 1)
    second = replace(second, statistics=second.statistics[:2])
    gap = difference(first, second)
    assert gap.spread is not None
    assert sign_claim("t", "a", gap, 1, [first, second]).had == Had(gap.spread, 400, 2)
    assert sign_claim("t", "a", replace(gap, spread=None), 1, [first, second]).had is None


@pytest.mark.parametrize("sign", [1, -1, 0])
@pytest.mark.parametrize("size", [0.003, 0.02, 0.05, -0.03])
@pytest.mark.parametrize("spread", [Spread(1e-4, 0.0, np.inf), Spread(1e-5, 4e-5, 3.0), Spread(1e-8, 0.0, np.inf)])
def test_p_is_the_error_at_which_a_sign_is_just_decided(sign: int, size: float, spread: Spread) -> None:
    p = sign_p(Difference(size, size - spread.margin(), size + spread.margin(), spread.p(size), spread), sign)
    for error, decided in ((min(1.0, 1.01 * p), True), (0.99 * p, False)):
        margin = spread.margin(error)
        if 1e-6 < p < 0.99:
            assert (sign_held(size - margin, size + margin, sign) != "open") is decided


def test_the_p_of_a_claim_is_that_of_its_interval_where_pseudo_items_moved_it() -> None:
    a, b = measured(0.995), measured(0.97, 1)
    gap = difference(a, b)
    assert (gap.lo + gap.hi) / 2 != pytest.approx(gap.mean, abs=1e-6)
    assert sign_claim("t", "a", gap, 1, [a, b]).p == pytest.approx(gap.p)
    unknown = Difference(0.1, 0.0, 0.2, 0.04)
    assert sign_claim("t", "a", unknown, 1, [a, b]).p == 0.04


def test_what_the_paper_colours_is_a_sign() -> None:
    assert [sign_of(points) for points in (6.7, 1.0, 0.2, 0.0, -0.6, -1.0, -1.3)] == [1, 0, 0, 0, 0, 0, -1]


def test_a_contrast_of_two_is_their_difference() -> None:
    a, b = measured(0.8), measured(0.7, 1)
    found, wanted = difference(a, b), paired_difference(a.statistics, b.statistics, a.measure, 2000)
    assert found == contrast([a, b], [1.0, -1.0])
    assert found.mean == pytest.approx(wanted.mean)
    assert found.lo == pytest.approx(wanted.lo, abs=0.01)
    assert found.hi == pytest.approx(wanted.hi, abs=0.01)


@pytest.mark.parametrize("trick", [0, 1, 2])
def test_main_effects_find_what_a_trick_gives(trick: int) -> None:
    """Of cells in which one trick gives ten points and the two others nothing."""
    cells = [measured(0.8 if which[trick] else 0.7, number, 3000) for number, which in enumerate(COMBINATIONS)]
    effects = [contrast(cells, main_effect(other)) for other in range(3)]
    assert effects[trick].mean == pytest.approx(0.1, abs=0.01)
    for number, effect in enumerate(effects):
        assert (effect.lo > 0.05) is (number == trick)


def test_entries() -> None:
    assert score_entry(None) == Entry("–")
    cell = measured(0.8)
    scores = 100 * cell.statistics[..., 0].mean(1)
    assert score_entry(cell, 93.5) == Entry(f"{scores.mean():.1f} ± {scores.std(ddof=1):.1f}", "93.5")
    assert gap_entry(Difference(0.013, -0.0004, 0.026, 0.06), -3.2) == Entry("+1.3 [-0.04, +2.6]", "-3.2")


def test_published_numbers() -> None:
    """Table 2: differences as printed, but for the row of ELMo where rounding gives another last digit."""
    assert published("BERT", "fine-tuning", "mrpc") == 84.8
    assert published("Skip-thoughts", "feature-extraction", "ner") is None
    assert published("Skip-thoughts", "fine-tuning", "sst2") is None
    assert published(None, "fine-tuning", "sst2") is None
    assert published("BERT", "fine-tuning", "cola") is None
    assert [published_difference("BERT", task) for task in COLUMNS] == [0.2, 0.5, 0.0, 1.0, 2.3, 6.7, 4.2]
    printed = [0.2, -0.6, -3.2, -3.3, -2.8, -1.3, -0.4]
    assert [published_difference("ELMo", task) for task in COLUMNS] == pytest.approx(printed, abs=0.31)
    assert published_difference("Skip-thoughts", "sst2") is None
