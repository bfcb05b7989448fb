"""The budgets' recipes, made to suit how an encoder reads: its own pooling, decoders, texts of a pair one by one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from unfreeze.recipe import Pooling, Recipe, Traits

R = TypeVar("R", bound=Recipe)

_LAST = "Wang et al. 2024 (E5-Mistral) and Qwen3-Embedding: the last piece, which alone has read the whole text"
_AUTHORS = "pooling and length as its authors' sentence-transformers configuration has them"


def suited(table: Sequence[R], traits: Traits, in_one_length: Callable[[R], bool] = lambda recipe: False) -> list[R]:
    """The recipes of a table with the encoder's own way to make one vector of a text in the place of the mean.

    The mean in turn takes the place of that way, where the table has it. In a decoder the first piece has read nothing,
    so what the table has for `cls` goes to the last piece or the mean, whichever is not its own way; a decoder whose
    authors do not say which of both is right has that recipe second.

    Args:
        in_one_length: whether a recipe's vectors are brought to length 1 where the authors' own are.
    """
    own = traits.pooling or ("last" if traits.causal else "mean")
    if traits.causal and traits.pooling is None:
        table = [*table[:1], *sorted(table[1:], key=lambda recipe: recipe.pooling != "cls")]
    return [_suited(r, own, traits, in_one_length(r)) if r.head == "linear" else r for r in table]


def _suited(recipe: R, own: Pooling, traits: Traits, in_one_length: bool) -> R:
    pooling = {"mean": own, own: "mean"}.get(recipe.pooling, recipe.pooling)
    if traits.causal and pooling == "cls":
        pooling = "mean" if own == "last" else "last"
    length = in_one_length and traits.normalise and pooling == own
    if (pooling, length) == (recipe.pooling, recipe.normalise):
        return recipe
    why = _AUTHORS if traits.pooling else _LAST
    source = f"{recipe.source}; {why}" if pooling == own else recipe.source
    return replace(
        recipe, pooling=pooling, normalise=length, name=_renamed(recipe.name, recipe.pooling, pooling), source=source
    )


def _renamed(name: str, before: Pooling, now: Pooling) -> str:
    """`linear-mix-cls` to `linear-mix-mean`, `mean-low` to `last-low`, `linear-mix` to `linear-mix-last`."""
    parts = name.split("-")
    if before in parts[:1] or before in parts[2:]:  # in `linear-mean` it is the layers' mean that is meant
        return "-".join(now if part == before else part for part in parts)
    return name if before == now else f"{name}-{now}"
