"""Whether two output folders hold the same, file by file and value by value, but for what was measured or dated.

JSON is compared key by key, Parquet by values and types, `.npz` array by array, everything else by bytes. What may
differ is listed here with its reason and nothing else may; such a value must still be there and be of the same kind.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet

MEASURED = {
    "train_s": "seconds of training", "extract_s": "seconds of extraction",
    "extract_all_s": "seconds of extraction", "probe_s": "seconds of probing",
    "seconds": "seconds so far", "effort_s": "sum of seconds", "all_runs_s": "sum of seconds",
    "latency_ms": "milliseconds to predict",
    "examples_per_s": "speed", "peak_mb": "memory of the process", "speed": "tokens a second",
    "share_of_peak": "speed over that of a matrix product", "date": "day and time of the start",
    "engine": "where runs are made",
    "created": "day and time of the store", "checksum": "of a store's description, seconds and date included",
}  # fmt: skip
"""Keys of JSON whose values, all below included, differ from run to run."""

_AMOUNT = re.compile(
    r"\d[\d.,]*\s?(?:(?:ms|s|min|h|MB|GB|seconds|minutes|hours|times)\b|[×x]|(?:words|pieces) a second|% of the matrix)"
)


@dataclass(frozen=True)
class Difference:
    """A value that is not the same: `at` is the key, row or byte; `one` and `other` are shortened."""

    file: str
    at: str
    one: str
    other: str

    def __str__(self) -> str:
        return f"{self.file} {self.at}: {self.one} | {self.other}"


def differences(one: Path, other: Path, free: Sequence[str] = ()) -> list[Difference]:
    """What differs between two folders (or files).

    Args:
        free: globs of files that are made of the others and hold measured times in prose: they must be in both.
    """
    if one.is_file() and other.is_file():
        return list(_in_file(one, other, one.name))
    names = [{str(p.relative_to(root)) for p in root.rglob("*") if p.is_file()} for root in (one, other)]
    found = [Difference(name, "file", "there", "missing") for name in sorted(names[0] - names[1])]
    found += [Difference(name, "file", "missing", "there") for name in sorted(names[1] - names[0])]
    for name in sorted(names[0] & names[1]):
        if not any(fnmatch(name, pattern) for pattern in free):
            found += _in_file(one / name, other / name, name)
    return found


def _in_file(one: Path, other: Path, name: str) -> Iterator[Difference]:
    compare = _KINDS.get(one.suffix, _bytes)
    yield from compare(one, other, name)


def _json(one: Path, other: Path, name: str) -> Iterator[Difference]:
    a, b = (json.loads(path.read_text(encoding="utf-8")) for path in (one, other))
    yield from values_differ(a, b, name)


def values_differ(one: Any, other: Any, file: str, at: str = "") -> Iterator[Difference]:
    """Differences of two values of JSON."""
    if isinstance(one, dict) and isinstance(other, dict):
        if list(one) != list(other):
            yield Difference(file, f"{at} keys", _short(list(one)), _short(list(other)))
        for key in one.keys() & other.keys():
            inner = f"{at}.{key}" if at else key
            yield from (
                _measured(one[key], other[key], file, inner)
                if key in MEASURED
                else values_differ(one[key], other[key], file, inner)
            )
    elif isinstance(one, list) and isinstance(other, list):
        if len(one) != len(other):
            yield Difference(file, f"{at} length", str(len(one)), str(len(other)))
        for i, (a, b) in enumerate(zip(one, other, strict=False)):
            yield from values_differ(a, b, file, f"{at}[{i}]")
    elif isinstance(one, str) and isinstance(other, str):
        if without_amounts(one) != without_amounts(other):
            yield Difference(file, at, _short(one), _short(other))
    elif type(one) is not type(other) or one != other:
        yield Difference(file, at, _short(one), _short(other))


def without_amounts(text: str) -> str:
    """A text with its times, sizes and ratios taken out."""
    return _AMOUNT.sub("#", text)


def _measured(one: Any, other: Any, file: str, at: str) -> Iterator[Difference]:
    """A measured value is of the same kind in both, and a number where it is one."""
    if isinstance(one, dict) and isinstance(other, dict) and one.keys() == other.keys():
        for key in one:
            yield from _measured(one[key], other[key], file, f"{at}.{key}")
        return
    numbers = [isinstance(v, (int, float)) and not isinstance(v, bool) for v in (one, other)]
    fine = all(numbers) and all(map(math.isfinite, (one, other)))
    if not fine and (any(numbers) or type(one) is not type(other)):
        yield Difference(file, f"{at} (measured)", _short(one), _short(other))


def _parquet(one: Path, other: Path, name: str) -> Iterator[Difference]:
    a, b = (pyarrow.parquet.read_table(path, use_threads=False) for path in (one, other))
    if a.schema != b.schema:
        yield Difference(name, "schema", _short(str(a.schema)), _short(str(b.schema)))
        return
    for column in a.column_names:
        left, right = a[column].to_pylist(), b[column].to_pylist()
        if len(left) != len(right):
            yield Difference(name, f"{column} length", str(len(left)), str(len(right)))
        for i, (x, y) in enumerate(zip(left, right, strict=False)):
            if x != y and not (x != x and y != y):
                yield Difference(name, f"{column}[{i}]", _short(x), _short(y))
                break


def _npz(one: Path, other: Path, name: str) -> Iterator[Difference]:
    with np.load(one) as a, np.load(other) as b:
        if sorted(a) != sorted(b):
            yield Difference(name, "arrays", _short(sorted(a)), _short(sorted(b)))
        for key in sorted(set(a) & set(b)):
            if a[key].dtype != b[key].dtype or not np.array_equal(a[key], b[key]):
                yield Difference(name, key, _short(a[key]), _short(b[key]))


def _bytes(one: Path, other: Path, name: str) -> Iterator[Difference]:
    a, b = one.read_bytes(), other.read_bytes()
    if a != b:
        at = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
        yield Difference(name, f"byte {at} of {len(a)}", *(_short(data[at : at + 40]) for data in (a, b)))


def _prose(one: Path, other: Path, name: str) -> Iterator[Difference]:
    a, b = (without_amounts(path.read_text(encoding="utf-8")).splitlines() for path in (one, other))
    for number, (x, y) in enumerate(zip(a, b, strict=False), 1):
        if x != y:
            yield Difference(name, f"line {number}", _short(x), _short(y))
            return
    if len(a) != len(b):
        yield Difference(name, "lines", str(len(a)), str(len(b)))


_KINDS = {".json": _json, ".parquet": _parquet, ".npz": _npz, ".html": _prose, ".md": _prose, ".svg": _prose}


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 160 else f"{text[:120]} ... {text[-30:]}"
