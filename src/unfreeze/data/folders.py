"""Which file is which split, by the names that people give them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from unfreeze.data.examples import SPLITS, SplitName
from unfreeze.errors import InputError

WORDS: dict[str, SplitName] = {
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("dev", "devel", "development", "valid", "validation", "val", "testa"), "dev"),
    **dict.fromkeys(("test", "testing", "testb"), "test"),
}
_NO_DATA = frozenset({".md", ".rst", ".html", ".pdf", ".py", ".sh", ".yaml", ".yml", ".gz", ".zip", ".xz", ".tar"})


def split_of(name: str) -> SplitName | None:
    """The split that a file name tells: its one word for a split, also right behind a digit (`wnut17train`)."""
    words = [word for word in re.split(r"[^0-9a-z]+", name.lower()) if word]
    words = [re.sub(r"^.*\d(?=(train|dev|test)$)", "", word) for word in words]
    found = {WORDS[word] for word in words if word in WORDS}
    return found.pop() if len(found) == 1 else None


def _plainness(path: Path) -> tuple[int, int, str]:
    """Sort key: the name with the fewest words, then the shortest, is the split; others are its variants."""
    return len(re.split(r"[^0-9A-Za-z]+", path.name)), len(path.name), path.name


def find_splits(data: Path | None, named: Mapping[SplitName, Path]) -> tuple[dict[SplitName, Path], list[str]]:
    """Files of the splits.

    Args:
        data: a file (the training file) or a folder, whose other files are looked at by name only.
        named: files named outright; they win over what `data` holds.

    Returns:
        Split to file, `train` always among them, and what was chosen among several, in sentences.

    Raises:
        InputError: nothing named, a missing path, no training file (the message tells what was found).
    """
    if data is None:
        if "train" not in named:
            raise InputError("no training data; give DATA or --train FILE", where="DATA")
        return dict(named), []
    if not data.exists():
        raise InputError("no such file or folder; check the path", where=str(data))
    if not data.is_dir():
        return {"train": data, **named}, []
    files = sorted((p for p in data.iterdir() if _is_data(p)), key=_plainness)
    found, said = dict(named), []
    for split in SPLITS:
        candidates = [path for path in files if split_of(path.name) == split]
        if split in named or not candidates:
            continue
        found[split] = candidates[0]
        if candidates[1:]:
            others = ", ".join(path.name for path in candidates[1:])
            said.append(f"{split}: {candidates[0].name} was taken, not {others}; --{split} FILE chooses.")
    unclear = [path for path in files if split_of(path.name) is None]
    if not found and len(unclear) == 1:
        return {"train": unclear[0]}, [f"train: {unclear[0].name}, the only file of the folder."]
    if "train" not in found:
        names = ", ".join(sorted(path.name for path in files)) or "no files"
        raise InputError(f"no training file in the folder, found {names}; name one with --train", where=str(data))
    if unclear:
        said.append(f"Not used, as their names tell no split: {', '.join(path.name for path in unclear)}.")
    return found, said


def _is_data(path: Path) -> bool:
    stem = path.stem.lower()
    return (
        path.is_file()
        and not path.name.startswith((".", "_"))
        and path.suffix.lower() not in _NO_DATA
        and not stem.startswith(("readme", "licence", "license"))
    )
