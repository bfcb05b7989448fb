"""Where a transformer is loaded from: a folder, or one that is fetched from the hub, and the small files in it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from unfreeze.encoders.packaged import PACKAGED, packaged_folder
from unfreeze.errors import InputError, nearest
from unfreeze.language.message import say

# What is fetched of a repository: no code, and of weights only those that are read.
FETCHED = ("*.json", "*.txt", "*.model", "model*.safetensors", "*/model*.safetensors")
_REPOSITORY = re.compile(r"\w[\w.-]*(/\w[\w.-]*)?", re.ASCII)
FETCHED_PICKLES = ("pytorch_model*.bin",)


@dataclass(frozen=True)
class Source:
    """A folder of transformers.

    Attributes:
        name: what the user called it.
        folder: where it is on this machine.
    """

    name: str
    folder: Path

    @property
    def where(self) -> str:
        """What transformers is to load."""
        return str(self.folder)

    def file(self, name: str) -> Path | None:
        """The file of that name, None where there is none."""
        path = self.folder / name
        return path if path.is_file() else None

    def settings(self, name: str) -> dict[str, Any]:
        """The values of a JSON file, none where there is no such file.

        Raises:
            InputError: it is not a JSON object.
        """
        path = self.file(name)
        if path is None:
            return {}
        try:
            values = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError) as error:
            raise self.error(
                say("cannot be loaded: {name} is not JSON ({error})", name=name, error=shortened(error))
            ) from None
        if not isinstance(values, dict):
            raise self.error(say("cannot be loaded: {name} contains no JSON object", name=name))
        return values

    def inside(self, path: str) -> Source:
        """The same encoder, its files in a folder of this one; itself where the path is empty."""
        return replace(self, folder=self.folder / path) if path else self

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
            raise self.error(say("cannot be loaded: {error}", error=shortened(error))) from None


def source_of(name: str, pickles: bool = False) -> Source:
    """Where an encoder of this name is: a packaged one, a folder, or else a repository of the hub, fetched from there.

    Args:
        pickles: of a repository without weights as safetensors, those that torch has pickled will do.

    Raises:
        InputError: it can be none of these, or cannot be fetched.
    """
    where = packaged_folder(name) or name
    if Path(where).is_dir():
        return Source(name, Path(where))
    if not _REPOSITORY.fullmatch(name):
        raise InputError(
            say("no such encoder or folder{name}", name=nearest(name, PACKAGED)), where=f"--encoder {name}"
        )
    folder = _fetched(name, FETCHED)
    if not any(folder.glob("**/*.safetensors")) and (folder / "config.json").exists():
        if not pickles:
            problem = say(
                "has no weights as safetensors on the hub; re-save others with unfreeze convert {name} --out NEW",
                name=name,
            )
            raise InputError(problem, where=f"--encoder {name}")
        folder = _fetched(name, (*FETCHED, *FETCHED_PICKLES))
    return Source(name, folder)


@cache
def _fetched(name: str, patterns: tuple[str, ...]) -> Path:
    """The folder in the cache that a repository of the hub was fetched into; without a connection, as it was last."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.utils.tqdm import disable_progress_bars

    disable_progress_bars()
    try:
        return Path(snapshot_download(name, allow_patterns=list(patterns)))
    except Exception as error:  # no connection, no such repository, no leave to read it, no room
        hint = nearest(name, PACKAGED)
        raise InputError(
            say("cannot be loaded: {error}{hint}", error=shortened(error), hint=hint), where=f"--encoder {name}"
        ) from None


def shortened(error: BaseException, most: int = 300) -> str:
    """An exception of somebody else's as part of one line."""
    message = " ".join(str(error).split())
    return message[:most] or type(error).__name__
