"""Damage to files, drawn from a seed: of bytes, of lines, of JSON values, of the headers of arrays."""

from __future__ import annotations

import json
import random
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

Damage = Callable[[bytes, random.Random], bytes]
Draw = random.Random

SIGNS = (
    '"', "'", "\\", "\t", ",", ";", "|", "\n", "\r", "\r\n", "\0", "\u2028", "\u2029", "\x85", "\ufeff", "\u200b", "#",
    " ", "\xa0", "\ufffd", "\U0001f642", "{", "[", "]", "}", ":", "-", "</script>", "=1+1", "\\u2028", "\x1a", "\x0b",
)  # fmt: skip
CELLS = (
    "", " ", "NaN", "nan", "null", "None", "-1", "0", "1e999", "1,5", "1_000", "0x10", "true", "-", "O", "B-", "-PER",
    "B-PER", "I-PER", "x" * 5000, "[" * 2000, "1" * 400, "a b", "é", "#", "1-2", "8.1", "_",
)  # fmt: skip
EXTREMES = (0, 1, -1, 2, 127, 255, 2**15 - 1, 2**31 - 1, -(2**31), 2**32 - 1, 2**40, 2**62, 2**63 - 1, -(2**63))


def flip(data: bytes, draw: Draw) -> bytes:
    """Some bits turned."""
    out = bytearray(data)
    for _ in range(draw.choice((1, 1, 2, 8))):
        at = draw.randrange(len(out))
        out[at] ^= 1 << draw.randrange(8)
    return bytes(out)


def cut(data: bytes, draw: Draw) -> bytes:
    """The end is missing."""
    return data[: draw.randrange(len(data))]


def without(data: bytes, draw: Draw) -> bytes:
    """A piece is missing."""
    a, b = _piece(data, draw)
    return data[:a] + data[b:]


def twice(data: bytes, draw: Draw) -> bytes:
    """A piece is there twice."""
    a, b = _piece(data, draw)
    return data[:b] + data[a:]


def exchanged(data: bytes, draw: Draw) -> bytes:
    """Two neighbouring pieces are in each other's place."""
    a, b = _piece(data, draw)
    middle = draw.randint(a, b)
    return data[:a] + data[middle:b] + data[a:middle] + data[b:]


def overwritten(data: bytes, draw: Draw) -> bytes:
    """A piece contains something else."""
    a, b = _piece(data, draw)
    filling = draw.choice((b"\0" * (b - a), b"\xff" * (b - a), draw.randbytes(b - a)))
    return data[:a] + filling + data[b:]


def inserted(data: bytes, draw: Draw) -> bytes:
    """Something more is there."""
    at = draw.randint(0, len(data))
    return data[:at] + draw.choice((b"\0" * 8, b"\xff" * 3, draw.randbytes(draw.randint(1, 40)))) + data[at:]


def number_changed(data: bytes, draw: Draw) -> bytes:
    """Somewhere, mostly in a header, a number of 1 to 8 bytes is an extreme one."""
    size, kind = draw.choice(((1, "B"), (2, "H"), (4, "I"), (8, "Q")))
    if len(data) < size:
        return data + b"\xff"
    at = draw.randrange(min(len(data) - size + 1, draw.choice((16, 200, len(data)))))
    value = struct.pack(f"<{kind}", draw.choice(EXTREMES) % (1 << 8 * size))
    return data[:at] + value + data[at + size :]


def _piece(data: bytes, draw: Draw) -> tuple[int, int]:
    size = min(len(data), draw.choice((1, 2, 4, 16, 100, max(1, len(data) // 4))))
    a = draw.randint(0, len(data) - size)
    return a, a + size


def sign_put_in(data: bytes, draw: Draw) -> bytes:
    """A sign that means something to some reader stands somewhere."""
    text = _text(data)
    at = draw.randint(0, len(text))
    return _bytes(text[:at] + draw.choice(SIGNS) + text[at + draw.randint(0, 1) :])


def line_dropped(data: bytes, draw: Draw) -> bytes:
    """A line is missing, there twice, elsewhere, joined with the next, or blank."""
    lines = _text(data).split("\n")
    at, other = draw.randrange(len(lines)), draw.randrange(len(lines))
    how = draw.randrange(5)
    if how == 0:
        del lines[at]
    elif how == 1:
        lines.insert(other, lines[at])
    elif how == 2:
        lines[at], lines[other] = lines[other], lines[at]
    elif how == 3:
        lines[at : at + 2] = ["".join(lines[at : at + 2])]
    else:
        lines[at] = draw.choice(("", " ", "\t", "#", "# text", "-DOCSTART- -X- O O", "x"))
    return _bytes("\n".join(lines))


def cell_changed(data: bytes, draw: Draw) -> bytes:
    """A cell of a line is another, missing, there twice, or elsewhere."""
    text = _text(data)
    sign = max(("\t", ",", " ", ";"), key=text.count)
    lines = text.split("\n")
    at = draw.randrange(len(lines))
    cells = lines[at].split(sign)
    one, other = draw.randrange(len(cells)), draw.randrange(len(cells))
    how = draw.randrange(4)
    if how == 0:
        cells[one] = draw.choice(CELLS)
    elif how == 1:
        del cells[one]
    elif how == 2:
        cells.insert(other, cells[one])
    else:
        cells[one], cells[other] = cells[other], cells[one]
    lines[at] = sign.join(cells)
    return _bytes("\n".join(lines))


def spelled_otherwise(data: bytes, draw: Draw) -> bytes:
    """Other line ends, another encoding, a byte order mark, no last line end."""
    text = _text(data)
    made: tuple[Callable[[], bytes], ...] = (
        lambda: text.replace("\n", "\r\n").encode(), lambda: text.replace("\n", "\r").encode(),
        lambda: b"\xef\xbb\xbf" + text.encode(), lambda: text.encode("utf-16"),
        lambda: text.encode("latin-1", "replace"), lambda: text.rstrip("\n").encode(), lambda: f"{text}\n\n\n".encode(),
        lambda: text.encode("utf-8").replace(b"e", b"\xc3", 1), lambda: text.replace(" ", "\xa0", 1).encode(),
    )  # fmt: skip
    return draw.choice(made)()


def value_changed(data: bytes, draw: Draw) -> bytes:
    """A value of JSON has another type or size, a key is missing, another, or elsewhere; of one line of JSON Lines."""
    text = _text(data)
    try:
        return json.dumps(_changed(json.loads(text), draw), ensure_ascii=draw.random() < 0.5).encode()
    except ValueError:
        pass
    lines = text.split("\n")
    at = draw.randrange(len(lines))
    try:
        lines[at] = json.dumps(_changed(json.loads(lines[at]), draw), ensure_ascii=draw.random() < 0.5)
    except ValueError:
        return sign_put_in(data, draw)
    return _bytes("\n".join(lines))


def _values(draw: Draw) -> Any:
    deep: Any = []
    for _ in range(900):
        deep = [deep]
    return draw.choice((
        None, True, False, 0, 1, -1, 3, 1.5, 2.0, 10**30, -(10**9), 1e308, float("nan"), float("inf"), "", "x", "1",
        "\ud800", "\u2028", "x" * 3000, [], {}, [1, 2], ["a", "b"], {"a": 1}, [[]], [None], deep, "true", "../../x",
    ))  # fmt: skip


def _changed(value: Any, draw: Draw) -> Any:
    places = list(_places(value))
    if not places:
        return _values(draw)
    holder, key = draw.choice(places)
    how = draw.random()
    if how < 0.55:
        holder[key] = _values(draw)
    elif how < 0.7:
        del holder[key]
    elif how < 0.8 and isinstance(holder, dict):
        holder[draw.choice((str(key) + "x", str(key).upper(), ""))] = holder.pop(key)
    elif how < 0.9:
        other, name = draw.choice(places)
        if name in other if isinstance(other, dict) else name < len(other):
            holder[key], other[name] = other[name], holder[key]
    elif isinstance(holder, list):
        holder.insert(key, holder[key])
    elif isinstance(holder[key], (int, float)) and not isinstance(holder[key], bool):
        holder[key] = draw.choice((holder[key] + 1, holder[key] * 2, -holder[key], str(holder[key]), [holder[key]]))
    else:
        holder[f"more {draw.randrange(9)}"] = _values(draw)
    return value


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in list(inner):
        yield value, key
        yield from _places(one)


def safetensors_changed(data: bytes, draw: Draw) -> bytes:
    """The header of a safetensors file says something else, or a number in it is none."""
    size = int.from_bytes(data[:8], "little")
    if size > len(data):
        return flip(data, draw)
    head, body = json.loads(data[8 : 8 + size]), data[8 + size :]
    name = draw.choice([key for key in head if key != "__metadata__"])
    about, how = head[name], draw.randrange(8)
    if how == 0:
        about["dtype"] = draw.choice(("F16", "BF16", "F32", "F64", "I64", "U8", "BOOL", "F8_E4M3", "X", "", None, 3))
    elif how == 1:
        about["shape"] = draw.choice(
            (about["shape"][::-1], [], [1, *about["shape"]], [2**40, 2**40], [-1], [0], "x", None)
        )
    elif how == 2:
        a, b = about["data_offsets"]
        about["data_offsets"] = draw.choice(([b, a], [a, b + 4], [a - 4, b], [0, 2**62], [a], [], None, [0.5, 1]))
    elif how == 3:
        head[draw.choice((f"{name}x", f"x.{name}", ""))] = head.pop(name)
    elif how == 4:
        del head[name]
    elif how == 5:
        other = draw.choice(list(head))
        head[name], head[other] = head[other], head[name]
    elif how == 6:
        a, b = about.get("data_offsets", (0, 4))
        bad = struct.pack("<f", draw.choice((float("nan"), float("inf"), 1e30, -1e38)))
        body = body[:a] + bad * ((b - a) // 4) + body[a + (b - a) // 4 * 4 :]
    else:
        return value_in_head(data, size, draw)
    made = json.dumps(head).encode()
    return len(made).to_bytes(8, "little") + made + body


def value_in_head(data: bytes, size: int, draw: Draw) -> bytes:
    """Any value of the header."""
    made = value_changed(data[8 : 8 + size], draw)
    return len(made).to_bytes(8, "little") + made + data[8 + size :]


def npy_changed(data: bytes, draw: Draw) -> bytes:
    """The header of an .npy file says something else, in as much room."""
    end = 10 + int.from_bytes(data[8:10], "little")
    head = data[10:end].decode("latin-1")
    word, other = draw.choice((
        ("<f4", "<f8"), ("<f4", ">f4"), ("<f4", "|O"), ("<f4", "<i4"), ("<f4", "|S4"), ("<f4", "<f2"),
        ("False", "True"),
        ("(", "(9"), ("(", "(-"), (", ", ", 9"), ("(", "(99999999999"), ("'shape'", "'shap'"), ("{", "["), (")", ""),
        ("<f4", "|V4"), ("<f4", "<c8"), ("<f4", "<M8[s]"),
    ))  # fmt: skip
    made = head.replace(word, other, 1).rstrip() + "\n"
    return data[:8] + len(made).to_bytes(2, "little") + made.encode("latin-1") + data[end:]


BYTES: tuple[Damage, ...] = (flip, cut, without, twice, exchanged, overwritten, inserted, number_changed)
LINES: tuple[Damage, ...] = (
    sign_put_in, sign_put_in, line_dropped, line_dropped, cell_changed, cell_changed, spelled_otherwise, flip, cut,
    without, twice, exchanged,
)  # fmt: skip
JSON: tuple[Damage, ...] = (*(value_changed,) * 6, sign_put_in, line_dropped, flip, cut, twice, spelled_otherwise)


def kinds_for(path: Path) -> tuple[Damage, ...]:
    """What may befall a file, by its name."""
    suffix = path.suffix.lower()
    if suffix in (".json", ".jsonl", ".yaml", ".ndjson"):
        return JSON
    if suffix == ".safetensors":
        return (*(safetensors_changed,) * 8, *BYTES)
    if suffix == ".npy":
        return (*(npy_changed,) * 4, *BYTES)
    if suffix in (".csv", ".tsv", ".txt", ".conll", ".conllu", ".vec", ".dic", ".html", ".md"):
        return LINES
    return BYTES


def damaged(path: Path, data: bytes, draw: Draw) -> tuple[bytes, list[str]]:
    """A file's bytes damaged once, twice or three times, never the same as before; and how."""
    made, told = data, []
    for _ in range(draw.choice((1, 1, 1, 2, 3))):
        how = draw.choice(kinds_for(path))
        if made:
            try:
                made = how(made, draw)
            except (ValueError, KeyError, IndexError, TypeError, AttributeError, struct.error, RecursionError):
                made = flip(made, draw)  # an earlier damage has left nothing that this one understands
            told.append(how.__name__)
    return (made, told) if made != data else (data + b"\0", ["inserted"])


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
