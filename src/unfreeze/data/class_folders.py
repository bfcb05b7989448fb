"""Texts in folders that are their classes: `train/pos/0_9.txt`, one text per file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from unfreeze.data.data_files import files_in, folders_in
from unfreeze.data.sources import Source, unpacked
from unfreeze.errors import InputError, listed
from unfreeze.language.message import say

UNLABELLED = frozenset({"unsup", "unsupervised", "unlabeled", "unlabelled", "unlabel", "unk"})
"""Names of folders whose texts have no class."""


def class_folders(folders: Iterable[Path]) -> dict[Path, tuple[Path, ...]]:
    """Folders with the texts in them, if they are two or more and contain nothing but texts; else none."""
    found: dict[Path, tuple[Path, ...]] = {}
    for folder in folders:
        files = files_in(folder)
        if not files or folders_in(folder) or not all(_is_text(path) for path in files):
            return {}
        found[folder] = files
    return found if len(found) > 1 else {}


def _is_text(path: Path) -> bool:
    """A name with `.txt`, or with nothing that tells a format: old sets number their texts."""
    return unpacked(path).suffix.lower() in ("", ".txt") or unpacked(path).suffix[1:].isdecimal()


def class_source(folder: Path, classes: Mapping[Path, Sequence[Path]]) -> tuple[Source, list[str]]:
    """The texts of a split whose classes are folders, and what to say about it.

    Raises:
        InputError: no folder is a class.
    """
    labelled = {path: files for path, files in classes.items() if path.name.lower() not in UNLABELLED}
    left = [f"{path.name} ({len(files):,} texts)" for path, files in classes.items() if path not in labelled]
    if not labelled:
        raise InputError("contains no folder whose name is a class", where=str(folder))
    counts = listed([f"{path.name} {len(files):,}" for path, files in labelled.items()], 8)
    name = folder.resolve().name
    said = [say("{name}: each folder is a class, each file a text: {counts}.", name=name, counts=counts)]
    if left:
        said.append(say("{name}: left out, as texts without a class: {left}.", name=name, left=listed(left)))
    paths = tuple(path for files in labelled.values() for path in files)
    names = tuple(label.name for label, files in labelled.items() for _ in files)
    return Source(paths, classes=names, folder=folder), said
