"""DeBERTa's disentangled attention over packed inputs (He et al. 2021, equation 4): relative positions in each input.

Scores are the sum of three products: piece with piece, piece with the distance to the other, distance with the other
piece. The last two are products with a table that has a row for each distance; a score then is where row i and distance
i - j meet. For the pieces of one input these places are a view of the products, so nothing is gathered.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor

from unfreeze.encoders.packed import equal_length_groups, lengths_here

MOST = 1 << 21  # scores at a time, distances included: about what fits into a processor's cache


def by_distance(products: Tensor) -> Tensor:
    """(..., L, 2 L - 1), a row per piece and a column per distance 1 - L to L - 1, to (..., L, L): at [i, j] that of j
    - i.

    A view, but for a copy where `products` are not contiguous.
    """
    rows, columns = products.shape[-2:]
    flat = products.reshape(*products.shape[:-2], rows * columns)
    if rows == 1:
        return flat[..., None]
    shifted = flat[..., rows - 1 : rows - 1 + rows * (columns - 1)]
    return shifted.reshape(*products.shape[:-2], rows, columns - 1)[..., :rows]


class Disentangled:
    """Stands before transformers' `DisentangledSelfAttention` of DeBERTa-v2 among the bases of a class."""

    def forward(
        self: Any,
        hidden_states: Tensor,
        attention_mask: Tensor,
        output_attentions: bool = False,
        query_states: Tensor | None = None,
        relative_pos: Tensor | None = None,
        rel_embeddings: Tensor | None = None,
    ) -> tuple[Tensor, Tensor | None]:
        """(1, P, width) of a packed batch to the same, and no attention weights; anything else as before."""
        lengths = lengths_here()
        if lengths is None:
            own: tuple[Tensor, Tensor | None] = super().forward(  # type: ignore[misc]
                hidden_states, attention_mask, output_attentions, query_states, relative_pos, rel_embeddings
            )
            return own
        if query_states is not None:
            raise ValueError("queries of their own are not done here")
        heads = self.num_attention_heads
        kinds = [kind for kind in ("c2p", "p2c") if self.relative_attention and kind in self.pos_att_type]
        projections = (self.query_proj, self.key_proj, self.value_proj)
        query, key, value = (_heads(project(hidden_states[0]), heads) for project in projections)
        scale = 1 / math.sqrt(query.shape[2] * (1 + sum(kind in self.pos_att_type for kind in ("c2p", "p2c"))))
        table, distances = self._table(rel_embeddings, max(lengths)) if self.relative_attention else (None, None)
        to_key = _heads(self._key_of_distance(table), heads) if "c2p" in kinds else None  # (heads, rows, width)
        to_query = _heads(self._query_of_distance(table), heads) if "p2c" in kinds else None
        groups = [part for group in equal_length_groups(lengths) for part in _slices(*group, heads)]
        sizes = [count * length for _, count, length in groups]
        split = [torch.split_with_sizes(x, sizes, dim=1) for x in (query, key, value)]
        parts = []
        for (_, count, length), *rows in zip(groups, *split, strict=True):
            q, k, v = (x.reshape(heads, count, length, -1).transpose(0, 1) for x in rows)  # (inputs, heads, L, width)
            q = q * scale
            scores = q @ k.transpose(2, 3)
            if distances is not None:
                middle = len(distances) // 2
                near = distances[middle - length + 1 : middle + length]  # of j - i, from 1 - L to L - 1
                if to_key is not None:
                    scores = scores + by_distance(q @ to_key[:, near].transpose(1, 2))
                if to_query is not None:
                    # one row per key j here, so that [j, i] is that of i - j
                    there = by_distance((k * scale) @ to_query[:, near.flip(0)].transpose(1, 2))
                    scores = scores + there.transpose(2, 3)
            weights = self.dropout(scores.softmax(3))
            out = weights.to(v.dtype) @ v
            parts.append(out.transpose(1, 2).reshape(count * length, -1))
        return torch.cat(parts)[None], None

    def _table(self: Any, rel_embeddings: Tensor, longest: int) -> tuple[Tensor, Tensor]:
        """The rows of the table of distances that inputs of that length need, and which one distance j - i has.

        Returns:
            (rows, width), and (2 longest - 1,) rows of j - i from 1 - longest on.
        """
        rows, first, last = _rows(longest, self.pos_ebd_size, self.position_buckets, self.max_relative_positions)
        return self.pos_dropout(rel_embeddings[first : last + 1]), rows.to(rel_embeddings.device)

    def _key_of_distance(self: Any, table: Tensor) -> Tensor:
        found: Tensor = (self.key_proj if self.share_att_key else self.pos_key_proj)(table)
        return found

    def _query_of_distance(self: Any, table: Tensor) -> Tensor:
        found: Tensor = (self.query_proj if self.share_att_key else self.pos_query_proj)(table)
        return found


@lru_cache(64)
def _rows(longest: int, span: int, buckets: int, furthest: int) -> tuple[Tensor, int, int]:
    """Rows that distances j - i from 1 - longest on have in a table, less the first one; the first row and the last."""
    from transformers.models.deberta_v2.modeling_deberta_v2 import make_log_bucket_position

    with torch.inference_mode(False):  # kept for training too
        back = torch.arange(longest - 1, -longest, -1)  # i - j
        if buckets > 0 and furthest > 0:
            back = make_log_bucket_position(back, buckets, furthest)
        rows = (back.long() + span).clamp(0, 2 * span - 1)
        first, last = int(rows.min()), int(rows.max())
        return rows - first, first, last


def _heads(states: Tensor, heads: int) -> Tensor:
    """(rows, heads times width) to (heads, rows, width)."""
    return states.view(len(states), heads, -1).transpose(0, 1)


def _slices(first: int, count: int, length: int, heads: int) -> list[tuple[int, int, int]]:
    """A group of equally long inputs, in parts whose scores are not too many."""
    each = max(1, MOST // (3 * heads * length * length))
    return [(first + i * length, min(each, count - i), length) for i in range(0, count, each)]


class DisentangledEncoder:
    """Stands before transformers' `DebertaV2Encoder`: no mask and no distances as large as the batch squared."""

    def get_attention_mask(self: Any, attention_mask: Tensor) -> Tensor:
        """As it is, for a packed batch."""
        own: Tensor = attention_mask if lengths_here() else super().get_attention_mask(attention_mask)  # type: ignore[misc]
        return own

    def get_rel_pos(self: Any, hidden_states: Tensor, *args: Any, **kwargs: Any) -> Tensor | None:
        """None for a packed batch, whose attention knows its distances."""
        own: Tensor | None = None if lengths_here() else super().get_rel_pos(hidden_states, *args, **kwargs)  # type: ignore[misc]
        return own


class ConvolutionInEachInput:
    """Stands before transformers' `ConvLayer` of DeBERTa-v2: an input's edges are edges, and not its neighbours."""

    def forward(self: Any, hidden_states: Tensor, residual_states: Tensor, input_mask: Tensor) -> Tensor:
        """(1, P, width) twice to the same, for a packed batch; anything else as before."""
        lengths = lengths_here()
        if lengths is None:
            own: Tensor = super().forward(hidden_states, residual_states, input_mask)  # type: ignore[misc]
            return own
        parts = []
        for first, count, length in equal_length_groups(lengths):
            rows = slice(first, first + count * length)
            inputs = (x[0, rows] for x in (hidden_states, residual_states, input_mask))
            block = (x.view(count, length, *x.shape[1:]) for x in inputs)
            parts.append(super().forward(*block).flatten(0, 1))  # type: ignore[misc]
        return torch.cat(parts)[None]
