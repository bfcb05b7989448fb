"""Published ELMo folders: what is wrong with one is said with file and tensor."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import torch
from oracle import random_tensors
from test_parity import OPTIONS, written

from unfreeze.encoders.elmo.published import is_published, read_options, read_weights
from unfreeze.errors import InputError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return written(tmp_path / "elmo", OPTIONS, random_tensors(OPTIONS))


def told(folder: Path) -> str:
    with pytest.raises(InputError) as raised:
        read_weights(folder, read_options(folder))
    return str(raised.value)


def test_a_published_folder_is_known_by_its_options(folder: Path, tmp_path: Path) -> None:
    assert is_published(folder)
    assert not is_published(tmp_path)


def test_the_names_of_published_files_may_be_longer(folder: Path) -> None:
    plain = read_weights(folder, read_options(folder))
    stem = "elmo_2x1024_128_2048cnn_1xhighway"
    (folder / "options.json").rename(folder / f"{stem}_options.json")
    (folder / "weights.hdf5").rename(folder / f"{stem}_weights.hdf5")
    assert is_published(folder)
    found = read_weights(folder, read_options(folder))
    assert found.keys() == plain.keys()
    assert all(torch.equal(found[name], tensor) for name, tensor in plain.items())
    (folder / "other_options.json").write_text("{}", encoding="utf-8")
    with pytest.raises(InputError, match=f"contains 2 files of options; .*: {stem}_options.json, other_options.json"):
        is_published(folder)


def test_options_of_a_longer_name_without_weights_are_not_elmos(tmp_path: Path) -> None:
    (tmp_path / "my_options.json").write_text("{}", encoding="utf-8")
    assert not is_published(tmp_path)


def test_several_files_of_weights(folder: Path) -> None:
    shutil.copy(folder / "weights.hdf5", folder / "more.hdf5")
    assert told(folder) == f"{folder}: contains 2 files of ELMo's weights; keep one: more.hdf5, weights.hdf5"


def test_other_hdf5_files_beside_the_weights_are_passed_over(folder: Path) -> None:
    with h5py.File(folder / "a_first.hdf5", "w") as file:
        file["0"] = np.zeros(3)
    assert "cnn.embedding" in read_weights(folder, read_options(folder))


@pytest.mark.parametrize(("change", "expected"), [
    ({"dim": 8}, "weights.hdf5: RNN_0/RNN/MultiRNNCell/Cell0/LSTMCell/W_0 has the shape (12, 36), options.json asks"),
    ({"n_highway": 3}, "weights.hdf5: has no tensor CNN_high_2/W_carry, which options.json asks for"),
    ({"filters": [[1, 3], [2, 4], [3, 6]]}, "CNN/W_cnn_2 has the shape (1, 3, 4, 5), options.json asks for (1, 3, 4"),
    ({"n_layers": 3}, "has no tensor RNN_0/RNN/MultiRNNCell/Cell2/LSTMCell/W_0"),
    ({"n_layers": 1}, "has a tensor RNN_0/RNN/MultiRNNCell/Cell1/LSTMCell/B, which options.json does not ask for"),
    ({"n_highway": 1}, "has a tensor CNN_high_1/W_carry, which options.json does not ask for"),
    ({"n_highway": None}, "has a tensor CNN_high_0/W_carry, which options.json does not ask for"),
], ids=lambda value: str(value)[:30])  # fmt: skip
def test_options_that_disagree_with_the_weights(change: dict[str, Any], expected: str, folder: Path) -> None:
    options = deepcopy(OPTIONS)
    for key, value in change.items():
        part = options["lstm" if key in options["lstm"] else "char_cnn"]
        part[key] = value
        if value is None:
            del part[key]
    (folder / "options.json").write_text(json.dumps(options), encoding="utf-8")
    assert expected in told(folder)


def _remove(folder: Path) -> None:
    (folder / "weights.hdf5").unlink()


def _truncate(folder: Path) -> None:
    whole = (folder / "weights.hdf5").read_bytes()
    (folder / "weights.hdf5").write_bytes(whole[: len(whole) // 2])


def _foreign(folder: Path) -> None:
    (folder / "weights.hdf5").write_bytes(b"\x80\x04not this")


def _tree(folder: Path) -> None:
    whole = (folder / "weights.hdf5").read_bytes()
    (folder / "weights.hdf5").write_bytes(whole.replace(b"TREE", b"XREE"))


def _words(folder: Path) -> None:
    with h5py.File(folder / "weights.hdf5", "r+") as file:
        del file["CNN/b_cnn_0"]
        file["CNN/b_cnn_0"] = ["a", "b", "c"]


def _other(folder: Path) -> None:
    with h5py.File(folder / "weights.hdf5", "w") as file:
        file["something"] = np.zeros(3)


@pytest.mark.parametrize(("damage", "expected"), [
    (_remove, "no .hdf5 file with ELMo's weights"),
    (_truncate, "weights.hdf5: is not an HDF5 file, or is torn"),
    (_foreign, "weights.hdf5: is not an HDF5 file, or is torn"),
    (_tree, "weights.hdf5: is not an HDF5 file, or is torn"),
    (_words, "weights.hdf5: is not an HDF5 file, or is torn: could not convert"),
    (_other, "no .hdf5 file with ELMo's weights"),
])  # fmt: skip
def test_damaged_weights(damage: Callable[[Path], None], expected: str, folder: Path) -> None:
    damage(folder)
    assert expected in told(folder)


@pytest.mark.parametrize(("text", "expected"), [
    ("{", "cannot be read: Expecting property name"),
    ("{}", "is not as ELMo's options are written: char_cnn: is missing"),
    (json.dumps({**OPTIONS, "char_cnn": {**OPTIONS["char_cnn"], "n_characters": 100}}), "n_characters is 100"),
    (json.dumps({**OPTIONS, "char_cnn": {**OPTIONS["char_cnn"], "activation": "swish"}}), "activation is swish"),
    (json.dumps({**OPTIONS, "char_cnn": {**OPTIONS["char_cnn"], "max_characters_per_token": 16}}), "is 16"),
    (json.dumps({**OPTIONS, "unfreeze": 3}), "options are written: unfreeze: input should be an object"),
    (json.dumps({**OPTIONS, "lstm": {**OPTIONS["lstm"], "n_layers": 0}}), "written: hidden 9, projection 6, "),
    (json.dumps({**OPTIONS, "lstm": {**OPTIONS["lstm"], "dim": float("inf")}}), "cannot be read: it contains Infinity"),
    (json.dumps({**OPTIONS, "char_cnn": {**OPTIONS["char_cnn"], "filters": [[1, 0]]}}), "written: embedding 4, "),
    (json.dumps({**OPTIONS, "lstm": {**OPTIONS["lstm"], "dim": 9.5}}), "lstm.dim: input should be a valid integer"),
    (json.dumps({**OPTIONS, "lstm": {**OPTIONS["lstm"], "dim": "9"}}), "lstm.dim: input should be a valid integer"),
    (json.dumps({**OPTIONS, "lstm": {**OPTIONS["lstm"], "dim": True}}), "lstm.dim: input should be a valid integer"),
    (json.dumps({**OPTIONS, "lstm": [1]}), "lstm: input should be an object, found [1]"),
    (json.dumps(OPTIONS)[:-1] + ', "lstm": {}}', "'lstm' appears twice"),
    ('{"a": ' + "[" * 100_000 + "]" * 100_000 + "}", "nested too deeply"),
], ids=range(15))  # fmt: skip
def test_options_that_cannot_be_read(text: str, expected: str, folder: Path) -> None:
    (folder / "options.json").write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as raised:
        read_options(folder)
    assert str(raised.value).startswith(f"{folder / 'options.json'}: ")
    assert expected in str(raised.value)
