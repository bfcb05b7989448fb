"""Which layers may be best, and what that says of word form and meaning."""

from __future__ import annotations

from dataclasses import replace

import pytest
from made_layer_scores import make_layer_scores

from unfreeze.experiment.layer_scores import LayerScores
from unfreeze.studies.asked import About
from unfreeze.studies.layers import _depths, best_layers

ABOUT = About("folder/bert", "transformer", 4, 8, True, True, "f")


def best_at(*layers: int) -> LayerScores:
    scores = make_layer_scores("classification")
    made = tuple(replace(one, within_noise=one.layer in layers) for one in scores.layers)
    return replace(scores, layers=made, chosen=layers[0])


def test_best_layers() -> None:
    assert best_layers(best_at(2)) == [2]
    assert best_layers(best_at(2, 0, 3)) == [0, 2, 3]
    assert best_layers(make_layer_scores("classification")) == [2, 3]


@pytest.mark.parametrize(("form", "meaning", "held"), [
    ((0, 1), (2, 3), "holds"), ((2, 3), (0, 1), "does not hold"), ((1, 2), (2, 3), "open"), ((1,), (1,), "open"),
])  # fmt: skip
def test_word_form_and_meaning(form: tuple[int, ...], meaning: tuple[int, ...], held: str) -> None:
    (claim,) = _depths(ABOUT, {"pos": best_at(*form), "sst2": best_at(*meaning), "ner": best_at(0)})
    assert (claim.held, claim.about, claim.conclusion) == (held, "bert", 5)
    assert _depths(ABOUT, {"sst2": best_at(1)}) == []
