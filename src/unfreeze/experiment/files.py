"""Files and folders that are either whole or not there."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from safetensors import SafetensorError

from unfreeze.errors import InputError

_UNFINISHED = re.compile(r"\..+\.\d+")


def _hidden(path: Path) -> Path:
    """Where `path` is written before it is whole; the process is in the name."""
    return path.with_name(f".{path.name}.{os.getpid()}")


def _unwritable(path: Path, error: OSError | SafetensorError) -> InputError:
    return InputError(f"cannot be written: {getattr(error, 'strerror', None) or error}", where=str(path))


@contextmanager
def new_file(path: Path) -> Iterator[Path]:
    """A hidden file to write that becomes `path` when the block ends well, and vanishes when it does not.

    Raises:
        InputError: the disk is full or may not be written.
    """
    temporary = _hidden(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        os.replace(temporary, path)
    except (OSError, SafetensorError) as error:
        raise _unwritable(path, error) from None
    finally:
        _discard(temporary)


def write_text(path: Path, text: str) -> None:
    """Write `text` so that `path` is at no moment half-written. A full disk is an `InputError`."""
    with new_file(path) as temporary, temporary.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def write_json(path: Path, values: Any) -> None:
    """Write JSON atomically; NaN is refused, since it is no JSON."""
    write_text(path, json.dumps(values, indent=1, ensure_ascii=False, allow_nan=False) + "\n")


@contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """A hidden folder to fill that becomes `path` when the block ends well, and vanishes when it does not.

    Raises:
        InputError: the disk is full or may not be written.
    """
    temporary = _hidden(path)
    _discard(temporary)
    try:
        temporary.mkdir(parents=True)
        yield temporary
        if path.exists():
            shutil.rmtree(path)
        os.replace(temporary, path)
    except (OSError, SafetensorError) as error:
        raise _unwritable(path, error) from None
    finally:
        _discard(temporary)


def sweep(folder: Path) -> None:
    """Delete what killed processes left unfinished in a folder; no other process may be writing there."""
    for path in folder.glob(".*"):
        if _UNFINISHED.fullmatch(path.name):
            _discard(path)


def _discard(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(OSError):  # not there, or its folder is none
            path.unlink()
