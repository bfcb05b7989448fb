"""Which files of a folder are parts of one: `train-00000-of-00003.parquet` and other ways to number them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice, pairwise
from pathlib import Path

from unfreeze.data.sources import in_order, natural, unpacked
from unfreeze.errors import InputError, listed
from unfreeze.language.message import say, template

_OF = re.compile(r"(.*?)[-_. ]?\(?(\d+)[-_ ]?of[-_ ]?(\d+)\)?(?:-[0-9a-f]{8,})?((?:\D.*)?)", re.IGNORECASE)
"""`train-00000-of-00003-0123456789abcdef.parquet`, `train_1_of_3.csv`, `train.jsonl-00000-of-00003`."""
_SPARK = re.compile(r"((?:.*[-_.])?part(?:-[rm])?)-(\d{5,})-[^.]*(\..+)", re.IGNORECASE)
"""`part-00000-0d4b6ad2-...-c000.snappy.parquet`: partitions without rows may have no file."""
_NUMBER = re.compile(r"(.*?)[-_. ]?(\d+)((?:\.[a-z][a-z0-9]*)*)", re.IGNORECASE)
"""`train_0.csv`, `train-part-3.jsonl`, `0000.parquet`, `train.csv.part1`."""
FEW = 6  # names or numbers in a message
_WORDS_OF_PARTS = frozenset({"part", "parts", "shard", "shards", "chunk", "piece", "file", "data"})


@dataclass(frozen=True)
class Family:
    """Files that are one: parts of a whole, or a file on its own.

    Attributes:
        name: what they have in common, as a file's name: `train.parquet`.
        paths: in the order of their numbers.
        parted: their names say that they are parts of something.
        counted: and of how many.
    """

    name: str
    paths: tuple[Path, ...]
    parted: bool = False
    counted: bool = False


@dataclass(frozen=True)
class _Part:
    """What a name says.

    Attributes:
        whole: of which it is a part, as a name.
        total: how many parts there are; None where that is not said.
        gaps: numbers may be left out, and occur more than once.
        alone: the name alone makes it a part; else its neighbours must agree.
    """

    whole: str
    number: int
    total: int | None = None
    gaps: bool = False
    alone: bool = True


def _part(path: Path, split_words: frozenset[str], in_folder: bool) -> _Part | None:
    name = unpacked(path).name
    packing = path.name[len(name) :]
    if match := _OF.fullmatch(name):
        stem, number, total, rest = match.groups()
        return _Part(f"{stem}{rest}{packing}".lower(), int(number), int(total))
    if match := _SPARK.fullmatch(name):
        stem, number, rest = match.groups()
        return _Part(f"{stem}{rest}{packing}".lower(), int(number), gaps=True)
    if match := _NUMBER.fullmatch(name):
        stem, number, rest = match.groups()
        last = re.split(r"[^a-z]+", stem.lower())[-1]
        if in_folder or last in _WORDS_OF_PARTS | split_words or not stem:
            return _Part(f"{stem}{rest}{packing}".lower(), int(number), alone=False)
    return None


def families(paths: Iterable[Path], split_words: frozenset[str] = frozenset(), in_folder: bool = False) -> list[Family]:
    """Files in families, in the order of their names.

    A bare number makes parts only of several files that are counted from 0 or 1, and only behind a word for a split or
    for a part, since it may as well be a year, a version or a fold.

    Args:
        split_words: that name splits.
        in_folder: all files of this folder are of one split, so that any number may count parts.

    Raises:
        InputError: a part is missing, or there twice, or parts of several wholes are mixed.
    """
    found: list[Family] = []
    wholes: dict[str, dict[Path, _Part]] = {}
    for path in in_order(paths):
        part = _part(path, split_words, in_folder)
        if part is None:
            found.append(Family(path.name.lower(), (path,)))
        else:
            wholes.setdefault(part.whole, {})[path] = part
    for parts in wholes.values():
        if _belong(list(parts.values())):
            found.append(_whole(parts))
        else:
            found += [Family(path.name.lower(), (path,)) for path in parts]
    return sorted(found, key=lambda family: natural(family.paths[0]))


def _belong(parts: list[_Part]) -> bool:
    """Whether numbers alone say that files are parts of one."""
    return any(part.alone for part in parts) or (len(parts) > 1 and min(part.number for part in parts) in (0, 1))


def _whole(parts: dict[Path, _Part]) -> Family:
    paths = sorted(parts, key=lambda path: parts[path].number)
    numbers = [parts[path].number for path in paths]
    totals = {part.total for part in parts.values()}
    folder, names = str(paths[0].parent), [path.name for path in paths]
    if len(totals) > 1:
        of = " and ".join(f"of {total}" for total in sorted(map(str, totals)))
        raise InputError(
            say("parts {of} are mixed ({names}); keep those of one set", of=of, names=listed(names, 6)), where=folder
        )
    (total,) = totals
    gaps = all(part.gaps for part in parts.values())
    twice = next((number for number, after in pairwise(numbers) if number == after), None)
    if twice is not None and not gaps:
        both = [name for name, number in zip(names, numbers, strict=True) if number == twice]
        raise InputError(
            say("part {twice} is there twice ({both}); keep one", twice=twice, both=listed(both)), where=folder
        )
    first = 0 if total is None or 0 in numbers or total not in numbers else 1
    wanted = range(first, first + total) if total is not None else range(numbers[0], numbers[-1] + 1)
    lost = list(islice((number for number in wanted if number not in set(numbers)), FEW)) if not gaps else []
    if lost or (not gaps and len(numbers) > len(wanted)):
        raise InputError(_missing(lost, len(wanted) - len(numbers), total, names), where=folder)
    counted = total is not None
    return Family(parts[paths[0]].whole, tuple(paths), len(paths) > 1 or counted, counted)


def _missing(lost: list[int], count: int, total: int | None, names: list[str]) -> str:
    numbers = ", ".join(map(str, lost)) + (", ..." if count > len(lost) else "")
    if not lost:
        missing = say("there are more parts than {total:,}", total=total or 0)
    elif total is None:
        missing = say(_LOST[count > 1], parts=numbers)
    else:
        missing = say(_LOST_OF[count > 1], parts=numbers, total=total)
    return say(
        "{missing}, found {names}; put all into the folder, or name those to read with --train",
        missing=missing,
        names=listed(names, FEW),
    )


_LOST = {False: template("part {parts} is missing"), True: template("parts {parts} are missing")}
_LOST_OF = {
    False: template("part {parts} of {total:,} is missing"),
    True: template("parts {parts} of {total:,} are missing"),
}
"""By whether there are several."""
