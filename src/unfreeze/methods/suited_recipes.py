"""The budgets' recipes, made to suit how an encoder reads: its own pooling, decoders, texts of a pair one by one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from unfreeze.plan import Pooling, Reads, Recipe

_LAST = "Wang et al. 2024 (E5-Mistral) and Qwen3-Embedding: the last piece, which alone has read the whole text"
_AUTHORS = "pooling and length as its authors' sentence-transformers configuration has them"


def suited(table: Sequence[Recipe], reads: Reads) -> list[Recipe]:
    """The recipes of a table with the encoder's own way to make one vector of a text in the place of the mean.

    The mean in turn takes the place of that way, where the table has it. In a decoder the first piece has read nothing,
    so what the table has for `cls` goes to the last piece or the mean, whichever is not its own way; a decoder whose
    authors do not say which of both is right has that recipe second.
    """
    own = reads.pooling or ("last" if reads.causal else "mean")
    if reads.causal and reads.pooling is None:
        table = [*table[:1], *sorted(table[1:], key=lambda recipe: recipe.pooling != "cls")]
    return [_suited(recipe, own, reads) if recipe.head == "linear" else recipe for recipe in table]


def _suited(recipe: Recipe, own: Pooling, reads: Reads) -> Recipe:
    pooling = {"mean": own, own: "mean"}.get(recipe.pooling, recipe.pooling)
    if reads.causal and pooling == "cls":
        pooling = "mean" if own == "last" else "last"
    single = recipe.method == "feature-extraction" and recipe.pair != "separate" and recipe.layers == (-1,)
    length = single and reads.normalise and pooling == own
    if (pooling, length) == (recipe.pooling, recipe.normalise):
        return recipe
    why = _AUTHORS if reads.pooling else _LAST
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
