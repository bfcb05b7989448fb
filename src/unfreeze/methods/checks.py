"""Whether a person's recipes can be run: heads that fit the task, numbers that mean something. No torch here."""

from __future__ import annotations

from collections.abc import Iterable

from unfreeze.errors import InputError
from unfreeze.language.message import say
from unfreeze.methods.bounds import Bounds
from unfreeze.methods.families import one_vector
from unfreeze.methods.method import Shape
from unfreeze.methods.table import method_named, method_of
from unfreeze.recipe import Head, MethodName, Recipe, Traits
from unfreeze.tasks.kinds import Task

_SHARED = Bounds(
    {"epochs": 1, "batch_size": 1, "hidden": 1, "patience": 1, "min_steps": 0, "weight_decay": 0},
    {"dropout": (0, 1), "warmup": (0, 1)},
    ("learning_rate", "clip"),
)


def heads_for(method: MethodName, task: Task, traits: Traits) -> tuple[Head, ...]:
    """The heads that a method can put on this task over an encoder."""
    if one_vector(traits):
        return () if task.target.per_word else ("linear",)
    shape: Shape = "words" if task.target.per_word else "pair" if task.pair else "text"
    return method_named(method).heads(shape)


def check_recipes(recipes: Iterable[Recipe], task: Task, traits: Traits) -> None:
    """Look over recipes before anything is run.

    Args:
        traits: of the encoder.

    Raises:
        InputError: which recipe, which setting, and what is allowed; or that the encoder is not for this task at all.
    """
    if task.target.per_word and one_vector(traits):
        raise InputError(
            say("it gives one vector per text; {kind} needs one per word", kind=task.kind), where="--encoder"
        )
    if task.target.per_word and traits.wordless:
        raise InputError(
            say("is not for {kind}: {wordless}", kind=task.kind, wordless=traits.wordless), where="--encoder"
        )
    for number, recipe in enumerate(recipes):
        problem = _head_problem(recipe, task, traits) or _SHARED.problem(recipe)
        if problem := problem or method_of(recipe).problem(recipe, task, traits):
            raise InputError(problem, where=f"recipes[{number}] {recipe.name}".rstrip())


def _head_problem(recipe: Recipe, task: Task, traits: Traits) -> str | None:
    heads = heads_for(recipe.method, task, traits)
    if recipe.head not in heads:
        over = say(" over one vector a text") if one_vector(traits) else ""
        fitting = say(
            "{kind} by {method}{over} takes {heads}",
            kind=task.kind,
            method=recipe.method,
            over=over,
            heads=", ".join(heads),
        )
        return say("head '{head}' does not fit; {fitting}", head=recipe.head, fitting=fitting)
    if task.pair and recipe.pair == "joint" and not traits.pairs:
        return say("pair is joint; this encoder reads one text at a time: separate")
    if traits.causal and recipe.head == "linear" and recipe.pooling == "cls" and not task.target.per_word:
        return say("pooling is cls; the first piece of a decoder has read nothing else: last, mean or max")
    return None
