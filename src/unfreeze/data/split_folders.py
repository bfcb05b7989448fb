"""A folder that is one split: all its files, a saved set, or texts in folders of their classes."""

from __future__ import annotations

from pathlib import Path

from unfreeze.data.class_folders import class_folders, class_source
from unfreeze.data.data_files import archives_in, files_in, folders_in
from unfreeze.data.saved_sets import is_saved, saved_set
from unfreeze.data.shards import families
from unfreeze.data.sources import Source, plain_name
from unfreeze.data.split_names import WORDS
from unfreeze.errors import InputError, listed
from unfreeze.language.message import say

FEW = 6  # names in a message


def split_folder(folder: Path) -> tuple[Source, list[str]]:
    """All files of a folder that is one split.

    Raises:
        InputError: it contains no data, files of several formats, or not all parts.
    """
    if is_saved(folder):
        return saved_set(folder)
    files, folders = files_in(folder), folders_in(folder)
    classes = class_folders(folders)
    tables = [path for path in files if path.suffix.lower() != ".txt" or not classes]
    if classes and not tables:
        source, said = class_source(folder, classes)
        beside = [path.name for path in files]
        return source, [
            *said,
            *([say("{name}: not used: {beside}.", name=folder.name, beside=listed(beside, FEW))] if beside else []),
        ]
    if not files:
        names = listed([path.name for path in folders], FEW)
        if any("=" in path.name for path in folders):
            problem = say(
                "contains the folders {names}, whose names are a column, which is not read; write it into the files",
                names=names,
            )
            raise InputError(problem, where=str(folder))
        problem = say(
            "contains no data files{names}",
            names=", but the folders " + names + "; give one of them" if folders else "",
        )
        raise InputError(say("{problem}{folder}", problem=problem, folder=packed_in(folder)), where=str(folder))
    kinds = sorted({plain_name(path).suffix.lower() for path in files})
    if len(kinds) > 1:
        found = listed([kind or say("no suffix") for kind in kinds], FEW)
        raise InputError(
            say("contains files of several kinds ({found}); name those to read", found=found), where=str(folder)
        )
    whole = families(files, frozenset(WORDS), in_folder=True)
    return Source(tuple(path for family in whole for path in family.paths), folder=folder), []


def packed_in(folder: Path) -> str:
    """That a folder has archives, as the end of a message; nothing if it has none."""
    names = [path.name for path in archives_in(folder)]
    return say(" (unpack {names})", names=listed(names, FEW)) if names else ""
