"""Examples to encoder inputs, the same for both adaptations."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from unfreeze.data.examples import Example
from unfreeze.encoders.protocol import Encoder, Inputs, Ints, ranges
from unfreeze.encoders.reading import side_by_side
from unfreeze.language.message import say
from unfreeze.recipe import Recipe
from unfreeze.tasks.kinds import Task


def read_inputs(encoder: Encoder, task: Task, pair: str, examples: Sequence[Example]) -> Inputs:
    """Tokenise examples as a recipe wants them: words for tagging, pairs jointly or (`separate`) side by side."""
    if task.target.per_word:
        return encoder.read_words([e.words or () for e in examples])
    first = [e.text for e in examples]
    if not task.pair:
        return encoder.read_texts(first)
    second = [e.text_b or "" for e in examples]
    if pair == "joint":
        return encoder.read_texts(first, second)
    return side_by_side(encoder.read_texts(first), encoder.read_texts(second))


def pair_reading(recipe: Recipe, task: Task) -> str:
    """How a recipe reads this task's examples: `joint` for everything but pairs read separately."""
    return recipe.pair if task.pair else "joint"


def inputs_of(inputs: Inputs, examples: Ints) -> tuple[Ints, tuple[int, ...]]:
    """Indices of the inputs of these examples, in order, and how many each example has."""
    first, end = inputs.examples[examples], inputs.examples[examples + 1]
    counts = end - first
    return ranges(first, counts), tuple(counts.tolist())


def example_lengths(inputs: Inputs) -> Ints:
    """(E,) pieces of each example over all its inputs."""
    return np.diff(inputs.offsets[inputs.examples])


def said_cut(cut: int, texts: int, limit: int) -> str | None:
    """A sentence on the texts that are cut, or None when all are read to their end."""
    return (
        say("{cut:,} of {texts:,} texts are cut at {limit} pieces.", cut=cut, texts=texts, limit=limit) if cut else None
    )


def are_cut(inputs: Inputs) -> npt.NDArray[np.bool_]:
    """(E,) which examples have a text that is not read to its end (none for tagging, which reads windows)."""
    if len(inputs.examples) == 1:
        return np.zeros(0, np.bool_)
    cut: npt.NDArray[np.bool_] = np.logical_or.reduceat(inputs.truncated, inputs.examples[:-1])
    return cut


def cut_at_limit(inputs: Inputs) -> int:
    """How many examples have a text that is not read to its end."""
    return int(are_cut(inputs).sum())
