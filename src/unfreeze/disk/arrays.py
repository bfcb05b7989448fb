"""Arrays written so that a full disk is noticed.

numpy hands arrays to C's buffered files and does not look whether their last bytes, up to 4 kB, came to the disk.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np


class _Plain:
    """A file of which numpy knows only how to write to it."""

    def __init__(self, file: BinaryIO) -> None:
        self.write = file.write


def save_array(path: Path, array: np.ndarray[Any, Any]) -> None:
    """Write an `.npy` file; of a mapped array a part at a time. Raises `OSError` where any of it cannot be written."""
    with path.open("wb") as file:
        np.lib.format.write_array(_Plain(file), array, allow_pickle=False)


@contextmanager
def new_hdf5(path: Path) -> Iterator[Any]:
    """An open HDF5 file to fill, made in memory and written at the end: HDF5 itself crashes on a full disk."""
    import h5py

    made = io.BytesIO()
    with h5py.File(made, "w") as opened:
        yield opened
    path.write_bytes(made.getbuffer())
