"""Folders that the library `datasets` saves (`save_to_disk`): which Arrow files, in which order.

A set has `state.json` with its files, and `dataset_info.json` with its features; a folder of several sets has
`dataset_dict.json` with their names.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from unfreeze.data.class_names import names_of_features
from unfreeze.data.sources import Source
from unfreeze.errors import InputError, listed
from unfreeze.language.message import say

STATE, SETS, INFO = "state.json", "dataset_dict.json", "dataset_info.json"
_INDICES = ("_indices_files", "_indices_data_files")
"""Keys of older versions for files of the rows that were selected."""


def is_saved(folder: Path) -> bool:
    """Whether a folder is a saved set."""
    return (folder / STATE).is_file()


def saved_splits(folder: Path) -> list[str] | None:
    """Names of the sets in a folder of several; None where it is none.

    Raises:
        InputError: it cannot be read, or names no sets.
    """
    if not (folder / SETS).is_file():
        return None
    found = _object(folder / SETS).get("splits")
    if not isinstance(found, list) or not all(isinstance(name, str) and Path(name).name == name for name in found):
        raise InputError("has no list of 'splits'; save the set again with save_to_disk", where=str(folder / SETS))
    return found


def saved_set(folder: Path) -> tuple[Source, list[str]]:
    """The files of a saved set, and what to say about it.

    Raises:
        InputError: a file of it is missing, or its description cannot be read.
    """
    state = _object(folder / STATE)
    files = _files(folder, state, "_data_files")
    if not files:
        raise InputError("names no data files; save the set again with save_to_disk", where=str(folder / STATE))
    indices = [path for key in _INDICES for path in _files(folder, state, key)]
    columns, said = state.get("_format_columns"), []
    if isinstance(columns, list) and not state.get("_output_all_columns"):
        names = listed([str(name) for name in columns])
        said.append(
            say(
                "{name}: its format was set to the columns {names}; all columns are read.",
                name=folder.name,
                names=names,
            )
        )
    info = _object(folder / INFO) if (folder / INFO).is_file() else {}
    rows = _rows(indices) if indices else None
    return Source(files, folder=folder, class_names=names_of_features(info.get("features")), rows=rows), said


def _object(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(say("cannot be read: {strerror}", strerror=error.strerror), where=str(path)) from None
    except (ValueError, RecursionError):
        raise InputError("is not JSON; save the set again with save_to_disk", where=str(path)) from None
    if not isinstance(found, dict):
        raise InputError("contains no JSON object; save the set again with save_to_disk", where=str(path))
    return found


def _files(folder: Path, state: dict[str, Any], key: str) -> tuple[Path, ...]:
    """Files under a key of the state: of this folder alone, whatever path stands there."""
    listed_there = state.get(key) or []
    entries = listed_there if isinstance(listed_there, list) else [None]
    names = [entry.get("filename") if isinstance(entry, dict) else None for entry in entries]
    if not all(isinstance(name, str) for name in names):
        raise InputError(say("'{key}' is not a list of files; save the set again", key=key), where=str(folder / STATE))
    paths = tuple(folder / Path(str(name)).name for name in names)
    missing = [path.name for path in paths if not path.is_file()]
    if missing:
        raise InputError(
            say(
                "{state} names {missing}, which the folder lacks; copy it whole",
                state=STATE,
                missing=listed(missing, 6),
            ),
            where=str(folder),
        )
    return paths


def _rows(files: list[Path]) -> list[int]:
    """The rows that were selected, from Arrow files with one column of indices."""
    from unfreeze.data.arrow import read_arrow

    rows: list[int] = []
    for path in files:
        columns = read_arrow(path).columns
        if len(columns) != 1:
            raise InputError("contains no single column of indices; save the set again", where=str(path))
        found = columns[next(iter(columns))]
        if not all(isinstance(row, int) and row >= 0 for row in found):
            raise InputError("contains something that is not the index of a row; save the set again", where=str(path))
        rows += found
    return rows
