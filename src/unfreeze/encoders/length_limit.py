"""How many pieces a transformer reads at once."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from unfreeze.encoders.source import Source
from unfreeze.encoders.trial import drawn
from unfreeze.language.message import say

DEFAULT = 512  # pieces, where nothing limits them; as many as BERT reads
_ENDLESS = 10**9  # tokenizers without a limit say 10^30
_TABLES = ("position_embeddings", "position_embedding", "embed_positions", "wpe")


def length_limit(
    source: Source, model: Any, tokenizer: Any, asked: int | None, sentences: int | None = None
) -> tuple[int, list[str]]:
    """The lowest of: the requested limit, sentence-transformers' own limit, the tokenizer's, the position table's.

    Args:
        sentences: the limit of a folder of sentence-transformers around this one.

    Returns:
        The limit in pieces, special ones included, and notes for the user.

    Raises:
        InputError: a limit is not a number of pieces, or leaves no room for text.
    """
    own = source.settings("sentence_bert_config.json").get("max_seq_length")
    known = [
        _pieces(source, "tokenizer_config.json says model_max_length", tokenizer.model_max_length),
        _pieces(source, "sentence_bert_config.json says max_seq_length", None if own == 0 else own),
        _positions(source, model),
        sentences,
    ]
    most = min((limit for limit in known if limit is not None), default=None)
    limit, notes = _chosen(most, asked)
    scaled = _before_other_positions(model.config)
    if scaled is not None and scaled < limit:
        limit = scaled
        notes = [
            say(
                "The encoder reads {limit:,} pieces: positions of longer texts are others, for all texts of a batch.",
                limit=limit,
            )
        ]
    special = len(tokenizer.backend_tokenizer.encode("").ids)
    if limit <= special:
        raise source.error(
            say(
                "reads {limit} pieces at once, of which {special} are special: none are left for a text",
                limit=limit,
                special=special,
            )
        )
    if not _holds(model, limit):
        raise source.error(
            say("fails on inputs of {limit} pieces, though they are within its limit; choose --max-length", limit=limit)
        )
    return limit, notes


def _chosen(most: int | None, asked: int | None) -> tuple[int, list[str]]:
    if most is None and asked is None:
        return DEFAULT, [
            say(
                "Neither the encoder's tokenizer nor its configuration limits the length of a text: {default} "
                "pieces are read; --max-length chooses.",
                default=DEFAULT,
            )
        ]
    if most is None or asked is None or asked <= most:
        return asked or most or DEFAULT, []
    return most, [
        say("The encoder reads {most:,} pieces at most, not the {asked:,} of --max-length.", most=most, asked=asked)
    ]


def _pieces(source: Source, where: str, value: Any) -> int | None:
    """A limit that is written in a file; None where there is none."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value or float(value) < 1:
        raise source.error(say("{where} {value!r}; a number of pieces is expected", where=where, value=value))
    return None if value > _ENDLESS else int(value)


def _positions(source: Source, model: Any) -> int | None:
    """How many positions the model has; None where they are unlimited."""
    named = (pair for pair in model.named_modules() if "vision" not in pair[0] and "visual" not in pair[0])
    table = next((part for name, part in named if name.rpartition(".")[2] in _TABLES), None)
    value = getattr(model.config, "max_position_embeddings", None)
    value = source.settings("config.json").get("max_position_embeddings", value)
    declared = None if value in (None, -1, 0) else _pieces(source, "config.json says max_position_embeddings", value)
    weight = getattr(table, "weight", None)
    if not isinstance(weight, Tensor):
        return declared
    # RoBERTa's positions start after the padding id, so its table has room for that many fewer.
    padding = getattr(table, "padding_idx", None)
    rows = len(weight) - (0 if padding is None else padding + 1)
    return rows if declared is None else min(rows, declared)


def _before_other_positions(config: Any) -> int | None:
    """The longest input that leaves rotary positions as they are; longer ones would change their neighbours'."""
    given = getattr(config, "rope_parameters", None)
    kinds = [given, *given.values()] if isinstance(given, dict) else []
    found = [kind for kind in kinds if isinstance(kind, dict) and kind.get("rope_type") == "longrope"]
    limits = [kind.get("original_max_position_embeddings") for kind in found]
    return min((int(limit) for limit in limits if isinstance(limit, int | float)), default=None)


def _holds(model: Any, limit: int) -> bool:
    """Whether the tables of positions take an input of that length."""
    try:
        with torch.no_grad():
            model.embeddings(input_ids=drawn(model, limit))
    except Exception as error:  # other errors: a kind that puts its inputs together elsewhere
        return not isinstance(error, IndexError) and "out of bounds" not in str(error)
    return True
