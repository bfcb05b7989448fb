"""The families of encoders: which recipes suit each, and what their vectors are. No torch here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from unfreeze.methods.frozen_recipes import (
    FrozenRecipe,
    frozen_decoder_recipes,
    frozen_elmo_recipes,
    frozen_recipes,
    frozen_static_recipes,
)
from unfreeze.methods.sentence_vector_recipes import sentence_vector_recipes
from unfreeze.methods.tuned_recipes import TunedRecipe, tuned_apart_recipes, tuned_elmo_recipes, tuned_recipes
from unfreeze.recipe import Family, Traits

if TYPE_CHECKING:  # a plan is read without numpy, which targets need
    from unfreeze.tasks.kinds import Task


@dataclass(frozen=True)
class FamilyTables:
    """What methods must know of a family.

    Attributes:
        frozen: recipes of feature extraction.
        tuned: recipes of fine-tuning; None where none are known.
        one_vector: an encoder gives one vector a text, over which heads are linear, and no word has its own.
    """

    frozen: Callable[[Task, Traits], list[FrozenRecipe]]
    tuned: Callable[[Task, Traits], list[TunedRecipe]] | None = None
    one_vector: bool = False


def _frozen_transformer(task: Task, traits: Traits) -> list[FrozenRecipe]:
    return (frozen_decoder_recipes if task.pair and not traits.pairs else frozen_recipes)(task)


def _tuned_transformer(task: Task, traits: Traits) -> list[TunedRecipe]:
    of_task = tuned_apart_recipes if task.pair and not traits.pairs else tuned_recipes
    return of_task(task, small=traits.width <= 512)


FAMILIES: dict[Family, FamilyTables] = {
    "transformer": FamilyTables(_frozen_transformer, _tuned_transformer),
    "elmo": FamilyTables(lambda task, traits: frozen_elmo_recipes(task), lambda task, traits: tuned_elmo_recipes(task)),
    "word-vectors": FamilyTables(lambda task, traits: frozen_static_recipes(task)),
    "sentence-vectors": FamilyTables(lambda task, traits: sentence_vector_recipes(task), one_vector=True),
}


def one_vector(traits: Traits) -> bool:
    """Whether an encoder gives one vector a text."""
    return FAMILIES[traits.family].one_vector
