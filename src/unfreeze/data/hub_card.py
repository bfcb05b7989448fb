"""The front matter of a data set's README.md, as the Hugging Face hub reads it: which files are which split."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CARD = "README.md"
MOST = 1 << 20
"""Characters of a card that are looked at."""


@dataclass(frozen=True)
class Configuration:
    """One set of a repository: its name, and the patterns of the files of each split, as the card writes them."""

    name: str
    files: Mapping[str, tuple[str, ...]]

    @property
    def folder(self) -> str:
        """In which its files lie; `.` where that is not one."""
        parents = {str(Path(pattern).parent) for patterns in self.files.values() for pattern in patterns}
        return parents.pop() if len(parents) == 1 else "."


def configurations(folder: Path) -> list[Configuration]:
    """Those that a folder's card lists with their files by split; none where there is no such card."""
    card = folder / CARD
    if not card.is_file():
        return []
    import yaml

    try:
        text = card.read_text(encoding="utf-8")[:MOST].replace("\r\n", "\n")
        _, front, _ = text.split("---\n", 2) if text.startswith("---\n") else ("", "", "")
        listed = (yaml.safe_load(front) or {}).get("configs") or []
        found = [_configuration(entry) for entry in listed if isinstance(entry, dict)]
    except (OSError, ValueError, AttributeError, TypeError, RecursionError, yaml.YAMLError):
        return []  # a page for people
    return [one for one in found if one.files]


def _configuration(entry: Mapping[str, Any]) -> Configuration:
    files, folder = entry.get("data_files"), entry.get("data_dir")
    pairs: list[tuple[Any, Any]] = []
    if isinstance(files, dict):
        pairs = list(files.items())
    elif isinstance(files, list):
        pairs = [(part.get("split"), part.get("path")) for part in files if isinstance(part, dict)]
    found = {str(split): _patterns(path, folder) for split, path in pairs if split is not None}
    return Configuration(str(entry.get("config_name", "")), {split: paths for split, paths in found.items() if paths})


def _patterns(path: Any, folder: Any) -> tuple[str, ...]:
    """Patterns inside the repository: one that leads out of it is none."""
    given: Sequence[Any] = path if isinstance(path, list) else [path]
    inside = [f"{folder}/{one}" if isinstance(folder, str) else str(one) for one in given if isinstance(one, str)]
    return tuple(one for one in inside if not Path(one).is_absolute() and ".." not in Path(one).parts)
