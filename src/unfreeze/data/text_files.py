"""Bytes to text, and which format a file is in: by its name where that is clear, else by a look inside."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from unfreeze.errors import InputError

Format = Literal["csv", "tsv", "jsonl", "parquet", "arrow", "conll", "conllu", "txt"]

SUFFIXES: dict[str, Format] = {
    **dict.fromkeys((".csv",), "csv"),
    **dict.fromkeys((".tsv", ".tab"), "tsv"),
    **dict.fromkeys((".jsonl", ".json", ".ndjson"), "jsonl"),
    **dict.fromkeys((".parquet", ".pq"), "parquet"),
    **dict.fromkeys((".arrow", ".feather", ".ipc", ".arrows"), "arrow"),
    **dict.fromkeys((".conll", ".bio", ".iob", ".iob2", ".bioes", ".bmes", ".ner"), "conll"),
    **dict.fromkeys((".conllu",), "conllu"),
}
SAMPLE = 2000
"""Lines looked at when the name does not tell the format."""

_SPAN_TAG = re.compile(r"O|[BIESMLU](-.+)?")


def read_text(path: Path) -> str:
    """The text of a UTF-8 file, a byte order mark taken off.

    Raises:
        InputError: the file is missing, unreadable, empty, or holds bytes that are no UTF-8 (with its line).
    """
    try:
        data = path.read_bytes().removeprefix(b"\xef\xbb\xbf")
    except FileNotFoundError:
        raise InputError("no such file; check the path", where=str(path)) from None
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", where=str(path)) from None
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        found = f"byte 0x{data[error.start]:02x} is not UTF-8 text; save the file as UTF-8"
        raise InputError(found, where=f"{path}:{line}") from None
    if not text.strip():
        raise InputError("the file is empty", where=str(path))
    return text


def lines_of(text: str) -> list[str]:
    """Lines ended by `\\n` or `\\r\\n` only: the other line separators of Unicode occur inside real texts."""
    lines = text.split("\n")
    if lines[-1] == "":
        lines.pop()
    return [line.removesuffix("\r") for line in lines] if "\r" in text else lines


def _first_lines(text: str, count: int) -> list[str]:
    """The first lines of a text of any length."""
    end = -1
    for _ in range(count):
        end = text.find("\n", end + 1)
        if end < 0:
            return lines_of(text)
    return lines_of(text[: end + 1])


def fields_of(line: str, tabs: bool) -> list[str]:
    """Fields of a column line, split at tabs, or else at plain spaces: other white space may belong to a word."""
    return line.split("\t") if tabs else [field for field in line.split(" ") if field]


def is_blank(line: str) -> bool:
    """Whether a line ends a sentence."""
    return not line.strip(" \t")


def _looks_like_columns(lines: Sequence[str], only_span_tags: bool) -> bool:
    """Whether lines are CoNLL columns: blank lines between blocks of lines of one width, two or more."""
    rows = [line for line in lines if not is_blank(line) and not line.startswith("-DOCSTART-")]
    if not rows or len(rows) == len(lines):
        return False
    tabs = all("\t" in row for row in rows)
    fields = [fields_of(row, tabs) for row in rows]
    if len({len(row) for row in fields}) != 1 or len(fields[0]) < 2:
        return False
    return not only_span_tags or all(_SPAN_TAG.fullmatch(row[-1]) for row in fields)


def _is_object(line: str) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False


def load(path: Path) -> tuple[Format, str]:
    """Format and text of a file; the text is empty for parquet and Arrow, which are no text.

    Raises:
        InputError: as `read_text`, or the format cannot be told.
    """
    named = SUFFIXES.get(path.suffix.lower())
    if named in ("parquet", "arrow"):
        return named, ""
    text = read_text(path)
    sample = _first_lines(text, SAMPLE)
    if named == "conll":
        first = next((line for line in sample if not is_blank(line) and not line.startswith("#")), "").split("\t")
        return ("conllu" if len(first) == 10 and re.fullmatch(r"1(-\d+)?", first[0]) else "conll"), text
    if named == "tsv" and _looks_like_columns(sample, only_span_tags=True):
        return "conll", text
    if named:
        return named, text
    if re.match(r"\s*(\{|\[\s*\{)", text) and (path.suffix.lower() != ".txt" or _is_object(sample[0])):
        return "jsonl", text
    # In plain text, lines of one length between blank ones may be chance; tags are not.
    if _looks_like_columns(sample, only_span_tags=path.suffix.lower() == ".txt"):
        return "conll", text
    if "\t" in sample[0]:
        return "tsv", text
    if path.suffix.lower() == ".txt":
        return "txt", text
    raise InputError(
        "cannot tell the format; name the file .csv, .tsv, .jsonl, .parquet, .conll or .conllu", where=str(path)
    )
