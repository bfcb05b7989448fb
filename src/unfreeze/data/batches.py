"""Which examples go together in a step."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

Order = npt.NDArray[np.int64]


def shuffled_batches(lengths: npt.ArrayLike, batch_size: int, seed: int, epoch: int, pool: int = 32) -> list[Order]:
    """Batches of one epoch: every example once, shuffled by (seed, epoch), neighbours in length together.

    A pool of `pool` batches is drawn at random, sorted by length and cut, so padding stays low while what meets in a
    batch changes from epoch to epoch; the order of the batches is random.
    """
    sizes = np.asarray(lengths)
    rng = np.random.default_rng((seed, epoch))
    order = rng.permutation(len(sizes))
    batches: list[Order] = []
    for start in range(0, len(order), pool * batch_size):
        drawn = order[start : start + pool * batch_size]
        drawn = drawn[np.argsort(sizes[drawn], kind="stable")]
        batches.extend(drawn[i : i + batch_size] for i in range(0, len(drawn), batch_size))
    return [batches[i] for i in rng.permutation(len(batches))]


def sorted_batches(lengths: npt.ArrayLike, budget: int, at_most: int = 1024) -> Iterator[Order]:
    """Examples from short to long, cut so that a batch has at most `budget` pieces (or a single longer example)."""
    sizes = np.asarray(lengths)
    current: list[int] = []
    total = 0
    for index in np.argsort(sizes, kind="stable"):
        if current and (total + sizes[index] > budget or len(current) == at_most):
            yield np.asarray(current)
            current, total = [], 0
        current.append(int(index))
        total += int(sizes[index])
    if current:
        yield np.asarray(current)


def ordered_batches(counts: npt.ArrayLike, size: int) -> Iterator[Order]:
    """Examples in their order, cut so that a batch has at most `size` inputs (or a single example).

    Args:
        counts: (examples,) inputs of each example.
    """
    sizes = np.asarray(counts).tolist()
    start, total = 0, 0
    for i, count in enumerate(sizes):
        if i > start and total + count > size:
            yield np.arange(start, i)
            start, total = i, 0
        total += count
    if len(sizes) > start:
        yield np.arange(start, len(sizes))


def unsorted(batches: Sequence[Order], size: int) -> Order:
    """Where each of `size` examples stands when the batches are laid end to end."""
    place = np.empty(size, dtype=np.int64)
    place[np.concatenate(batches)] = np.arange(size)
    return place
