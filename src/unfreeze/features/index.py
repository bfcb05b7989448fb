"""A store's index: the `Layout` of its inputs as few and narrow arrays, since of short texts there may be millions."""

from __future__ import annotations

import io
from collections.abc import Mapping

import numpy as np

from unfreeze.encoders.protocol import Ints
from unfreeze.features.layout import Layout
from unfreeze.features.rows import Dtype, row_bytes

_META = 600  # bytes of meta.json, about


def index_of(where: Layout) -> dict[str, Ints]:
    """The arrays of `index.npz`.

    `sizes` has the numbers of inputs, stored inputs and rows; `stored` is left out where each input is stored; a column
    that is the same everywhere (`counts`, `segment` and `words` in the pooled forms) is one number.
    """
    inputs, distinct = len(where.stored), len(where.first)
    columns = {"counts": np.diff(where.offsets), "segment": where.segment, "words": where.words}
    if distinct < inputs:
        columns["stored"] = where.stored
    sizes = np.asarray([inputs, distinct, where.rows], np.int64)
    return {"sizes": sizes, **{name: _narrow(column) for name, column in columns.items()}}


def layout_from(index: Mapping[str, Ints]) -> Layout:
    """The layout of an index; the earlier format, with a column for each field, is read too.

    Raises:
        KeyError, TypeError, ValueError: it is not an index.
    """
    if "offsets" in index:
        return Layout(**index)
    inputs, distinct, rows = index["sizes"].tolist()
    stored = np.broadcast_to(index["stored"], inputs) if "stored" in index else np.arange(inputs)
    first = np.unique(stored, return_index=True)[1].astype(np.int64)
    counts = np.broadcast_to(index["counts"], distinct)
    offsets = np.concatenate([[0], np.cumsum(counts, dtype=np.int64)])
    segment, words = (np.broadcast_to(index[name], rows) for name in ("segment", "words"))
    return Layout(first, stored.astype(np.int64), offsets, segment, words)


def predicted_bytes(where: Layout, layers: int, width: int, dtype: Dtype = "float16") -> int:
    """Bytes that a store of this layout will take on disk: states and index exactly, meta.json about."""
    index = io.BytesIO()
    np.savez(index, **index_of(where))  # type: ignore[arg-type]
    return where.rows * row_bytes(layers, width, dtype) + len(index.getbuffer()) + _META


def _narrow(column: Ints) -> Ints:
    """A column in the smallest integers that fit it, as one number where all are the same."""
    if not len(column):
        return column
    low, high = int(column.min()), int(column.max())
    kind = np.min_scalar_type(min(low, -high - 1) if low < 0 else high)
    return np.asarray(column[:1] if low == high else column, kind)
