from __future__ import annotations

import numpy as np
import pytest

from unfreeze.pretraining.chunks import Chunks
from unfreeze.pretraining.prepared import Prepared


def text(tokens: int) -> Prepared:
    ends = np.array([0, tokens])
    return Prepared(np.arange(tokens, dtype=np.uint16), ends, np.array([0, 1]))


@pytest.mark.parametrize("tokens", [7, 20, 53])
def test_a_pass_reads_every_chunk_once(tokens: int) -> None:
    chunks = Chunks(text(tokens), 7, 3)
    for turn in range(3):
        starts = np.sort(chunks.starts(turn * chunks.count, chunks.count))
        assert (np.diff(starts) == 7).all()
        assert starts[0] >= 0
        assert starts[-1] + 7 <= tokens
        rows = chunks.rows(starts)
        assert rows.tolist() == [list(range(s, s + 7)) for s in starts]


def test_order_and_cuts_depend_on_seed_and_pass() -> None:
    chunks, count = Chunks(text(530), 7, 3), Chunks(text(530), 7, 3).count
    first, second = chunks.starts(0, count), chunks.starts(count, count)
    assert not np.array_equal(first, second)
    assert len({int(chunks.starts(turn * count, 1)[0]) % 7 for turn in range(30)}) == 7  # cut everywhere in time
    assert np.array_equal(Chunks(text(530), 7, 3).starts(0, count), first)
    assert not np.array_equal(Chunks(text(530), 7, 4).starts(0, count), first)
    across = np.concatenate([chunks.starts(i, 5) for i in range(0, 2 * count, 5)])[: 2 * count]
    assert np.array_equal(across, np.concatenate([first, second]))  # however many are asked for at a time


def test_text_that_is_too_short() -> None:
    with pytest.raises(ValueError, match="6 ids"):
        Chunks(text(6), 7, 0).starts(0, 1)
