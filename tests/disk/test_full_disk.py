"""A file system that takes no more: whatever library writes, it is one line, nothing half-written stays.

A limit on the size of files stands for a full disk: the writes themselves fail, in C, C++ and Rust too.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pyarrow
import pyarrow.parquet
import pytest
import tiny
import torch
from safetensors.torch import save_file
from transformers import AutoModel, AutoTokenizer

from unfreeze.disk.arrays import new_hdf5, save_array
from unfreeze.disk.files import new_file, new_folder
from unfreeze.errors import InputError

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no limits on the size of files")


@contextmanager
def room_for(size: int) -> Iterator[None]:
    """No file may grow beyond that many bytes inside the block."""
    import resource

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def hdf5(path: Path) -> None:
    with new_hdf5(path) as file:
        file.create_dataset("x", data=np.zeros(5000, np.float32))


def npz(path: Path) -> None:
    with path.open("wb") as file:
        np.savez(file, x=np.zeros(5000))


def array_of(count: int) -> Callable[[Path], None]:
    return lambda path: save_array(path, np.arange(count))


WRITERS: dict[str, Callable[[Path], object]] = {
    "text": lambda path: path.write_text("x" * 5000, encoding="utf-8"),
    "safetensors": lambda path: save_file({"x": torch.zeros(5000)}, path),
    "torch": lambda path: torch.save({"x": torch.zeros(5000)}, path),
    "hdf5": hdf5,
    "parquet": lambda path: pyarrow.parquet.write_table(pyarrow.table({"x": list(range(5000))}), path),
    "npz": npz,
    "few numbers": array_of(200),
    "some numbers": array_of(500),
    "many numbers": array_of(100_000),
}


@pytest.mark.parametrize("size", [0, 60, 300, 1500])
@pytest.mark.parametrize("kind", WRITERS)
def test_whatever_is_written_is_whole_or_not_there_and_reported(kind: str, size: int, tmp_path: Path) -> None:
    path = tmp_path / "x.data"

    def write() -> None:
        with new_file(path) as new:
            WRITERS[kind](new)

    problem = r"x\.data: cannot be written: (File too large|the disk took only a part)"
    with pytest.raises(InputError, match=problem), room_for(size):
        write()
    assert list(tmp_path.iterdir()) == []
    write()  # where there is room again
    assert path.stat().st_size > size


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.make_encoder(tmp_path_factory.mktemp("encoder") / "tiny")


@pytest.mark.parametrize("what", [AutoModel, AutoTokenizer])
def test_folders_of_transformers_too(what: type, encoder: Path, tmp_path: Path) -> None:
    loaded = what.from_pretrained(encoder)  # type: ignore[attr-defined]

    def write() -> None:
        with new_folder(tmp_path / "new") as new:
            loaded.save_pretrained(new)

    with pytest.raises(InputError, match="new: cannot be written: File too large"), room_for(200):
        write()
    assert list(tmp_path.iterdir()) == []
    write()
    assert [path.name for path in tmp_path.iterdir()] == ["new"]
