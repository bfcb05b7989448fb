"""Which layers may be best, and what that says of word form and meaning."""

from __future__ import annotations

from dataclasses import replace

import pytest
from made_layer_scores import make_layer_scores

from unfreeze.records.layer_scores import LAYERS, TUNED, LayerScores
from unfreeze.studies.asked import About
from unfreeze.studies.layers import _claims, _depths, _high, best_layers

ABOUT = About("folder/bert", "transformer", 4, 8, True, True, "f")


def best_at(*layers: int) -> LayerScores:
    scores = make_layer_scores("classification")
    made = tuple(replace(one, behind_ci95=(-0.1 if one.layer in layers else 0.1, 0.2)) for one in scores.layers)
    return replace(scores, layers=made, chosen=layers[0])


def test_best_layers() -> None:
    assert best_layers(best_at(2)) == [2]
    assert best_layers(best_at(2, 0, 3)) == [0, 2, 3]
    better = replace(best_at(2).layers[3], behind_ci95=(-0.2, -0.1))  # on test, though not chosen on dev
    assert best_layers(replace(best_at(2), layers=(*best_at(2).layers[:3], better))) == [2, 3]


@pytest.mark.parametrize(("best", "held"), [
    ((2, 3), "holds"), ((3,), "holds"), ((0, 1), "does not hold"), ((1, 2), "open"), ((0,), "does not hold"),
])  # fmt: skip
def test_meaning_near_the_output(best: tuple[int, ...], held: str) -> None:
    assert _high("e", best_at(*best)).held == held


def test_better_at_every_layer() -> None:
    before = make_layer_scores("classification")

    def moved(*by: float) -> LayerScores:
        made = (replace(one, gain=(b, b - 0.1, b + 0.1)) for one, b in zip(before.layers, by, strict=True))
        return replace(before, layers=tuple(made))

    def held(after: LayerScores) -> str:
        return _claims("e", "sst2", {LAYERS: before, TUNED: after})[-1].held

    assert held(moved(0, 0.2, 0.2, 0.2)) == "holds"
    assert held(moved(0, 0.01, 0.2, 0.2)) == "open"
    assert held(moved(0, 0.01, -0.3, 0.2)) == "does not hold"
    assert [claim.conclusion for claim in _claims("e", "pos", {LAYERS: before, TUNED: moved(0, 0, 0, 0)})] == [None]
    assert _claims("e", "pos", {LAYERS: before}) == []  # an encoder that cannot be tuned


@pytest.mark.parametrize(("form", "meaning", "held"), [
    ((0, 1), (2, 3), "holds"), ((2, 3), (0, 1), "does not hold"), ((1, 2), (2, 3), "open"), ((1,), (1,), "open"),
])  # fmt: skip
def test_word_form_and_meaning(form: tuple[int, ...], meaning: tuple[int, ...], held: str) -> None:
    (claim,) = _depths(ABOUT, {"pos": best_at(*form), "sst2": best_at(*meaning), "ner": best_at(0)})
    assert (claim.held, claim.about, claim.conclusion) == (held, "bert", 5)
    assert _depths(ABOUT, {"sst2": best_at(1)}) == []
