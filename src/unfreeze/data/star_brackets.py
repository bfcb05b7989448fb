"""Spans written with brackets and stars over columns, as in CoNLL-2005 and 2012: `(PERSON*`, `*`, `*)`, `(ORG)`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from unfreeze.errors import InputError
from unfreeze.language.message import say

_CELL = re.compile(r"((?:\([^()*\s]+)*)\*?(\)*)")


@dataclass(frozen=True)
class Unstarred:
    """Tags of sentences in BIO, and how many spans lay inside others and were left out."""

    tags: list[tuple[str, ...]]
    nested: int


def is_star_column(sequences: Sequence[Sequence[str]]) -> bool:
    """Whether all cells are written so, stars and opening brackets among them."""
    cells = {cell for tags in sequences for cell in tags}
    if not any("*" in cell for cell in cells) or not any(cell.startswith("(") for cell in cells):
        return False
    return all(cell and _CELL.fullmatch(cell) for cell in cells)


def unstarred(sequences: Sequence[Sequence[str]], lines: Sequence[Sequence[int]], where: str) -> Unstarred:
    """Spans from stars and brackets; of spans that lie inside each other, the outermost.

    Args:
        lines: of each cell, for messages; as `sequences`.

    Raises:
        InputError: a bracket without its other half, or as many nested spans as in a parse tree.
    """
    nested = outer = 0
    read = []
    for tags, places in zip(sequences, lines, strict=True):
        open_types: list[str] = []
        found = []
        for cell, line in zip(tags, places, strict=True):
            match = _CELL.fullmatch(cell)
            if match is None or not cell:
                raise InputError(
                    say("'{cell}' is not a bracketed tag, as in '(PER*'", cell=cell), where=f"{where}:{line}"
                )
            opened = match[1].split("(")[1:]
            begins = bool(opened) and not open_types
            nested += len(opened) - begins
            outer += begins
            open_types += opened
            found.append(f"{'B' if begins else 'I'}-{open_types[0]}" if open_types else "O")
            if len(match[2]) > len(open_types):
                raise InputError(say("'{cell}' closes a bracket that is not open", cell=cell), where=f"{where}:{line}")
            del open_types[len(open_types) - len(match[2]) :]
        if open_types:
            raise InputError(
                say("the bracket of '{open_types}' is not closed", open_types=open_types[0]),
                where=f"{where}:{places[-1]}",
            )
        read.append(tuple(found))
    if nested > outer:
        problem = say(
            "the brackets of this column lie inside each other ({nested} of {outer}), as in a parse tree",
            nested=nested,
            outer=nested + outer,
        )
        raise InputError(
            say("{problem}; give a column of flat tags with --label", problem=problem), where=f"{where}:{lines[0][0]}"
        )
    return Unstarred(read, nested)
