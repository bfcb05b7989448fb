"""What a soak has found so far, a line of JSON each, written as it is found: a soak can be ended at any moment."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any


class Ledger:
    """The lines of one file; a torn last line, of a soak that was ended while it wrote, is left out."""

    def __init__(self, file: Path) -> None:
        self.file = file
        file.parent.mkdir(parents=True, exist_ok=True)
        self.lines = list(_whole(file))

    def add(self, line: Mapping[str, Any]) -> None:
        """Keep a line; it is on the disk when this returns."""
        self.lines.append(dict(line))
        with self.file.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
            file.flush()
            os.fsync(file.fileno())

    def of(self, part: str, name: str | None = None) -> list[dict[str, Any]]:
        """Lines of a part, or of one name in it."""
        return [line for line in self.lines if line["part"] == part and name in (None, line["name"])]


def _whole(file: Path) -> Iterator[dict[str, Any]]:
    if not file.exists():
        return
    kept = b""
    for line in file.read_bytes().splitlines(keepends=True):
        if line.endswith(b"\n"):
            kept += line
            yield json.loads(line)
    file.write_bytes(kept)
