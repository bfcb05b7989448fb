from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import torch
from safetensors import safe_open
from safetensors.numpy import load_file
from safetensors.torch import save_file

from unfreeze.pretraining.halving import halve


def test_every_format_is_rounded_to_float16(tmp_path: Path) -> None:
    wide = np.random.default_rng(0).standard_normal((3, 4)).astype(np.float32)
    wide[0, 0] = 1e-9  # too small for float16
    counts, fine = np.arange(3), wide.astype(np.float64)
    tensors = {name: torch.from_numpy(array) for name, array in (("w", wide), ("n", counts), ("fine", fine))}
    save_file(tensors, tmp_path / "a.safetensors", {"format": "pt"})
    np.save(tmp_path / "b.npy", wide)
    np.savez(tmp_path / "c.npz", w=wide, n=counts, fine=fine)
    with h5py.File(tmp_path / "d.hdf5", "w") as file:
        file["deep/w"], file["n"], file["fine"] = wide, counts, fine
    (tmp_path / "e.txt").write_text("other", encoding="utf-8")
    halve(tmp_path)
    half = wide.astype(np.float16)
    with h5py.File(tmp_path / "d.hdf5") as file, np.load(tmp_path / "c.npz") as packed:
        halved = load_file(tmp_path / "a.safetensors")
        for found in (halved["w"], np.load(tmp_path / "b.npy"), packed["w"], file["deep/w"][()]):
            assert found.dtype == np.float16
            assert np.array_equal(found, half)
        for found in (halved["n"], packed["n"], file["n"][()]):
            assert np.array_equal(found, counts)
            assert found.dtype == counts.dtype
        for found in (halved["fine"], packed["fine"], file["fine"][()]):
            assert found.dtype == np.float64
            assert np.array_equal(found, fine)
    with safe_open(tmp_path / "a.safetensors", "np") as opened:
        assert opened.metadata() == {"format": "pt"}  # transformers asks for it
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.safetensors", "b.npy", "c.npz", "d.hdf5", "e.txt"]
