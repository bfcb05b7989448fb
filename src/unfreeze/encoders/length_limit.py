"""How many pieces a transformer reads at once."""

from __future__ import annotations

from typing import Any

from unfreeze.encoders.source import Source


def length_limit(source: Source, model: Any, tokenizer: Any, asked: int | None) -> tuple[int, list[str]]:
    """The lowest of: what is asked for, sentence-transformers' own limit, the tokenizer's, the position table's.

    Returns:
        The limit in pieces, special ones included, and lines that a person is to be told.
    """
    limits = [int(tokenizer.model_max_length)]
    positions = getattr(model.config, "max_position_embeddings", None)
    if positions and positions > 0:
        # RoBERTa's positions start after the padding id, so its table holds that many fewer.
        table = getattr(getattr(model, "embeddings", None), "position_embeddings", None)
        padding = getattr(table, "padding_idx", None)
        limits.append(int(positions) - (0 if padding is None else padding + 1))
    own = source.settings("sentence_bert_config.json").get("max_seq_length")
    limits += [int(limit) for limit in (own, asked) if limit]
    return min(limits), []
