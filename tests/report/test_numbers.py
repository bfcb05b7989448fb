import pytest

from unfreeze.methods.frozen_recipes import FrozenRecipe
from unfreeze.methods.tuned_recipes import TunedRecipe
from unfreeze.report import numbers


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0 s"),
        (0.041, "0.04 s"),
        (3.21, "3.2 s"),
        (48.4, "48 s"),
        (59.7, "1 min 00 s"),
        (200, "3 min 20 s"),
        (3900, "1 h 05 min"),
    ],
)
def test_seconds(value, text):
    assert numbers.seconds(value) == text


@pytest.mark.parametrize(("value", "text"), [(0.029, "0.03 MB"), (4.13, "4.1 MB"), (90.9, "91 MB"), (1410, "1.4 GB")])
def test_megabytes(value, text):
    assert numbers.megabytes(value) == text


def test_scores_are_points_and_correlations_are_no_per_cents():
    assert numbers.points(0.8731) == "87.3"
    assert numbers.points(-0.05) == "−5.0"
    assert numbers.points(None) == "–"
    assert (numbers.signed(0.0046), numbers.signed(-0.0312)) == ("+0.46", "−3.12")
    assert numbers.axis_title("accuracy", "test") == "test accuracy (%)"
    assert numbers.axis_title("pearson", "dev") == "dev Pearson correlation (× 100)"
    assert numbers.mean_std("accuracy", 0.9, 0.026) == "90.0 ± 2.6\N{NO-BREAK SPACE}%"
    assert numbers.mean_std("mse", 1.23456, 0.1) == "1.235 ± 0.100"
    assert numbers.mean_std("matthews", 0.5, 0.01) == "50.0 ± 1.0"
    assert numbers.metric_name("f1_positive") == "F1 of the positive class"


def test_a_metric_that_nothing_measures_any_more_is_a_share_of_its_own_name():
    assert numbers.metric_name("weighted_f1") == "weighted_f1"
    assert numbers.mean_std("weighted_f1", 0.9, 0.026) == "90.0 ± 2.6\N{NO-BREAK SPACE}%"


def test_settings_tell_what_sets_a_recipe_apart():
    frozen = FrozenRecipe("bcn", layers=(-1, 3), pair="separate")
    tuned = TunedRecipe("linear", gradual_unfreezing=True, layer_decay=0.85, reinit_top=2, learning_rate=5e-5)
    assert "layers -1, 3" in numbers.settings(frozen)
    assert "texts encoded separately" in numbers.settings(frozen)
    assert "pooling" not in numbers.settings(frozen)
    shown = numbers.settings(tuned)
    assert all(part in shown for part in ("gradual unfreezing", "layer decay 0.85", "top 2 layers fresh", "rate 5e-05"))
    assert "layers mix" not in shown
