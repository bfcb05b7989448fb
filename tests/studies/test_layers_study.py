"""Which layers may be best, and what that says of word form and meaning."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from made_layer_scores import make_layer_scores

from unfreeze.probes import noise
from unfreeze.probes.noise import Probed
from unfreeze.records.layer_scores import LAYERS, TUNED, LayerScores
from unfreeze.studies.asked import About
from unfreeze.studies.layers import _claims, _depths, _high, best_layers
from unfreeze.studies.page import Claim
from unfreeze.tasks.kinds import TASKS
from unfreeze.tasks.metrics import measure_of

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


def gained(by: Sequence[float], alone: float = 0.1, together: float = 0.1) -> LayerScores:
    """Layers that gain so much, with half-widths of their intervals alone and of all layers together."""
    before = make_layer_scores("classification")
    return replace(before, layers=tuple(
        replace(one, gain=(b, b - alone, b + alone), gain_together=(b - together, b + together))
        for one, b in zip(before.layers, by, strict=True)
    ))  # fmt: skip


def better(after: LayerScores) -> Claim:
    return _claims("e", "sst2", {LAYERS: make_layer_scores("classification"), TUNED: after})[-1]


def test_better_at_every_layer() -> None:
    assert better(gained((0, 0.2, 0.2, 0.2))).held == "holds"
    assert better(gained((0, 0.01, 0.2, 0.2))).held == "open"
    assert better(gained((0, 0.01, -0.3, 0.2))).held == "does not hold"
    assert better(gained((-0.3, 0.2, 0.2, 0.2))).held == "holds"  # the embeddings are not asked about
    before = {LAYERS: make_layer_scores("classification")}
    assert [claim.conclusion for claim in _claims("e", "pos", {**before, TUNED: gained((0, 0, 0, 0))})] == [None]
    assert _claims("e", "pos", before) == []  # an encoder that cannot be tuned


def test_all_layers_are_asked_for_each_alone_and_one_is_denied_among_all() -> None:
    """That every layer gains is wrong only if one does not, whose own interval errs rarely; that one loses is a choice
    among all."""
    assert better(gained((0, 0.2, 0.2, 0.2), together=0.4)).held == "holds"
    worse = better(gained((0, 0.2, -0.2, 0.2), together=0.4))
    assert worse.held == "open"
    assert worse.evidence == "least gain -20.0 [-30.0, -10.0], [-60.0, +20.0] with all layers together"


def lucky(rng: np.random.Generator, layer: int) -> Probed:
    """A probe of expected accuracy 0.7 on 300 items, where training rows make two points and five resamples show it."""
    right = rng.random(300) < rng.normal(0.7, 0.02)
    statistics = np.stack([right.astype(float), np.ones(300)], 1)
    return Probed(layer, ((1.0, 0.5),), 0, {}, statistics, tuple(rng.normal(0.7, 0.02, 5)), True)


def test_layers_that_tuning_does_not_change_are_rarely_denied(monkeypatch: pytest.MonkeyPatch) -> None:
    """Twelve of them above the embeddings: in one page of twenty at most, where single intervals deny one in five."""
    monkeypatch.setattr(noise, "DRAWS", 300)
    rng, about = np.random.default_rng(0), make_layer_scores("classification")
    alone = together = 0
    for _ in range(200):
        before, after = ([lucky(rng, layer) for layer in range(13)] for _ in range(2))
        scores = noise.judged(after, measure_of(TASKS["classification"]), about, before)
        alone += any(one.gain is not None and one.gain[2] < 0 for one in scores.layers[1:])
        together += better(scores).held == "does not hold"
    assert together <= 10
    assert alone > 30


@pytest.mark.parametrize(("form", "meaning", "held"), [
    ((0, 1), (2, 3), "holds"), ((2, 3), (0, 1), "does not hold"), ((1, 2), (2, 3), "open"), ((1,), (1,), "open"),
])  # fmt: skip
def test_word_form_and_meaning(form: tuple[int, ...], meaning: tuple[int, ...], held: str) -> None:
    (claim,) = _depths(ABOUT, {"pos": best_at(*form), "sst2": best_at(*meaning), "ner": best_at(0)})
    assert (claim.held, claim.about, claim.conclusion) == (held, "bert", 5)
    assert _depths(ABOUT, {"sst2": best_at(1)}) == []
