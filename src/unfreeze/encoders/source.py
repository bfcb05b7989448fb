"""Where a transformer is loaded from: a folder, or a name on the hub, and the small files beside its weights."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from unfreeze.encoders.packaged import PACKAGED, packaged_folder
from unfreeze.errors import InputError, nearest


@dataclass(frozen=True)
class Source:
    """A folder of transformers, or a repository of the hub.

    Attributes:
        name: what the user called it.
        where: what transformers is to load: a folder, or the repository's name.
        folder: the folder, None for the hub.
    """

    name: str
    where: str
    folder: Path | None

    def file(self, name: str) -> Path | None:
        """A small file of that name, fetched from the hub if need be; None where there is none."""
        if self.folder is not None:
            path = self.folder / name
            return path if path.is_file() else None
        from transformers.utils import cached_file

        with suppress(OSError, ValueError):  # no connection, no such repository: loading itself tells
            found = cached_file(
                self.where, name, _raise_exceptions_for_gated_repo=False, _raise_exceptions_for_missing_entries=False,
                _raise_exceptions_for_connection_errors=False,
            )  # fmt: skip
            return Path(found) if found else None
        return None

    def settings(self, name: str) -> dict[str, Any]:
        """The values of a JSON file, none where there is no such file.

        Raises:
            InputError: it is no JSON object.
        """
        path = self.file(name)
        if path is None:
            return {}
        try:
            values = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError) as error:
            raise self.error(f"cannot be loaded: {name} is no JSON ({shortened(error)})") from None
        if not isinstance(values, dict):
            raise self.error(f"cannot be loaded: {name} holds no JSON object")
        return values

    def inside(self, path: str) -> Source:
        """The same encoder, its files in a folder of this one; itself where the path is empty."""
        if not path or self.folder is None:
            return self
        return replace(self, where=str(self.folder / path), folder=self.folder / path)

    def error(self, problem: str) -> InputError:
        """What is wrong with this encoder, to be raised."""
        return InputError(problem, where=f"--encoder {self.name}")

    @contextmanager
    def loading(self) -> Iterator[None]:
        """Turn whatever is raised inside into one line of "cannot be loaded".

        The readers of weights, tokenizers and configurations share no class for torn files.
        """
        try:
            yield
        except InputError:
            raise
        except Exception as error:
            hint = nearest(self.name, PACKAGED) if self.folder is None else ""
            raise self.error(f"cannot be loaded: {shortened(error)}{hint}") from None


def source_of(name: str) -> Source:
    """Where an encoder of this name is: a packaged one, a folder, or else a repository of the hub.

    Raises:
        InputError: it can be none of these.
    """
    where = packaged_folder(name) or name
    if Path(where).is_dir():
        return Source(name, str(where), Path(where))
    if "/" not in name and not name.isidentifier() and not name.replace("-", "").replace(".", "").isalnum():
        raise InputError(f"no such encoder or folder{nearest(name, PACKAGED)}", where=f"--encoder {name}")
    return Source(name, str(where), None)


def shortened(error: BaseException, most: int = 300) -> str:
    """An exception of somebody else's as part of one line."""
    said = " ".join(str(error).split())
    return said[:most] or type(error).__name__
