"""Where the rows of a split are: one file, or several that are its parts, in their order."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from unfreeze.data.compressed import SUFFIXES as COMPRESSED


@dataclass(frozen=True)
class Source:
    """The files of a split.

    Attributes:
        paths: in order, at least one.
        classes: of each file, where each contains one text and is in the folder of its class; else empty.
        folder: that was read as a whole, None where the files were named.
        class_names: columns whose numbers stand for classes, as a file beside the data says.
        rows: indices of the rows that are meant, in their order; None takes all.
    """

    paths: tuple[Path, ...]
    classes: tuple[str, ...] = ()
    folder: Path | None = None
    class_names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    rows: Sequence[int] | None = None

    @property
    def shown(self) -> Path:
        """How messages call it: the file, or the folder, or the first of several files."""
        if len(self.paths) == 1 and not self.classes:
            return self.paths[0]
        if self.folder is not None:
            return self.folder
        first = self.paths[0]
        return first.with_name(f"{first.name} and {len(self.paths) - 1} more")

    @property
    def told(self) -> str | tuple[str, ...]:
        """How results name it."""
        if self.classes or (self.folder is not None and len(self.paths) > 1):
            return str(self.folder)
        return str(self.paths[0]) if len(self.paths) == 1 else tuple(map(str, self.paths))


def natural(path: Path) -> tuple[tuple[int, int, str], ...]:
    """Sort key that knows numbers: part 2 comes before part 10, whatever folders they are in."""
    pieces = re.split(r"(\d+)", path.as_posix().casefold())
    return tuple((1, int(piece), "") if piece.isdecimal() else (0, 0, piece) for piece in pieces if piece)


def in_order(paths: Iterable[Path]) -> tuple[Path, ...]:
    """Paths by their names as people count."""
    return tuple(sorted(paths, key=natural))


def plain_name(path: Path) -> Path:
    """The name that shows a file's format: unpacked, and not a part of something."""
    inner = unpacked(path)
    return inner.with_name(_MARK.sub("", inner.name) or inner.name)


_MARK = re.compile(r"(?<=.)(?:[-_.]?\d+[-_ ]?of[-_ ]?\d+(?:-[0-9a-f]{8,})?|\.(?:part[-_.]?)?\d+)$", re.IGNORECASE)
"""What the name of a part has behind that of the whole: `train.jsonl-00000-of-00003`, `train.csv.part1`."""


def unpacked(path: Path) -> Path:
    """The name that a compressed file has when it is unpacked; any other file's own."""
    return path.with_suffix("") if path.suffix.lower() in COMPRESSED else path
