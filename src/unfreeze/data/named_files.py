"""Files of splits that a person names: one, several, a folder, a pattern."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from glob import glob
from itertools import combinations
from pathlib import Path

from unfreeze.data.data_files import may_be_data
from unfreeze.data.examples import SPLITS, SplitName
from unfreeze.data.shards import families
from unfreeze.data.sources import Source, in_order
from unfreeze.data.split_folders import split_folder
from unfreeze.data.split_names import WORDS
from unfreeze.errors import InputError, listed
from unfreeze.language.message import say

_PLACES = frozenset("*?[")
"""Characters of a pattern."""


def is_pattern(path: Path) -> bool:
    """Whether a path may stand for several files."""
    return bool(_PLACES & set(str(path)))


def named_sources(named: Mapping[SplitName, Sequence[Path]]) -> tuple[dict[SplitName, Source], list[str]]:
    """The files of splits that are named outright, and what to say about them.

    Args:
        named: files, folders of one split, and patterns (`train-*.csv`).

    Raises:
        InputError: a pattern that no file fits, a file that is named twice, a part that is missing.
    """
    found: dict[SplitName, Source] = {}
    said: list[str] = []
    for split, paths in named.items():
        files: list[Path] = []
        for path in paths:
            if path.is_dir():
                source, more = split_folder(path)
                said += more
                if len(paths) > 1 and (source.classes or source.class_names or source.rows is not None):
                    raise InputError("is a folder with a layout of its own; name it alone", where=str(path))
                found[split] = source
                files += source.paths
            elif path.exists() or not is_pattern(path):
                files.append(path)
                said += lone_part(path) if len(paths) == 1 else []
            else:
                files += _matching(path, f"--{split}")
        if len(paths) > 1 or split not in found:
            found[split] = Source(tuple(files))
        twice = {path for path in files if files.count(path) > 1}
        if twice:
            raise InputError(say("--{split} names it twice; name it once", split=split), where=str(min(twice)))
    return found, said


def _matching(pattern: Path, where: str) -> tuple[Path, ...]:
    """Files that a pattern names; parts that they are of must all be there."""
    kept = [path for path in map(Path, glob(str(pattern), recursive=True)) if may_be_data(path)]
    if not kept:
        raise InputError("no file has such a name; check the pattern", where=f"{where} {pattern}")
    families(kept, frozenset(WORDS), in_folder=True)  # raises where a part is missing
    return in_order(kept)


def lone_part(path: Path) -> list[str]:
    """That a file is one part of several, which its name says."""
    match = re.search(r"(\d+)[-_ ]?of[-_ ]?0*([1-9]\d*)", path.name, re.IGNORECASE)
    if match is None or int(match[2]) < 2:
        return []
    return [
        say("Warning: {name} is one of {match:,} parts; the others are not read.", name=path.name, match=int(match[2]))
    ]


def shared_files(found: Mapping[SplitName, Source]) -> list[str]:
    """Notes on files that are read for two splits."""
    real = {split: {path.resolve(): path for path in source.paths} for split, source in found.items()}
    said = []
    for first, second in combinations(sorted(real, key=SPLITS.index), 2):
        both = sorted(real[first].keys() & real[second].keys())
        if both:
            names = listed([real[second][path].name for path in both], 3)
            said.append(
                say(
                    "Warning: {second} is read from the same file as {first} ({names}), so it measures nothing new.",
                    second=second,
                    first=first,
                    names=names,
                )
            )
    return said
