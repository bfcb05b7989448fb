"""Rows that learn are those of a dense table, to the last bit; the others stay."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from unfreeze.encoders.used_rows import UsedRows, learn_used_rows, whole_tables

IDS = np.asarray([7, 2, 0, 7, 5], dtype=np.int32)


class Model(nn.Module):
    def __init__(self, padding: int | None = 0) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.table = nn.Embedding(9, 4, padding_idx=padding)
        self.linear = nn.Linear(4, 3)

    def forward(self, ids: Tensor) -> Tensor:
        out: Tensor = self.linear(self.table(ids))
        return out


def trained(model: Model, sparse: bool = False) -> Model:
    """Five steps of AdamW on batches that read different rows."""
    optimiser = torch.optim.AdamW(model.parameters(), lr=0.1, weight_decay=0.0)
    for step in range(5):
        model(torch.from_numpy(IDS[step % 3 :]).long()).square().sum().backward()
        for p in model.parameters():
            p.grad = p.grad.to_dense() if p.grad is not None and p.grad.is_sparse else p.grad
        optimiser.step()
        optimiser.zero_grad()
    return model


@pytest.mark.parametrize("sparse", [False, True])
@pytest.mark.parametrize("padding", [None, 0, 3])
def test_trained_as_a_dense_table(padding: int | None, sparse: bool) -> None:
    dense, ours = trained(Model(padding)), Model(padding)
    learn_used_rows(ours, ours.table, IDS, sparse)
    assert ours.table.weight.shape == (4, 4)
    trained(ours, sparse)
    whole_tables(ours)
    assert type(ours.table) is nn.Embedding
    assert ours.table.padding_idx == padding
    for name, tensor in dense.state_dict().items():
        assert torch.equal(ours.state_dict()[name], tensor), name
    assert not torch.equal(dense.table.weight[7], Model(padding).table.weight[7])


def test_rows_that_do_not_learn_are_read_in_eval_mode() -> None:
    plain, ours = Model(), Model()
    learn_used_rows(ours, ours.table, IDS, False)
    every = torch.arange(9).view(3, 3)
    assert torch.equal(ours.eval()(every), plain(every))


def test_the_table_given_stays_as_it_is() -> None:
    table = nn.Embedding(9, 4)
    before = table.weight.detach().clone()
    rows = UsedRows(table, IDS, False)
    with torch.no_grad():
        rows.weight.add_(1)
    assert torch.equal(table.weight, before)
    assert torch.equal(rows.table().weight[[2, 7]], before[[2, 7]] + 1)
    assert torch.equal(rows.table().weight[[1, 8]], before[[1, 8]])


def test_an_embedding_that_does_more_than_look_up_stays() -> None:
    model = Model()
    model.table = nn.Embedding(9, 4, max_norm=1.0)
    learn_used_rows(model, model.table, IDS, False)
    assert type(model.table) is nn.Embedding
