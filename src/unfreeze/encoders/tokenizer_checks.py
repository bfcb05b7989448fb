"""Whether a tokenizer and a model fit each other: each id has its row, and texts are framed as the model knows it."""

from __future__ import annotations

from typing import Any

from unfreeze.encoders.frame import frame_of, stand_in
from unfreeze.encoders.source import Source
from unfreeze.encoders.tables import tables_of
from unfreeze.errors import InputError
from unfreeze.language.message import say

CAPITALS = 0.02
"""A vocabulary with a larger share of pieces with capital letters was made from text with capitals."""


def check_tokenizer(source: Source, model: Any, tokenizer: Any) -> list[str]:
    """Check that tokenizer and model fit each other.

    Returns:
        Notes for the user.

    Raises:
        InputError: it is not fast, reads nothing, or has pieces that the model has no row for.
    """
    if not tokenizer.is_fast:
        raise source.error(say("has no fast tokenizer, which word alignment needs"))
    vocabulary = tokenizer.get_vocab()
    if len(vocabulary) <= len(set(tokenizer.all_special_tokens) | set(tokenizer.get_added_vocab())):
        raise source.error(
            say(
                "has a tokenizer that knows special pieces alone: its vocabulary may be in files of another "
                "kind; save it as tokenizer.json, or name its class in tokenizer_config.json (tokenizer_class)"
            )
        )
    try:
        frame = frame_of(tokenizer, 1)
    except InputError as error:
        raise source.error(say("has a tokenizer that cannot be used: {problem}", problem=error.message)) from None
    notes = _rows_for_all(source, model, tokenizer, vocabulary)
    named = [token for token in (tokenizer.cls_token, tokenizer.sep_token) if token]
    if not frame.special and named:
        notes.append(
            say(
                "Warning: the encoder's tokenizer adds no special pieces to a text, although it has {named}: an "
                "encoder that was pretrained with them may do worse without.",
                named=" and ".join(named),
            )
        )
    return notes + _capitals(tokenizer, vocabulary)


def _rows_for_all(source: Source, model: Any, tokenizer: Any, vocabulary: dict[str, int]) -> list[str]:
    rows = tables_of(model).pieces
    if rows is None or max(vocabulary.values()) < rows:
        return []
    beyond = [piece for row, piece in sorted((row, piece) for piece, row in vocabulary.items()) if row >= rows]
    spare = {tokenizer.pad_token, tokenizer.mask_token}  # what no text is read with
    if set(beyond) <= spare and stand_in(tokenizer) < rows:
        return [
            say(
                "The encoder's tokenizer has {beyond}, for which the model's table has no row; a text that "
                "contains it is read with the unknown piece in its place.",
                beyond=" and ".join(beyond),
            )
        ]
    shown = ", ".join(beyond[:3]) + (say(" and {beyond} more", beyond=len(beyond) - 3) if len(beyond) > 3 else "")
    raise source.error(
        say(
            "its tokenizer has {vocabulary:,} pieces, the model's table {rows:,} rows: none for {shown}; "
            "enlarge the table with the model's resize_token_embeddings({values}), or take the tokenizer "
            "that belongs to the model",
            vocabulary=len(vocabulary),
            rows=rows,
            shown=shown,
            values=max(vocabulary.values()) + 1,
        )
    )


def _capitals(tokenizer: Any, vocabulary: dict[str, int]) -> list[str]:
    """A line where texts are lower-cased before they are looked up among pieces with capital letters."""
    normaliser = tokenizer.backend_tokenizer.normalizer
    if normaliser is None or normaliser.normalize_str("AbC") != normaliser.normalize_str("abc"):
        return []
    special = set(tokenizer.all_special_tokens) | set(tokenizer.get_added_vocab())
    capital = [piece for piece in vocabulary if piece not in special and piece != piece.lower()]
    if len(capital) <= CAPITALS * len(vocabulary):
        return []
    return [
        say(
            "Warning: {capital:,} of the {vocabulary:,} pieces of the encoder's vocabulary have capital "
            "letters, but texts are lower-cased before they are read; for an encoder that distinguishes "
            'capitals, write "do_lower_case": false into its tokenizer_config.json.',
            capital=len(capital),
            vocabulary=len(vocabulary),
        )
    ]


def pairs_said(model: Any, tokenizer: Any) -> list[str]:
    """A line where pairs read in one input get no token types, although the model has them."""
    tables = tables_of(model)
    table = next((part for name, part in model.named_modules() if name.endswith("position_embeddings")), None)
    if tables.types < 2 or getattr(table, "padding_idx", None) is not None:  # RoBERTa's kind has them, but no use
        return []
    try:
        frame = frame_of(tokenizer, 2)
    except InputError:
        return []  # noted where pairs are read
    if frame.types[0] != frame.types[1] and "token_type_ids" in tokenizer.model_input_names:
        return []
    return [
        say(
            "Warning: both texts of a pair get token type 0 from the encoder's tokenizer, although the model "
            "knows two types: an encoder that was pretrained with them may do worse on pairs."
        )
    ]
