"""Whether a person's recipes can be run: heads that fit the task, numbers that mean something."""

from __future__ import annotations

import math
from collections.abc import Iterable

from unfreeze.errors import InputError
from unfreeze.plan import Family, Head, Method, Reads, Recipe
from unfreeze.tasks.kinds import Task

HEADS: dict[Method, dict[str, tuple[Head, ...]]] = {
    "feature-extraction": {
        "text": ("linear", "bcn"),
        "pair": ("linear", "esim"),
        "words": ("linear", "crf", "bilstm-crf"),
    },
    "fine-tuning": {"text": ("linear",), "pair": ("linear", "biattention"), "words": ("linear", "crf", "bilstm-crf")},
}
_LEAST = {"epochs": 1, "batch_size": 1, "hidden": 1, "patience": 1, "min_steps": 0, "weight_decay": 0, "reinit_top": 0,
          "unfreeze_top": 1}  # fmt: skip
_BETWEEN = {"dropout": (0, 1), "warmup": (0, 1), "layer_decay": (0, 1)}
_POSITIVE = ("learning_rate", "clip", "layer_decay", "head_rate")


def heads_for(method: Method, task: Task, family: Family = "transformer") -> tuple[Head, ...]:
    """The heads that a method can put on this task over an encoder of this family."""
    if family == "sentence-vectors":
        return () if task.target == "tags" else ("linear",)
    return HEADS[method]["words" if task.target == "tags" else "pair" if task.pair else "text"]


def check_recipes(recipes: Iterable[Recipe], task: Task, layers: int, reads: Reads = Reads()) -> None:
    """Look over recipes before anything is run.

    Args:
        layers: layer states of the encoder, the embedding layer counted.
        reads: how the encoder reads.

    Raises:
        InputError: which recipe, which setting, and what is allowed; or that the encoder is not for this task at all.
    """
    family = reads.family
    if not heads_for("feature-extraction", task, family):
        raise InputError(f"it gives one vector a text; {task.kind} needs one a word", where="--encoder")
    if task.target == "tags" and reads.wordless:
        raise InputError(f"is not for {task.kind}: {reads.wordless}", where="--encoder")
    for number, recipe in enumerate(recipes):
        where = f"recipes[{number}] {recipe.name}".rstrip()
        heads = heads_for(recipe.method, task, family)
        if recipe.head not in heads:
            over = " over one vector a text" if family == "sentence-vectors" else ""
            fitting = f"{task.kind} by {recipe.method}{over} takes {', '.join(heads)}"
            raise InputError(f"head '{recipe.head}' does not fit; {fitting}", where=where)
        if task.pair and recipe.pair == "joint" and not reads.pairs:
            raise InputError("pair is joint; this encoder reads one text at a time: separate", where=where)
        if reads.causal and recipe.head == "linear" and recipe.pooling == "cls" and task.target != "tags":
            why = "pooling is cls; the first piece of a decoder has read nothing else: last, mean or max"
            raise InputError(why, where=where)
        for problem in (_number_problem(recipe), _layer_problem(recipe, layers)):
            if problem:
                raise InputError(problem, where=where)


def _number_problem(recipe: Recipe) -> str | None:
    settings = {name: getattr(recipe, name) for name in (*_LEAST, *_BETWEEN, *_POSITIVE)}
    for name, value in settings.items():
        if value is None:
            continue  # off
        if not math.isfinite(value) or value < _LEAST.get(name, -math.inf):
            return f"{name} is {value}; it must be a number of at least {_LEAST.get(name, 0)}"
        if name in _POSITIVE and value <= 0:
            return f"{name} is {value}; it must be above 0"
        low, high = _BETWEEN.get(name, (-math.inf, math.inf))
        if not low <= value <= high:
            return f"{name} is {value}; it must be from {low} to {high}"
    if not recipe.l2 or not all(0 <= penalty < math.inf for penalty in recipe.l2):
        return f"l2 is {list(recipe.l2)}; it must list one penalty or more, none below 0"
    return None


def _layer_problem(recipe: Recipe, layers: int) -> str | None:
    if recipe.reinit_top >= layers:
        return f"reinit_top is {recipe.reinit_top}; the encoder has {layers - 1} layers above the embeddings"
    if isinstance(recipe.layers, str):
        return None
    if not recipe.layers or not all(-layers <= layer < layers for layer in recipe.layers):
        return f"layers is {list(recipe.layers)}; it must list one or more of 0 to {layers - 1}, or -1 for the top one"
    return None
