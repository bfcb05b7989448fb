"""Bytes to text, and which format a file is in: by its name where that is clear, else by a look inside."""

from __future__ import annotations

import codecs
import json
import re
from pathlib import Path
from typing import Literal

from unfreeze.data.column_format import Likely, column_format
from unfreeze.data.compressed import SUFFIXES as COMPRESSED
from unfreeze.data.compressed import opened
from unfreeze.data.sources import plain_name
from unfreeze.errors import InputError
from unfreeze.language.message import say

Format = Literal["csv", "tsv", "jsonl", "parquet", "arrow", "conll", "conllu", "txt"]

SUFFIXES: dict[str, Format] = {
    **dict.fromkeys((".csv",), "csv"),
    **dict.fromkeys((".tsv", ".tab"), "tsv"),
    **dict.fromkeys((".jsonl", ".json", ".ndjson"), "jsonl"),
    **dict.fromkeys((".parquet", ".pq"), "parquet"),
    **dict.fromkeys((".arrow", ".feather", ".ipc", ".arrows"), "arrow"),
    **dict.fromkeys((".conll", ".conllup", ".bio", ".iob", ".iob1", ".iob2", ".bio2", ".bioes", ".iobes"), "conll"),
    **dict.fromkeys((".bilou", ".bmes", ".bmeo", ".bmewo", ".ner"), "conll"),
    **dict.fromkeys((".conllu",), "conllu"),
}
SAMPLE = 2000
"""Lines looked at when the name does not tell the format."""

_MAGIC = {
    b"PK\x03\x04": say("is a zip archive or a spreadsheet (.xlsx, .ods); unpack it, or save it as csv"),
    b"\xd0\xcf\x11\xe0": say("is a spreadsheet or document of old Office programs; save it as csv"),
    b"\x1f\x8b": say("is compressed by gzip; unpack it"),
    b"BZh91AY&SY": say("is compressed by bzip2; unpack it"),
    b"\xfd7zXZ\0": say("is compressed by xz; unpack it"),
    b"\x28\xb5\x2f\xfd": say("is compressed by Zstandard; unpack it"),
    b"PAR1\x15": say("is a parquet file; name it .parquet"),
    b"ARROW1\0\0": say("is an Arrow file; name it .arrow"),
    b"SQLite format 3\0": say("is an SQLite data base; write the table as csv"),
    b"%PDF-": say("is a PDF document, not a table; write the texts as csv"),
}
"""How files begin that are not text."""


def read_text(path: Path, may_be_empty: bool = False) -> str:
    """The text of a UTF-8 file, unpacked if it is compressed, a byte order mark taken off.

    Raises:
        InputError: the file is missing, unreadable, empty, or contains bytes that are not UTF-8 (with its line).
    """
    try:
        with opened(path) if path.suffix.lower() in COMPRESSED else path.open("rb") as stream:
            data = stream.read()
    except FileNotFoundError:
        raise InputError("no such file; check the path", where=str(path)) from None
    except OSError as error:
        raise InputError(say("cannot be read: {strerror}", strerror=error.strerror), where=str(path)) from None
    told = _other_than_utf8(data)
    if told:
        raise InputError(told, where=str(path))
    while data.startswith(codecs.BOM_UTF8):
        data = data.removeprefix(codecs.BOM_UTF8)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        found = say("byte 0x{data:02x} is not UTF-8 text; save the file as UTF-8", data=data[error.start])
        raise InputError(found, where=f"{path}:{line}") from None
    if not text.strip() and not may_be_empty:
        raise InputError("the file is empty", where=str(path))
    return text if "\n" in text else text.replace("\r", "\n")  # how Macs before 2001 ended lines


def _other_than_utf8(data: bytes) -> str | None:
    """What a file is that is certainly no UTF-8 text, and what to do; None if it may be."""
    if data.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        return say("is UTF-32 text; save it as UTF-8")
    # Half of the bytes of Latin letters are zero in UTF-16; real text has hardly any.
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or data.count(0, 0, 4096) > len(data[:4096]) / 4:
        return say("is UTF-16 text (spreadsheets call it 'Unicode text'); save it as UTF-8")
    return next((told for start, told in _MAGIC.items() if data.startswith(start)), None)


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


def _is_object(line: str) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False


def is_arrow(path: Path) -> bool:
    """Whether a file is a table of Arrow's, which is not text, by its name."""
    return SUFFIXES.get(plain_name(path).suffix.lower()) in ("parquet", "arrow")


def load(path: Path, *, tagged: bool = False) -> tuple[Format, str]:
    """Format and text of a file; the text is empty for parquet and Arrow, which are not text.

    Args:
        tagged: whether the file is expected to contain tagged words.

    Raises:
        InputError: as `read_text`, or the format cannot be recognised.
    """
    if is_arrow(path):
        named = SUFFIXES[plain_name(path).suffix.lower()]
        if path.suffix.lower() in COMPRESSED:
            raise InputError(say("is {named} in another packing; unpack it", named=named), where=str(path))
        return named, ""
    text = read_text(path)
    return format_of(path, text, tagged=tagged), text


def format_of(path: Path, text: str, *, tagged: bool = False) -> Format:
    """The format of a text, of which the first lines are enough.

    Raises:
        InputError: it cannot be recognised, or is not one that is read.
    """
    name = plain_name(path)
    named = SUFFIXES.get(name.suffix.lower())
    sample = _first_lines(text, SAMPLE)
    plain = name.suffix.lower() == ".txt"
    if text.startswith("#FORMAT=WebAnno"):
        raise InputError("is WebAnno TSV, which is not read; export CoNLL 2002 or CoNLL-U instead", where=str(path))
    if named != "conllu" and "conll" in (named, name.suffix.lower()[1:6]):
        return column_format(sample, "surely") or "conll"
    likely: Likely = "maybe" if tagged else "table" if named == "tsv" else "text" if plain else "maybe"
    columns = column_format(sample, likely) if named in ("tsv", None) else None
    if named and not columns:
        return named
    if re.match(r"\s*(\{|\[\s*\{)", text) and (not plain or _is_object(sample[0])):
        return "jsonl"
    if columns:
        return columns
    if "\t" in sample[0]:
        return "tsv"
    if plain:
        return "txt"
    raise InputError(
        "cannot tell the format; name the file .csv, .tsv, .jsonl, .parquet, .conll or .conllu", where=str(path)
    )
