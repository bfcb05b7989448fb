from __future__ import annotations

from itertools import combinations, pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unfreeze.data.batches import ordered_batches, shuffled_batches, sorted_batches, unsorted

LENGTHS = st.lists(st.integers(1, 50), max_size=60)


@given(LENGTHS, st.integers(1, 9), st.integers(0, 3), st.integers(1, 3), st.integers(1, 4))
def test_every_example_once_an_epoch(lengths: list[int], size: int, seed: int, epoch: int, pool: int) -> None:
    batches = shuffled_batches(lengths, size, seed, epoch, pool)
    assert sorted(i for batch in batches for i in batch.tolist()) == list(range(len(lengths)))
    assert len(batches) == -(-len(lengths) // size)
    assert sum(len(batch) < size for batch in batches) <= 1  # as many steps as the schedules expect
    again = shuffled_batches(lengths, size, seed, epoch, pool)
    assert [batch.tolist() for batch in batches] == [batch.tolist() for batch in again]


def test_epochs_and_seeds_are_shuffled_differently() -> None:
    lengths = [5] * 64
    orders = {
        tuple(np.concatenate(shuffled_batches(lengths, 8, seed, epoch))) for seed in range(3) for epoch in range(1, 4)
    }
    assert len(orders) == 9


def test_batches_hold_neighbours_in_length_in_no_order() -> None:
    lengths = np.random.default_rng(0).integers(1, 200, 2000)
    batches = shuffled_batches(lengths, 32, seed=0, epoch=1)
    padded = sum(len(batch) * lengths[batch].max() for batch in batches)
    assert padded / lengths.sum() < 1.1  # in random batches it is about 2
    means = [lengths[batch].mean() for batch in batches]
    assert abs(np.corrcoef(means, np.arange(len(means)))[0, 1]) < 0.3


def test_who_meets_in_a_batch_changes() -> None:
    lengths = np.arange(640) % 40
    first, second = (
        {frozenset(pair) for batch in shuffled_batches(lengths, 8, 0, epoch, pool=4) for pair in combinations(batch, 2)}
        for epoch in (1, 2)
    )
    assert len(first & second) < 0.2 * len(first)


@given(LENGTHS, st.integers(1, 80), st.integers(1, 10))
def test_sorted_batches_keep_to_the_budget(lengths: list[int], budget: int, at_most: int) -> None:
    batches = [batch.tolist() for batch in sorted_batches(lengths, budget, at_most)]
    order = [i for batch in batches for i in batch]
    assert order == np.argsort(lengths, kind="stable").tolist()
    sums = [sum(lengths[i] for i in batch) for batch in batches]
    assert all(total <= budget or len(batch) == 1 for batch, total in zip(batches, sums, strict=True))
    assert all(0 < len(batch) <= at_most for batch in batches)
    for (batch, after), total in zip(pairwise(batches), sums, strict=False):  # none is cut before it has to be
        assert len(batch) == at_most or total + lengths[after[0]] > budget


@given(LENGTHS.filter(bool), st.integers(1, 80))
def test_unsorted_undoes_any_batching(lengths: list[int], budget: int) -> None:
    for batches in (list(sorted_batches(lengths, budget)), shuffled_batches(lengths, 4, 0, 1)):
        laid_out = np.concatenate(batches)
        assert laid_out[unsorted(batches, len(lengths))].tolist() == list(range(len(lengths)))


@pytest.mark.parametrize("lengths", [[], np.zeros(0, np.int64)])
def test_nothing_to_batch(lengths: list[int]) -> None:
    assert shuffled_batches(lengths, 4, 0, 1) == list(sorted_batches(lengths, 10)) == []


@pytest.mark.parametrize(
    ("counts", "size", "expected"),
    [
        ([1] * 5, 2, [[0, 1], [2, 3], [4]]),
        ([2, 2, 2], 3, [[0], [1], [2]]),
        ([3, 1, 1, 1], 2, [[0], [1, 2], [3]]),
        ([], 4, []),
    ],
)
def test_ordered_batches_keep_examples_whole(counts: list[int], size: int, expected: list[list[int]]) -> None:
    assert [batch.tolist() for batch in ordered_batches(counts, size)] == expected
