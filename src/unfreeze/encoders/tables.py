"""The tables that a transformer looks ids up in: how many rows they have, and inputs kept within them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from torch import Tensor

from unfreeze.encoders.protocol import Inputs

_WITHOUT_TABLE = {"xlnet": 3}  # kinds that compare token types with each other


class Tables(NamedTuple):
    """Rows of the tables of pieces (None where it is unknown) and of token types (0 without one)."""

    pieces: int | None
    types: int


def tables_of(model: Any) -> Tables:
    """The tables of a model of transformers."""
    table = next((part for name, part in model.named_modules() if name.endswith("token_type_embeddings")), None)
    weight = getattr(table, "weight", None)
    declared = getattr(model.config, "type_vocab_size", None) or _WITHOUT_TABLE.get(model.config.model_type, 0)
    return Tables(piece_rows(model), len(weight) if isinstance(weight, Tensor) and declared else int(declared))


def piece_rows(model: Any) -> int | None:
    """Rows of the model's table of pieces; None where it has none that is known."""
    try:
        table = model.get_input_embeddings()
    except (AttributeError, NotImplementedError):
        return None
    weight = getattr(table, "weight", None)
    return len(weight) if isinstance(weight, Tensor) else None


def within(tables: Tables, inputs: Inputs, stand_in: int) -> Inputs:
    """The inputs with `stand_in` for pieces past the table, and without token types if one is past theirs.

    A tokenizer of BERT before a model of RoBERTa gives types that its own tokenizer would not.
    """
    if tables.pieces is not None and (inputs.ids >= tables.pieces).any():
        ids = np.where(inputs.ids < tables.pieces, inputs.ids, stand_in).astype(inputs.ids.dtype)
        inputs = replace(inputs, ids=ids)
    if tables.types and (inputs.types >= tables.types).any():
        inputs = replace(inputs, types=np.zeros_like(inputs.types))
    return inputs
