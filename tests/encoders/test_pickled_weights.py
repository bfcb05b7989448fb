"""Weights as pickles: the same encoder through `convert`, nothing run of what else they hold, one line for the rest."""

from __future__ import annotations

import json
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from families import make_model, make_tokenizer
from folders import half, sentence_transformer, write
from safetensors.torch import load_file

from unfreeze.commands.convert import convert
from unfreeze.encoders.load import load_encoder
from unfreeze.errors import InputError

RAN: list[str] = []


class Runs:
    """What runs when it is unpickled."""

    def __reduce__(self) -> tuple[Callable[[str], None], tuple[str]]:
        return RAN.append, ("it ran",)


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("weights") / "encoder", make_model("bert"), make_tokenizer())


@pytest.fixture
def folder(original: Path, tmp_path: Path) -> Path:
    """An encoder's folder, to be changed."""
    shutil.copytree(original, tmp_path / "encoder")
    return tmp_path / "encoder"


def weights(folder: Path) -> dict[str, torch.Tensor]:
    """The folder's weights, which are taken away from it."""
    found = load_file(folder / "model.safetensors")
    (folder / "model.safetensors").unlink()
    return found


def old_names(found: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    def renamed(name: str) -> str:
        return name.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta")

    return {f"bert.{renamed(name)}": tensor for name, tensor in found.items()}


def of_old_torch(found: dict[str, torch.Tensor], path: Path) -> None:
    torch.save(found, path, _use_new_zipfile_serialization=False)


def shared(found: dict[str, torch.Tensor], path: Path) -> None:
    """Two names for one tensor, as tied weights are, and one that does not lie in order."""
    name = "embeddings.word_embeddings.weight"
    found |= {"cls.predictions.decoder.weight": found[name], "extra.turned": found[name].T}
    torch.save(found, path)


def in_shards(found: dict[str, torch.Tensor], path: Path) -> None:
    names = sorted(found)
    parts = {"pytorch_model-00001-of-00002.bin": names[::2], "pytorch_model-00002-of-00002.bin": names[1::2]}
    for name, part in parts.items():
        torch.save({key: found[key] for key in part}, path.parent / name)
    index = {"metadata": {}, "weight_map": {key: name for name, part in parts.items() for key in part}}
    (path.parent / "pytorch_model.bin.index.json").write_text(json.dumps(index))


@pytest.mark.parametrize(
    "save",
    [torch.save, of_old_torch, shared, in_shards, lambda found, path: torch.save(old_names(found), path)],
    ids=["zip", "old torch", "shared", "shards", "old names"],
)
def test_convert_makes_the_same_encoder_of_them(
    save: Callable[[dict[str, torch.Tensor], Path], None], folder: Path, tmp_path: Path
) -> None:
    expected = load_encoder(str(folder)).fingerprint()
    save(weights(folder), folder / "pytorch_model.bin")
    with pytest.raises(InputError, match=f"re-save them with unfreeze convert {folder} --out NEW"):
        load_encoder(str(folder))
    before = sorted(path.name for path in folder.iterdir())
    assert convert(str(folder), tmp_path / "new", {}) == expected
    assert load_encoder(str(tmp_path / "new")).fingerprint() == expected
    assert sorted(path.name for path in folder.iterdir()) == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["encoder", "new"]


def test_halves_and_folders_of_older_days_too(tmp_path: Path) -> None:
    pytest.importorskip("sentence_transformers")
    t5 = half(tmp_path / "t5", form="encoder")
    folder = sentence_transformer(tmp_path / "st", t5, old=True, pooling="cls", limit=9)
    expected = load_encoder(str(folder))
    inside = folder / "0_Transformer"
    torch.save(weights(inside), inside / "pytorch_model.bin")
    with pytest.raises(InputError, match=f"unfreeze convert {folder} --out NEW"):
        load_encoder(str(folder))
    convert(str(folder), tmp_path / "new", {"prefix": "in "})
    new = load_encoder(str(tmp_path / "new"))
    assert (new.traits, new.max_length) == (expected.traits, 9)
    ids = new.read_texts(["good"]).ids.tolist()
    assert ids == expected.read_texts(["in good"]).ids.tolist()


def refused(folder: Path, out: Path, problem: str) -> None:
    with pytest.raises(InputError) as caught:
        convert(str(folder), out, {})
    assert problem in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 450
    assert not out.exists()


def test_what_would_run_does_not(folder: Path, tmp_path: Path) -> None:
    found: dict[str, Any] = {**weights(folder), "more": Runs()}
    for protocol in (0, 2, 4):
        torch.save(found, folder / "pytorch_model.bin", pickle_protocol=protocol) if protocol == 2 else (
            folder / "pytorch_model.bin"
        ).write_bytes(pickle.dumps(found, protocol))
        refused(folder, tmp_path / "new", "pytorch_model.bin")
    assert not RAN


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "not a file of weights, or is torn"),
        (b"never a pickle", "pytorch_model.bin"),
        (b"PK\x03\x04" + b"\0" * 50, "torn"),
        (b"\x80\x02N.", "pytorch_model.bin"),
        (b"\x80\x02]" * 9, "pytorch_model.bin"),
    ],
)
def test_files_that_are_not_weights(content: bytes, problem: str, folder: Path, tmp_path: Path) -> None:
    weights(folder)
    (folder / "pytorch_model.bin").write_bytes(content)
    refused(folder, tmp_path / "new", problem)


def test_torn_in_the_middle(folder: Path, tmp_path: Path) -> None:
    torch.save(weights(folder), folder / "pytorch_model.bin")
    whole = (folder / "pytorch_model.bin").read_bytes()
    for part in (len(whole) // 2, len(whole) - 10, 100):
        (folder / "pytorch_model.bin").write_bytes(whole[:part])
        refused(folder, tmp_path / "new", "pytorch_model.bin")


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ([1, 2], "contains no tensors by name"),
        ({}, "contains no tensors by name"),
        ({"epoch": 3}, "more than tensors"),
        ({"model": {"a": torch.zeros(2)}}, "more than tensors by name, such as 'model'"),
        ({3: torch.zeros(2)}, "such as '3'"),
        ({"a": torch.zeros(2)}, "its weights lack"),
    ],
)
def test_what_else_torch_saves(values: object, problem: str, folder: Path, tmp_path: Path) -> None:
    weights(folder)
    torch.save(values, folder / "pytorch_model.bin")
    refused(folder, tmp_path / "new", problem)


def test_a_shard_that_is_missing_and_an_index_that_is_none(folder: Path, tmp_path: Path) -> None:
    in_shards(weights(folder), folder / "pytorch_model.bin")
    (folder / "pytorch_model-00002-of-00002.bin").unlink()
    refused(folder, tmp_path / "new", "lack 1 of 2 files, such as pytorch_model-00002-of-00002.bin")
    index = folder / "pytorch_model.bin.index.json"
    for text in ("{", "[]", "{}", '{"weight_map": {}}', '{"weight_map": 3}'):
        index.write_text(text)
        refused(folder, tmp_path / "new", "lists no files")
    index.write_text('{"weight_map": {"a": "../../secret.bin"}}')
    refused(folder, tmp_path / "new", "names a file outside the folder")
    index.unlink()
    refused(folder, tmp_path / "new", "contains no weights as safetensors")


@pytest.mark.parametrize(
    "name", ["tf_model.h5", "flax_model.msgpack", "model.ckpt.index", "model.onnx", "rust_model.ot"]
)
def test_weights_of_others_alone(name: str, folder: Path, tmp_path: Path) -> None:
    weights(folder)
    (folder / name).write_bytes(b"x")
    refused(folder, tmp_path / "new", f"other weights: {name}")


def test_adapters_beside_pickles_are_refused_as_before(folder: Path, tmp_path: Path) -> None:
    torch.save(weights(folder), folder / "pytorch_model.bin")
    shutil.copyfile(folder / "pytorch_model.bin", folder / "pytorch_adapter.bin")
    refused(folder, tmp_path / "new", "contains an adapter (pytorch_adapter.bin)")
