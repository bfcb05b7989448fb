"""Typed values of a column as the texts that people would write for them: one text for one value, whatever its type."""

from __future__ import annotations

import datetime
import json
import math
import re
import uuid
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from unfreeze.errors import InputError
from unfreeze.language.message import say

Cell = str | None
Where = Callable[[int], str]
"""The place of a row, by its index."""

INVISIBLE = "\0\ufeff\u200b"
"""Invisible characters that are not white space: U+0000, byte order mark, zero width space."""
MOST_DIGITS = 21
"""Numbers of more digits before the point are written with an exponent."""
_NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d{1,3})?")


def texts_of(values: Sequence[Any], column: str, where: Where) -> list[Cell]:
    """The texts of a column's values; None where there is none, or a number that is not a number (NaN).

    1, 1.0 and Decimal("1.00") are `1`; a truth value is `true` or `false`; bytes are UTF-8; dates and times are in ISO
    8601; lists and objects are JSON.

    Raises:
        InputError: bytes that are not UTF-8 text.
    """
    if set(map(type, values)) <= {str, type(None)}:
        return list(values)
    texts: list[Cell] = []
    for row, value in enumerate(values):
        try:
            texts.append(_WRITTEN.get(type(value), _as_json)(value))
        except UnicodeDecodeError as error:
            found = say(
                "column '{column}' contains bytes that are not UTF-8 text (0x{object:02x})",
                column=column,
                object=error.object[error.start],
            )
            raise InputError(
                say("{found}; write texts, or take the column out", found=found), where=where(row)
            ) from None
    return texts


def without_edges(text: str) -> str:
    """A text without white space and invisible characters at its edges."""
    return text.strip().strip(INVISIBLE).strip()


def number_text(text: str) -> str | None:
    """The one spelling of a number that all its spellings share (`1` of `1.0` and `1e0`); None for other texts.

    Digits behind a leading zero, as in `007`, are a code and not a number.
    """
    return _decimal(Decimal(text)) if _NUMBER.fullmatch(text) else None


def _decimal(value: Decimal) -> str:
    if not value:
        return "0"
    if abs(value.adjusted()) >= MOST_DIGITS:
        return f"{value:e}"
    text = f"{value:f}"
    return text.rstrip("0").removesuffix(".") if "." in text else text


def _float(value: float) -> Cell:
    if math.isnan(value):
        return None
    text = repr(value)
    if text.endswith(".0") and value:
        return text[:-2]
    return _decimal(Decimal(text)) if "e" in text or not value else text.replace("inf", "Infinity")


def _as_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


_WRITTEN: dict[type, Callable[[Any], Cell]] = {
    str: lambda value: value,
    type(None): lambda value: None,
    bool: lambda value: "true" if value else "false",
    int: str,
    float: _float,
    Decimal: _decimal,
    bytes: lambda value: value.decode("utf-8"),
    datetime.date: datetime.date.isoformat,
    datetime.datetime: datetime.datetime.isoformat,
    datetime.time: datetime.time.isoformat,
    uuid.UUID: str,
}
