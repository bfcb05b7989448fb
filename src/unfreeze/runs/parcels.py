"""Folders as values: their files' bytes by name, to be sent where there is no shared disk."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

import numpy as np
import numpy.typing as npt

from unfreeze.errors import InputError

Parcel = Mapping[str, npt.NDArray[np.uint8]]
"""Path inside the folder, with `/`, to the (bytes,) of the file. Arrays, since these travel without being copied."""


def packed(folder: Path) -> Parcel:
    """Everything in a folder but what is hidden, which is not finished."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    inside = {path.relative_to(folder).as_posix(): path for path in files}
    return {
        name: np.fromfile(path, np.uint8)
        for name, path in inside.items()
        if not any(part.startswith(".") for part in PurePosixPath(name).parts)
    }


def unpacked(parcel: Parcel, folder: Path) -> None:
    """Write the files of a parcel into a folder, which is made if it is not there.

    Raises:
        InputError: a name in it leads out of the folder.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in parcel.items():
        inside = PurePosixPath(name)
        if inside.is_absolute() or ".." in inside.parts or "\\" in name or ":" in name:
            raise InputError("a parcel names a file outside of its folder", where=repr(name))
        path = folder / inside
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.data)


def digest_of(parcel: Parcel) -> str:
    """32 hex digits that name these files with their contents."""
    digest = hashlib.blake2b(digest_size=16)
    for name, content in sorted(parcel.items()):
        digest.update(f"{len(name)} {name} {len(content)} ".encode())
        digest.update(content.data)
    return digest.hexdigest()
