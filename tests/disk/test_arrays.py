"""Arrays come back as they were."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pytest

from unfreeze.disk.arrays import new_hdf5, save_array


@pytest.mark.parametrize("shape", [(0, 3), (1,), (200, 7), (3, 2, 5)])
@pytest.mark.parametrize("kind", [np.float16, np.float32, np.int64])
def test_arrays_come_back(shape: tuple[int, ...], kind: type, tmp_path: Path) -> None:
    array = np.random.default_rng(0).normal(size=shape).astype(kind)
    save_array(tmp_path / "a.npy", array)
    assert np.array_equal(np.load(tmp_path / "a.npy", allow_pickle=False), array)
    np.save(tmp_path / "b.npy", array, allow_pickle=False)
    assert (tmp_path / "a.npy").read_bytes() == (tmp_path / "b.npy").read_bytes()


def test_mapped_and_turned_arrays_come_back(tmp_path: Path) -> None:
    array = np.arange(60, dtype=np.float32).reshape(6, 10)
    save_array(tmp_path / "a.npy", array)
    mapped = np.load(tmp_path / "a.npy", mmap_mode="r", allow_pickle=False)
    for one in (mapped, mapped[::2], mapped.T):
        save_array(tmp_path / "b.npy", one)
        assert np.array_equal(np.load(tmp_path / "b.npy", allow_pickle=False), one)


def test_hdf5_is_what_is_read(tmp_path: Path) -> None:
    with new_hdf5(tmp_path / "x.hdf5") as file:
        file.create_dataset("a/b", data=np.arange(5))
    with h5py.File(tmp_path / "x.hdf5") as file:
        assert file["a/b"][()].tolist() == [0, 1, 2, 3, 4]
