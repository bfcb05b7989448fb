from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
import pytest
import torch
from families import make_encoder
from torch import Tensor

from unfreeze.encoders.protocol import Batch, Ints, LayerStates
from unfreeze.encoders.reading import side_by_side
from unfreeze.methods.prediction import _pieces_at_a_time, in_order, predict
from unfreeze.training.objectives import Decoded


class Echo:
    """A head that predicts how many pieces the inputs of an example have, plus a constant."""

    members = 1

    def __init__(self, plus: int) -> None:
        self.plus = plus

    def loss(self, states: LayerStates, counts: Sequence[int], targets: Sequence[Tensor]) -> Tensor:
        raise NotImplementedError

    def decode(self, states: LayerStates, counts: Sequence[int]) -> list[Decoded]:
        ends = np.cumsum([0, *counts])
        sizes = [tuple(map(str, states.lengths[a:b])) for a, b in itertools.pairwise(ends)]
        return [Decoded(tuple((*s, str(self.plus)) for s in sizes), tuple(0.5 + len(s) for s in sizes))]

    def mix_weights(self) -> list[tuple[float, ...] | None]:
        return [None]


@pytest.mark.parametrize("budget", [1, 10, 4096])
def test_examples_keep_their_order_however_they_are_batched(budget: int) -> None:
    encoder = make_encoder()
    encoder.batch_pieces = budget
    texts = ["the cat sat", "the", "the cat sat in rome", "", "dog ran"]
    inputs = side_by_side(encoder.read_texts(texts), encoder.read_texts(texts[::-1]))
    batches: list[tuple[int, ...]] = []

    def encode(_: Ints, batch: Batch) -> LayerStates:
        assert not torch.is_grad_enabled()
        batches.append(batch.lengths)
        return LayerStates(torch.zeros(1, len(batch.ids), 2), batch.segment, batch.words, batch.lengths)

    first, second = predict(encoder, encode, [Echo(0), Echo(1)], inputs)
    assert first.labels == (("5", "4", "0"), ("3", "2", "0"), ("7", "7", "0"), ("2", "3", "0"), ("4", "5", "0"))
    assert second.labels == tuple((*label[:-1], "1") for label in first.labels)
    assert first.confidence == (2.5,) * 5
    assert len(batches) == {1: 5, 10: 4, 4096: 1}[budget]  # once a batch, not once a head


@pytest.mark.parametrize(("threads", "own", "expected"), [(1, 10, 3), (2, 10, 3), (2, 21, 2), (2, 10**9, 1)])
def test_few_texts_are_cut_for_threads_whatever_their_number(threads: int, own: int, expected: int) -> None:
    encoder = make_encoder()
    encoder.settle()
    encoder.thread_pieces = own
    inputs = encoder.read_texts(["the cat sat"] * 6)  # 30 pieces
    sizes: list[int] = []

    def encode(_: Ints, batch: Batch) -> LayerStates:
        sizes.append(len(batch.ids))
        return encoder.encode(batch)

    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        predict(encoder, encode, [Echo(0)], inputs)
    finally:
        torch.set_num_threads(before)
    assert len(sizes) == expected
    assert sum(sizes) == 30


def test_a_batch_is_never_larger_than_the_encoder_wants() -> None:
    encoder = make_encoder()
    assert [_pieces_at_a_time(encoder, n) for n in (1, 1024, 8000, 10**6)] == [256, 256, 1000, 4096]
    encoder.batch_pieces = 50
    assert _pieces_at_a_time(encoder, 10**6) == 50


def test_in_order_without_confidence() -> None:
    parts = [Decoded(("c", "a")), Decoded(("b",))]
    assert in_order(parts, [np.asarray([2, 0]), np.asarray([1])]) == Decoded(("a", "b", "c"))


def test_probabilities_keep_to_their_examples() -> None:
    parts = [Decoded(("c", "a"), (), np.array([[3.0], [1.0]], np.float32)),
             Decoded(("b",), (), np.array([[2.0]], np.float32))]  # fmt: skip
    found = in_order(parts, [np.asarray([2, 0]), np.asarray([1])]).probabilities
    assert np.array_equal(found, [[1.0], [2.0], [3.0]])


def test_in_order_of_nothing() -> None:
    assert in_order([], []) == Decoded(())
