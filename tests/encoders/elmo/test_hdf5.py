"""Weights written as they are published: read back exactly, under the names and in the shapes of published files."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pytest
import torch
from oracle import random_tensors
from test_parity import FIXTURES, OPTIONS, load, run, written

from unfreeze.encoders.elmo.hdf5 import read_hdf5, write_hdf5
from unfreeze.encoders.elmo.published import read_options, read_weights, write_folder


def tensors_of(file: Path) -> dict[str, np.ndarray]:
    found: dict[str, np.ndarray] = {}
    with h5py.File(file) as opened:
        opened.visititems(lambda name, item: found.update({name: item[()]}) if isinstance(item, h5py.Dataset) else None)
    return found


@pytest.mark.parametrize("highways", [0, 2])
def test_what_is_read_is_written_again(highways: int, tmp_path: Path) -> None:
    given = {**OPTIONS, "char_cnn": {**OPTIONS["char_cnn"], "n_highway": highways}}
    tensors = random_tensors(given)
    folder = written(tmp_path / "elmo", given, tensors)
    options = read_options(folder)
    weights = read_weights(folder, options)
    again = tmp_path / "again.hdf5"
    write_hdf5(again, weights, options.cnn, options.lstm)
    found = tensors_of(again)
    assert found.keys() == tensors.keys()
    for name, tensor in tensors.items():
        # One is added to the forget gates' biases and taken off again.
        np.testing.assert_allclose(found[name], tensor, rtol=0, atol=3e-7 if name.endswith("/B") else 0, err_msg=name)
    back = read_hdf5(again, options.cnn, options.lstm, "options.json")
    assert back.keys() == weights.keys()
    for name, ours in weights.items():
        torch.testing.assert_close(back[name], ours, rtol=0, atol=3e-7 if name.endswith("bias") else 0)


def test_in_half_precision_it_is_rounded(tmp_path: Path) -> None:
    folder = written(tmp_path / "elmo", OPTIONS, random_tensors(OPTIONS))
    options = read_options(folder)
    weights = read_weights(folder, options)
    write_hdf5(tmp_path / "half.hdf5", weights, options.cnn, options.lstm, "float16")
    assert {tensor.dtype for tensor in tensors_of(tmp_path / "half.hdf5").values()} == {np.dtype(np.float16)}
    back = read_hdf5(tmp_path / "half.hdf5", options.cnn, options.lstm, "options.json")
    for name, ours in weights.items():
        if not name.startswith("lm.") or not name.endswith("bias"):  # to those 1 is added in single precision
            assert torch.equal(back[name], ours.half().float()), name


def test_a_written_folder_computes_the_same(tmp_path: Path) -> None:
    model = load(written(tmp_path / "elmo", OPTIONS, random_tensors(OPTIONS)))
    write_folder(tmp_path / "ours", model, {"tokenizer": "treebank"}, hdf5=True)
    assert sorted(path.name for path in (tmp_path / "ours").iterdir()) == ["options.json", "weights.hdf5"]
    assert read_options(tmp_path / "ours").reading == {"tokenizer": "treebank"}
    for ours, given in zip(*(run(m, [["The", "cat"]])[0] for m in (load(tmp_path / "ours"), model)), strict=True):
        torch.testing.assert_close(ours, given)


@pytest.mark.parametrize("fixture", ["elmo_allennlp", "elmo_bilm_tf"])
def test_names_and_shapes_are_those_of_a_published_file(fixture: str, tmp_path: Path) -> None:
    folder = FIXTURES / fixture
    if not folder.exists():
        pytest.skip(f"{fixture} is not beside the project")
    options = read_options(folder)
    write_hdf5(tmp_path / "again.hdf5", read_weights(folder, options), options.cnn, options.lstm)
    ours, published = tensors_of(tmp_path / "again.hdf5"), tensors_of(folder / "lm_weights.hdf5")
    network = {name for name in published if name.startswith(("char_embed", "CNN", "RNN"))}
    assert set(ours) == network
    for name in network:
        assert ours[name].dtype == published[name].dtype
        np.testing.assert_allclose(ours[name], published[name], rtol=0, atol=1e-6, err_msg=name)
