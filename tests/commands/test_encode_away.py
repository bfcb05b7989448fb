"""Texts are cut into parts by their number and size alone, so that any machines can resume."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from unfreeze.commands import encode_away
from unfreeze.commands.encode_away import in_shards, row_begins
from unfreeze.data.examples import Example
from unfreeze.encoders.protocol import Inputs


@pytest.fixture
def encoder(monkeypatch: pytest.MonkeyPatch) -> Any:
    """One whose parts have at most 4 texts and 20 bytes."""
    monkeypatch.setattr(encode_away, "SHARD", 4)
    monkeypatch.setattr(encode_away, "SHARD_BYTES", 4 * 2 * 3 * 20 // encode_away.OF_A_PIECE)
    return SimpleNamespace(layers=2, width=3)


def _sizes(encoder: Any, *parts: list[str | tuple[str, str]]) -> list[int]:
    examples = [[Example("x", *((t,) if isinstance(t, str) else t)) for t in part] for part in parts]
    shards = list(in_shards(examples, encoder))
    assert [e for shard in shards for e in shard] == [e for part in examples for e in part]
    return [len(shard) for shard in shards]


def test_parts_have_so_many_texts_and_bytes_at_most(encoder: Any) -> None:
    assert _sizes(encoder, ["a"] * 10) == [4, 4, 2]
    assert _sizes(encoder, ["a" * 10] * 5) == [2, 2, 1]
    assert _sizes(encoder, ["a" * 10, "a" * 11, "a" * 9]) == [1, 2]
    assert _sizes(encoder, ["a", "a" * 50, "a"]) == [1, 1, 1], "one that is larger is alone"
    assert _sizes(encoder, [("a" * 5, "b" * 5)] * 4) == [2, 2], "both texts of a pair count"
    assert _sizes(encoder, ["好" * 5] * 2) == [1, 1], "of three bytes each"
    assert _sizes(encoder, ["a"] * 3, ["a"] * 3) == [3, 3]


def test_a_pooled_input_has_one_row() -> None:
    column = np.zeros(5, np.int32)
    inputs = Inputs(column, column, column, column, np.array([0, 3, 5]), np.array([0, 1, 2]), np.zeros(2, np.bool_))
    assert row_begins(inputs, "tokens").tolist() == [0, 3, 5]
    assert row_begins(inputs, "mean").tolist() == [0, 1, 2]
