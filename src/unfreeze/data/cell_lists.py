"""Lists that stand in a table's cells as text: printed lists of words and tags, or words and tags parted by spaces."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from unfreeze.data.records import Records
from unfreeze.data.tables import Table
from unfreeze.data.tag_spellings import spelling_of
from unfreeze.errors import InputError
from unfreeze.language.message import say

_SAMPLE = 200
_NUMPY = re.compile(r"""\[\s*('[^']*'|"[^"]*"|-?\d+)(\s+('[^']*'|"[^"]*"|-?\d+))+\s*\]""")


def with_lists(table: Table) -> Table:
    """The table with lists in place of the texts that spell them.

    Either `['EU', 'rejects']` beside `['B-ORG', 'O']`, or `EU rejects` beside `B-ORG O`: a column of span tags alone,
    as many as another one has words.

    Raises:
        InputError: a cell among lists that is none, or lists as numpy prints them.
    """
    flat = [name for name in table.columns if name not in table.nested]
    cells = {name: [value for value in table.first(name, _SAMPLE) if value] for name in flat}
    cells = {name: some for name, some in cells.items() if some and all(isinstance(value, str) for value in some)}
    read: dict[str, Callable[[str], Any]] = {name: listed_cell for name, some in cells.items() if _are_lists(some)}
    if not read:
        read = dict.fromkeys(_spaced(table, cells), _parted)
    if not read:
        return table
    columns = {name: table.values(name) for name in table.columns}
    for name, as_list in read.items():
        columns[name] = [
            _cell(value, as_list, name, table.where(row)) if isinstance(value, str) and value else value or None
            for row, value in enumerate(columns[name])
        ]
    records = Records(table.path, columns, table.lines, nested=table.nested | read.keys())
    return replace(table, rows=(), records=records, nested=records.nested)


def _cell(value: str, as_list: Callable[[str], Any], name: str, where: str) -> list[Any]:
    if as_list is listed_cell and _NUMPY.match(value):
        problem = say("'{name}' contains arrays as numpy prints them, without commas", name=name)
        raise InputError(
            say("{problem}; write lists (in pandas, .apply(list) before saving)", problem=problem), where=where
        )
    found = as_list(value)
    if not isinstance(found, list):
        raise InputError(
            say("'{name}' contains no list in this row, unlike others; fix it or take it out", name=name), where=where
        )
    return found


def _are_lists(cells: Sequence[str]) -> bool:
    """Whether cells spell lists of texts or numbers."""
    if not all(cell.startswith("[") and cell.rstrip().endswith("]") for cell in cells):
        return False
    if any(_NUMPY.match(cell) for cell in cells):
        return True
    found = [listed_cell(cell) for cell in cells]
    return all(isinstance(value, list) and all(isinstance(x, (str, int)) for x in value) for value in found)


def listed_cell(cell: str) -> Any:
    """What a cell spells in JSON or as Python prints it."""
    for read in (json.loads, ast.literal_eval):
        try:
            return read(cell)
        except (ValueError, SyntaxError, RecursionError, MemoryError, TypeError):
            continue
    return None


def _parted(cell: str) -> list[str]:
    return cell.split()


def _spaced(table: Table, cells: dict[str, list[str]]) -> list[str]:
    """The columns of words and of tags parted by spaces, two or more; none where there are no such."""
    tags = [name for name, some in cells.items() if _are_span_tags([cell.split() for cell in some])]
    for name in tags:
        for words in cells:
            rows = list(zip(table.first(words, _SAMPLE), table.first(name, _SAMPLE), strict=True))
            pairs = [(a, b) for a, b in rows if isinstance(a, str) and isinstance(b, str)]
            if words not in tags and 2 * sum(len(a.split()) == len(b.split()) for a, b in pairs) > len(pairs):
                return [words, *tags]
    return []


def _are_span_tags(rows: Sequence[Sequence[str]]) -> bool:
    """Whether all parts of cells are span tags with letters, and cells have several parts."""
    if sum(map(len, rows)) < 2 * len(rows):
        return False
    spelling = spelling_of(rows)
    read = [tag for row in rows for tag in spelling.read(row)]
    return spelling.form in ("before", "behind") and all(tag == "O" or tag[1:2] == "-" for tag in read)
