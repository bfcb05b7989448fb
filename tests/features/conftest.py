"""A small encoder with real dropout whose states depend on the position, and inputs for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest
import torch
from torch import nn

from unfreeze.encoders.protocol import Batch, Inputs, LayerStates

MakeInputs = Callable[..., Inputs]


class FakeEncoder(nn.Module):
    """Embeddings plus position, dropout, then linear layers; counts the pieces it was asked for."""

    def __init__(self, layers: int = 3, width: int = 4) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.name, self.layers, self.width, self.max_length = "fake", layers, width, 64
        self.embedding = nn.Embedding(50, width)
        self.dropout = nn.Dropout(0.5)
        self.stack = nn.ModuleList(nn.Linear(width, width) for _ in range(layers - 1))
        self.scale = 1.0
        self.pieces = 0
        self.fail_after: int | None = None
        self.error: Exception = RuntimeError("killed")
        self.device = torch.device("cpu")

    def encode(self, batch: Batch, *, all_layers: bool = True) -> LayerStates:
        if self.fail_after is not None and self.pieces >= self.fail_after:
            raise self.error
        self.pieces += len(batch.ids)
        position = torch.cat([torch.arange(n) for n in batch.lengths])
        x = self.dropout(self.embedding(batch.ids) + 0.1 * position[:, None])
        states = [x]
        for linear in self.stack:
            states.append(torch.tanh(linear(states[-1])))
        return LayerStates(self.scale * torch.stack(states), batch.segment, batch.words, batch.lengths)

    def fingerprint(self) -> str:
        return f"{self.layers} {self.width} {self.scale}"


@pytest.fixture
def encoder() -> FakeEncoder:
    """Frozen, as a caller of `extract` gives it."""
    return FakeEncoder().eval().requires_grad_(False)


@pytest.fixture
def make_inputs() -> MakeInputs:
    """Lists of piece ids to `Inputs`; an id below 10 is a piece inside a word or a special one, others begin a word."""

    def make(rows: Sequence[Sequence[int]]) -> Inputs:
        ids = np.asarray([piece for row in rows for piece in row], np.int32)
        words = [w for row in rows for w in np.where(np.asarray(row) >= 10, np.cumsum(np.asarray(row) >= 10) - 1, -1)]
        return Inputs(
            ids=ids,
            types=np.zeros(len(ids), np.int8),
            segment=np.where(ids > 0, 0, -1).astype(np.int8),
            words=np.asarray(words, np.int32),
            offsets=np.cumsum([0, *map(len, rows)]).astype(np.int64),
            examples=np.arange(len(rows) + 1),
            truncated=np.zeros(len(rows), np.bool_),
        )

    return make


@pytest.fixture
def inputs(make_inputs: MakeInputs) -> Inputs:
    """Ragged inputs of 1 to 9 pieces; inputs 1 and 4 are identical, input 3 has no word."""
    rows = [[0, 11, 12, 0], [0, 13, 0], [0, 14, 5, 15, 6, 7, 16, 17, 0], [0], [0, 13, 0], [0, 18, 19, 20, 8, 0]]
    return make_inputs(rows)
