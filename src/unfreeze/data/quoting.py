"""Delimited text to rows of cells: whether quote marks enclose cells, are escaped, or are plain text, per file."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from unfreeze.data.text_files import lines_of
from unfreeze.errors import InputError
from unfreeze.language.message import say, template

Rows = list[list[str]]


@dataclass(frozen=True)
class Parsed:
    """Rows of cells.

    Attributes:
        lines: where each row begins, from 1.
        notes: what was found about quote marks, in sentences; none where they are used as usual.
        broken: the line of the first row whose quote marks do not fit, if there is one; the rows end before it.
        plain: whether quote marks are characters like others.
    """

    rows: Rows
    lines: list[int]
    notes: tuple[str, ...] = ()
    broken: int | None = None
    plain: bool = False


def rows_of(path: Path, text: str, delimiter: str) -> Parsed:
    """The rows of a delimited text, empty lines left out, in the reading of quote marks that fits the whole file.

    Raises:
        InputError: cells are enclosed in quote marks, but those of some row do not fit; it names that row.
    """
    doubled = _doubled(text, delimiter) if '"' in text else _raw(lines_of(text), delimiter)
    fits = doubled.broken is None and _is_even(doubled.rows)
    if "\\" in text and (not fits or not _unescaped(delimiter).search(text)):
        escaped = _escaped(text, delimiter, surely=not fits)
        odder = fits and escaped is not None and len(escaped.notes) > 1 and not doubled.notes
        if escaped is not None and escaped.broken is None and _is_even(escaped.rows) and not odder:
            return escaped
    if doubled.broken is not None:
        rule = say('a cell that begins with one ends with one, and marks inside are doubled ("")')
        raise InputError(
            say("quote marks do not fit in this row: {rule}; fix it", rule=rule), where=f"{path}:{doubled.broken}"
        )
    if "\\" in text and not _ODD_BACKSLASHES.search(text):
        return replace(doubled, notes=(*doubled.notes, say("All backslashes stand in pairs; they were kept so.")))
    return doubled


def delimiter_of(text: str) -> str:
    """The delimiter of a `.csv` file, by its first line: spreadsheets of many countries write `;`."""
    first = _ENCLOSED.sub("", text.partition("\n")[0])
    marks = ",;\t" if any(mark in first for mark in ",;\t") else ",|"
    return max(marks, key=first.count)


_ODD_BACKSLASHES = re.compile(r"(?<!\\)(?:\\\\)*\\(?!\\)")
_ENCLOSED = re.compile(r'"[^"]*(?:""[^"]*)*"')


def _unescaped(delimiter: str) -> re.Pattern[str]:
    """A quote mark inside a cell that no backslash escapes."""
    edge = re.escape(delimiter)
    return re.compile(rf'(?<=[^\\{edge}\n])"(?=[^{edge}\r\n])')


def _escaped(text: str, delimiter: str, surely: bool) -> Parsed | None:
    r"""Rows when `\"` is a quote mark inside a cell, as Spark, MySQL and pandas (`escapechar`) write.

    `\\` and a backslash before the delimiter or the end of a line are then escapes, too.

    Args:
        surely: whether there is no other reading, so that an escaped delimiter, or escaped marks beside others that are
            text, are sign enough.
    """
    # Control characters first: they leave a text of Latin letters at a byte each in memory.
    unused = [mark for mark in map(chr, (*range(14, 32), *range(0xE000, 0xF8FF))) if mark not in text][:3]
    if len(unused) < 3:
        return None
    marks = dict(zip(('"', "\\", delimiter), unused, strict=True))
    escape = re.compile(rf'\\(["\\{re.escape(delimiter)}]|\r?\n)')
    masked = escape.sub(lambda found: marks.get(found[1], found[1]), text)
    if marks['"'] not in masked and not (surely and marks[delimiter] in masked):
        return None
    parsed = _doubled(masked, delimiter)
    if parsed.plain and '"' in masked and not surely:
        return None
    for row in parsed.rows:
        for at, cell in enumerate(row):
            for character, mark in marks.items():
                if mark in cell:
                    row[at] = cell = cell.replace(mark, character)
    said = (say("Backslashes before quote marks or delimiters inside cells were read as escapes."), *parsed.notes)
    return replace(parsed, notes=said)


def _doubled(text: str, delimiter: str) -> Parsed:
    """Rows when marks inside enclosed cells are doubled (RFC 4180), or when all quote marks are plain characters.

    Tabs hardly occur in texts, so tab-separated files often do without quoting; commas do occur. A quoted cell over
    several lines would leave lines with too few fields; where none has, and nothing else says that quote marks enclose
    cells, they are text.
    """
    lines = lines_of(text)
    quoted = _quoted(text, delimiter)
    joined = False
    if len({line.count(delimiter) for line in lines if line}) == 1:
        joined = len(quoted.rows) < sum(map(bool, lines)) or not _is_even(quoted.rows)
        if quoted.broken is not None or joined:
            as_text = not _columns_are_enclosed(_raw(lines, delimiter).rows, every=delimiter == "\t")
        else:
            as_text = delimiter == "\t" and not _quoting_is_used(_raw(lines, delimiter).rows)
    else:
        as_text = quoted.broken is not None and not _some_are_enclosed(text, delimiter)
    if not as_text:
        return quoted if quoted.broken is not None else replace(quoted, notes=_bare_marks(lines, quoted, delimiter))
    raw = _raw(lines, delimiter)
    first = next((line for row, line in zip(raw.rows, raw.lines, strict=True) if any('"' in cell for cell in row)), 0)
    enclosed = sum(_is_enclosed(cell) and '""' in cell[1:-1] for row in raw.rows for cell in row if '"' in cell)
    if enclosed or (joined and quoted.broken is None):
        why = (
            say("they seem to enclose some cells ({enclosed:,})", enclosed=enclosed)
            if enclosed
            else say("they may enclose cells of several lines")
        )
        said = say("Warning: quote marks were kept as text (first in line {first}), but {why}.", first=first, why=why)
    else:
        said = say("Quote marks enclose no cells; they were kept as text (first in line {first}).", first=first)
    return raw if delimiter == "\t" and not said.startswith("Warning") else replace(raw, notes=(said,))


def _is_even(rows: Sequence[Sequence[str]]) -> bool:
    return len({len(row) for row in rows}) <= 1


def _raw(lines: Sequence[str], delimiter: str) -> Parsed:
    """Rows when quote marks are plain characters."""
    return Parsed(
        [line.split(delimiter) for line in lines if line], [i for i, line in enumerate(lines, 1) if line], plain=True
    )


def _quoted(text: str, delimiter: str) -> Parsed:
    """Rows when quote marks enclose cells, up to where they do not fit that reading."""
    csv.field_size_limit(2**31 - 1)  # the default refuses documents past 128 KiB
    # `StringIO` takes four bytes a character, but knows where a line ends that has other ends than `\n`.
    source = io.StringIO(text, newline="") if "\r" in text else (f"{line}\n" for line in text.split("\n"))
    reader = csv.reader(source, delimiter=delimiter, strict=True)
    rows, lines, start = [], [], 1
    try:
        for row in reader:
            if row:
                rows.append(row)
                lines.append(start)
            start = reader.line_num + 1
    except csv.Error:
        return Parsed(rows, lines, broken=start)
    return Parsed(rows, lines)


def _is_enclosed(cell: str) -> bool:
    """Whether a cell is enclosed in quote marks with the marks inside doubled."""
    return len(cell) >= 2 and cell[0] == cell[-1] == '"' and '"' not in cell[1:-1].replace('""', "")


def _quoting_is_used(rows: Rows) -> bool:
    """Whether quote marks enclose cells in rows that were split at every delimiter and came out even.

    A writer that quotes where needed quotes every cell with a mark in it and doubles that mark; a writer that quotes
    always encloses whole columns. Anything else, such as a sentence that is a quotation, is text.
    """
    marked = [(cell, at) for row in rows for at, cell in enumerate(row) if '"' in cell]
    if not marked or not all(_is_enclosed(cell) for cell, _ in marked):
        return False
    per_column = Counter(at for _, at in marked)
    return any('"' in cell[1:-1] for cell, _ in marked) or max(per_column.values()) >= max(len(rows) - 1, 2)


def _columns_are_enclosed(rows: Rows, every: bool) -> bool:
    """Whether a column's name, or half of its cells, are enclosed in quote marks; `every`: whether all columns are."""
    enough = all if every else any
    counts = Counter(at for row in rows for at, cell in enumerate(row) if _is_enclosed(cell))
    return enough(map(_is_enclosed, rows[0])) or enough(
        counts[at] >= max(len(rows) / 2, 2) for at in range(len(rows[0]))
    )


def _some_are_enclosed(text: str, delimiter: str) -> bool:
    """Whether some cell in one line is enclosed that had to be: it contains the delimiter or a doubled mark."""
    edge = re.escape(delimiter)
    cells = re.finditer(rf'(?:^|{edge})"([^"\n]*(?:""[^"\n]*)*)"(?={edge}|\r?$)', text, re.MULTILINE)
    return any(delimiter in cell[1] or '""' in cell[1] for cell in cells)


def _bare_marks(lines: Sequence[str], parsed: Parsed, delimiter: str) -> tuple[str, ...]:
    """What to say about rows with quote marks in cells that are not enclosed by them."""
    edge = re.escape(delimiter)
    cell = rf'(?:"[^"]*(?:""[^"]*)*"|[^"{edge}]*)'
    usual = re.compile(rf"{cell}(?:{edge}{cell})*")
    ends = [*parsed.lines[1:], len(lines) + 1]
    found = [
        line
        for row, line, end in zip(parsed.rows, parsed.lines, ends, strict=True)
        if any('"' in cell for cell in row) and not usual.fullmatch("\n".join(lines[line - 1 : end - 1]).rstrip("\n"))
    ]
    if not found:
        return ()
    rows = say(_ROWS if len(found) > 1 else _ROW, number=len(found), line=found[0])
    return (say("Quote marks inside cells that they do not enclose were kept as text ({rows}).", rows=rows),)


_ROW, _ROWS = template("{number:,} row, first in line {line}"), template("{number:,} rows, first in line {line}")
