"""Weights in 16 bits: half the size on disk, widened again when they are loaded."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from unfreeze.disk.arrays import new_hdf5, save_array
from unfreeze.disk.files import new_file


def halve(folder: Path) -> None:
    """Rewrite every file of weights in an encoder's folder with float16 instead of float32."""
    for suffix, rewrite in _FORMATS.items():
        for path in sorted(folder.glob(f"*{suffix}")):
            with new_file(path) as unfinished:
                rewrite(path, unfinished)


def _safetensors(path: Path, to: Path) -> None:
    import torch
    from safetensors import safe_open
    from safetensors.torch import save_file

    with safe_open(path, "pt") as opened:
        about = opened.metadata()
        tensors = {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118 (no mapping)
    wide = torch.float32
    save_file({name: t.half() if t.dtype == wide else t for name, t in tensors.items()}, to, about)


def _hdf5(path: Path, to: Path) -> None:
    import h5py

    with h5py.File(path) as read, new_hdf5(to) as written:

        def copy(name: str, item: Any) -> None:
            if isinstance(item, h5py.Dataset):
                written.create_dataset(name, data=_half(item[()]))

        read.visititems(copy)


def _npy(path: Path, to: Path) -> None:
    save_array(to, _half(np.load(path, allow_pickle=False)))


def _npz(path: Path, to: Path) -> None:
    with np.load(path, allow_pickle=False) as read, to.open("wb") as file:
        np.savez(file, **{name: _half(read[name]) for name in read.files})


def _half(array: Any) -> Any:
    return array.astype(np.float16) if array.dtype == np.float32 else array


_FORMATS: dict[str, Callable[[Path, Path], None]] = {
    ".safetensors": _safetensors, ".hdf5": _hdf5, ".npy": _npy, ".npz": _npz
}  # fmt: skip
