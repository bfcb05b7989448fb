"""Streams of framed sentences against a plain construction."""

from __future__ import annotations

import numpy as np
import pytest

from unfreeze.pretraining.prepared import Prepared
from unfreeze.pretraining.streams import STEPS_A_BLOCK, Streams

BEGIN = 90


def text(sentences: int, seed: int = 0) -> Prepared:
    rng = np.random.default_rng(seed)
    sizes = rng.integers(1, 9, size=sentences)
    ids = rng.integers(BEGIN, size=sizes.sum()).astype(np.uint32)
    return Prepared(ids, np.concatenate([[0], np.cumsum(sizes)]), np.array([0, sentences]))


def framed(part: Prepared) -> tuple[list[int], list[int]]:
    """Forward and backward, written down plainly."""
    forward: list[int] = []
    backward: list[int] = []
    for start, end in zip(part.sentences[:-1], part.sentences[1:], strict=True):
        sentence = [BEGIN, *part.ids[start:end].tolist(), BEGIN + 1]
        forward += sentence
        backward += sentence[::-1]
    return forward, backward


def test_from_the_beginning_it_is_the_framed_text() -> None:
    part = text(40)
    streams = Streams(part, 3, 5, BEGIN, 0)
    plain = framed(part)
    assert streams.size == len(plain[0])
    for step in range(4):
        read = streams.first(step)
        assert read.shape == (2, 3, 6)
        for direction in (0, 1):
            for row in range(3):
                start = streams.size // 3 * row + 5 * step
                wanted = [plain[direction][(start + i) % streams.size] for i in range(6)]
                assert read[direction, row].tolist() == wanted


def test_a_stream_continues_inside_its_block_and_blocks_cover_the_text() -> None:
    part = text(400)
    streams = Streams(part, 2, 4, BEGIN, 1)
    forward, backward = (np.array(way) for way in framed(part))
    blocks = streams.size // streams.block
    assert blocks >= 4
    begun = []
    for number in range(blocks // 2):  # two streams
        for row in (0, 1):
            whole = [np.concatenate([streams.read(number * STEPS_A_BLOCK + step)[way, row, :-1]
                                     for step in range(STEPS_A_BLOCK)]) for way in (0, 1)]  # fmt: skip
            places = [
                start
                for start in range(streams.size)
                if np.array_equal(np.take(forward, range(start, start + streams.block), mode="wrap"), whole[0])
            ]
            assert len(places) == 1
            begun += places
            taken = range(places[0], places[0] + streams.block)
            assert np.array_equal(np.take(backward, taken, mode="wrap"), whole[1])
    assert len(set(begun)) == len(begun)
    assert {start % streams.block for start in begun} == {begun[0] % streams.block}
    covered = np.zeros(streams.size, bool)
    for start in begun:
        covered[np.arange(start, start + streams.block) % streams.size] = True
    assert covered.sum() == len(begun) * streams.block
    for step in range(STEPS_A_BLOCK - 1):
        assert np.array_equal(streams.read(step)[:, :, -1], streams.read(step + 1)[:, :, 0])
    assert [streams.fresh(step) for step in (0, 1, STEPS_A_BLOCK - 1, STEPS_A_BLOCK)] == [True, False, False, True]


@pytest.mark.parametrize("other", [{"seed": 2}, {"turn": 1}])
def test_the_order_depends_on_seed_and_pass(other: dict[str, int]) -> None:
    part = text(400)
    streams = Streams(part, 2, 4, BEGIN, 1)
    steps_a_pass = STEPS_A_BLOCK * (streams.size // streams.block) // 2
    again = Streams(part, 2, 4, BEGIN, 1)
    assert np.array_equal(streams.read(7), again.read(7))
    changed = Streams(part, 2, 4, BEGIN, other.get("seed", 1))
    assert not np.array_equal(changed.read(7 + other.get("turn", 0) * steps_a_pass), streams.read(7))


def test_text_shorter_than_a_block_is_read_round() -> None:
    streams = Streams(text(5), 2, 4, BEGIN, 0)
    forward = framed(streams.text)[0]
    row = streams.read(3)[0, 0].tolist()
    doubled = forward * 3
    assert any(doubled[i : i + 5] == row for i in range(len(forward)))
