"""A table of piece vectors of which only the rows that the training text has learn: the others could not move anyway.

A row that no step reads has no gradient, so its moments in Adam stay 0 and it stays as it was; but a dense optimiser
passes over it at each step. Half of a small encoder is such a table, and most of a multilingual one.
"""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from unfreeze.encoders.protocol import Ints


class UsedRows(nn.Module):
    """An embedding whose parameter contains the rows of some pieces; those of all others are read, and stay.

    Weight decay does not reach the others either, which it would in a dense table.

    Args:
        table: whose rows are divided; its weight is not changed.
        ids: pieces that learn, in any order, repeated or not.
        sparse: give gradients of the rows read, without a table of zeros around them.
    """

    place: Tensor
    whole: Tensor

    def __init__(self, table: nn.Embedding, ids: Ints, sparse: bool) -> None:
        super().__init__()
        device, used = table.weight.device, torch.from_numpy(np.unique(ids).astype(np.int64))
        place = torch.full((table.num_embeddings,), -1)
        place[used] = torch.arange(len(used))
        self.register_buffer("place", place.to(device), persistent=False)
        self.register_buffer("whole", table.weight.detach(), persistent=False)
        self.weight = nn.Parameter(table.weight.detach()[used.to(device)])
        self.padding_idx, self.sparse = table.padding_idx, sparse

    def forward(self, ids: Tensor) -> Tensor:
        """(...) piece ids to (..., width)."""
        rows = self.place[ids]
        padding = None if self.padding_idx is None else int(self.place[self.padding_idx])
        read = F.embedding(
            rows.clamp(min=0), self.weight, padding_idx=None if padding == -1 else padding, sparse=self.sparse
        )
        if self.training:  # on pieces of the training text alone
            return read
        return torch.where((rows < 0)[..., None], self.whole[ids].to(read.dtype), read)

    def table(self) -> nn.Embedding:
        """An ordinary embedding with all rows, those that have learned among them."""
        weight = self.whole.clone()
        known = self.place >= 0
        weight[known] = self.weight.detach()[self.place[known]]
        return nn.Embedding(len(weight), weight.shape[1], self.padding_idx, _weight=weight)


def learn_used_rows(module: nn.Module, table: nn.Embedding | None, ids: Ints, sparse: bool) -> None:
    """Replace `table` inside `module` by its `UsedRows`; None, or an embedding that does more than look up, stays."""
    if table is None or type(table) is not nn.Embedding or table.max_norm or table.scale_grad_by_freq:
        return
    _replace(module, table, UsedRows(table, ids, sparse))


def whole_tables(module: nn.Module) -> None:
    """Undo `learn_used_rows`: ordinary embeddings, with what was learned."""
    for part in list(module.modules()):
        if isinstance(part, UsedRows):
            _replace(module, part, part.table())


def _replace(module: nn.Module, old: nn.Module, new: nn.Module) -> None:
    for parent in list(module.modules()):
        for name, child in list(parent.named_children()):
            if child is old:
                setattr(parent, name, new)
