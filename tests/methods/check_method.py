"""What every method promises; whoever adds one runs these checks on it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from unfreeze.bundle.load import load
from unfreeze.bundle.save import save_bundle
from unfreeze.errors import InputError
from unfreeze.methods.budgets import RECIPES, recipes
from unfreeze.methods.checks import check_recipes, heads_for
from unfreeze.methods.method import Method
from unfreeze.methods.model import restore
from unfreeze.methods.table import METHODS, method_named
from unfreeze.methods.trainer import Trainer, trainer_of
from unfreeze.plan import plain
from unfreeze.recipe import Recipe, Traits, recipe_from
from unfreeze.tasks.kinds import TASKS
from unfreeze.training.objectives import Decoded

USUAL = Traits(7, 384)
PAGES = "#ffffff", "#14171b"  # light and dark, of the report's style sheet


def _contrast(one: str, other: str) -> float:
    """Contrast of two colours, `#rrggbb`, from 1 to 21 (WCAG 2.2)."""
    high, low = sorted(map(_luminance, (one, other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    shares = [byte / 255 for byte in bytes.fromhex(colour.removeprefix("#"))]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in shares]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def check_light_half(method: Method[Any]) -> None:
    """Names, recipes and their checks, which plans and reports read without torch."""
    assert method_named(method.name) is method
    others = [other for other in METHODS if other is not method]
    for part in ("noun", "short", "advice", "headline", "text_colours", "colour", "mark"):
        assert getattr(method.words, part), part
        assert getattr(method.words, part) not in [getattr(other.words, part) for other in others], part
    for page, text in zip(PAGES, method.words.text_colours, strict=True):
        assert _contrast(page, text) >= 4.5
        assert _contrast(page, method.words.colour) >= 3
    assert method.unfit(USUAL) is None
    for task in TASKS.values():
        table = recipes("thorough", method, task, USUAL)
        assert len(table) == RECIPES["thorough"]
        check_recipes(table, task, USUAL)
        for recipe in table:
            assert type(recipe) is method.recipe
            assert (recipe.method, recipe.head in heads_for(method.name, task, USUAL)) == (method.name, True)
            assert recipe_from(plain(recipe)) == recipe
            assert method.limited(recipe, 1).method == method.name
            assert recipe.brief
            assert all(recipe.details)
    own = {f.name for f in fields(method.recipe)}
    for other in others:
        for foreign in {f.name for f in fields(other.recipe)} - own:
            with pytest.raises(InputError, match=f"'{foreign}' is a setting of .*, not of {method.name}"):
                recipe_from({"method": method.name, "head": "linear", foreign: None})
    module, _, name = method.trainer.partition(":")
    trainer = getattr(import_module(module), name)
    assert all(callable(getattr(trainer, part)) for part in vars(Trainer) if not part.startswith("_") and
               part != "shares_pass")  # fmt: skip


def check_method(method: Method[Any], make: Callable[..., Any], kind: str, folder: Path) -> None:
    """All promises of a method, on a tiny encoder and twelve examples of a task kind.

    Args:
        make: the fixture `trainer`.
        folder: for a bundle.
    """
    check_light_half(method)
    train = make(kind)
    recipe: Recipe = replace(
        method.table(train.objective.task, train.encoder.traits)[0],
        epochs=2, min_steps=0, batch_size=4, hidden=4, learning_rate=5e-3, patience=None,
    )  # fmt: skip
    trainer, digest = trainer_of(recipe), train.encoder.fingerprint()
    assert isinstance(trainer.seeds_together(recipe, train.objective.task), bool)
    needed = [trainer.memory(recipe, train.encoder, pieces) for pieces in (100, 1000)]
    assert 0 < needed[0] < needed[1] < 1e9
    both = train(recipe, 3, 4)
    for seed, one in zip((3, 4), both, strict=True):
        (alone,) = train(recipe, seed)
        same(alone.dev, one.dev)
        assert alone.work == one.work > 0
        assert alone.weights.keys() == one.weights.keys()
        model = restore(train.encoder, recipe, train.objective, [one.weights])
        same(model.predict(train.dev)[0], one.dev)
        assert not any(module.training for part in (model.encoder, *model.heads) for module in part.modules())
    assert train.encoder.fingerprint() == digest, "the pretrained encoder stays as it is"
    _check_several(recipe, train, [one.weights for one in both], [one.dev for one in both])
    model = restore(train.encoder, recipe, train.objective, [both[0].weights])
    save_bundle(folder, model, {})
    same(load(folder, "cpu").predict_examples(train.dev), both[0].dev)


def _check_several(recipe: Recipe, train: Any, weights: list[Any], expected: list[Decoded]) -> None:
    """Heads that share the encoder's pass predict together what they predict alone; others are refused together."""
    if not trainer_of(recipe).shares_pass:
        with pytest.raises(ValueError, match="each of which has an encoder of its own"):
            restore(train.encoder, recipe, train.objective, weights)
        return
    together = restore(train.encoder, recipe, train.objective, weights).predict(train.dev)
    for decoded, one in zip(together, expected, strict=True):
        same(decoded, one)


def same(one: Decoded, other: Decoded) -> None:
    """The same labels, and confidences but for rounding."""
    if isinstance(one.labels[0], float):
        assert one.labels == pytest.approx(other.labels, abs=1e-4)
    else:
        assert one.labels == other.labels
    assert one.confidence == pytest.approx(other.confidence, abs=1e-5)
