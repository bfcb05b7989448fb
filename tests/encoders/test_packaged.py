from __future__ import annotations

import importlib.util
from dataclasses import asdict
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import Any

import families
import pytest
import skip_folder

from unfreeze.encoders import packaged
from unfreeze.encoders.elmo.bilm import LstmSize
from unfreeze.encoders.elmo.characters import CHARACTERS
from unfreeze.encoders.elmo.encoder import ElmoEncoder
from unfreeze.encoders.elmo.model import ElmoModel
from unfreeze.encoders.elmo.token_cnn import CnnSize
from unfreeze.encoders.load import load_encoder
from unfreeze.encoders.packaged import PACKAGED, Listed, listed_encoders, packaged_folder
from unfreeze.errors import InputError
from unfreeze.pretraining.record import Record, write_record
from unfreeze.pretraining.settings import SIZES, pretraining_from


def test_minilm_is_listed_with_its_size() -> None:
    row = next(row for row in listed_encoders() if row.name == "minilm")
    assert (row.layers, row.width) == (7, 384)
    assert row.mb == pytest.approx(90.9, abs=0.1)
    assert Path(row.origin) == packaged_folder("minilm")


def test_other_names_have_no_packaged_folder() -> None:
    assert packaged_folder("bert-base-uncased") is None


def test_a_missing_package_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(InputError, match="--encoder minilm: is not installed: pip install"):
        packaged_folder("minilm")
    row = next(row for row in listed_encoders() if row.name == "minilm")
    assert row.origin == f"not installed: {PACKAGED['minilm'][2]}"
    assert (row.layers, row.width, row.mb) == (None, None, None)


def test_cached_hub_models_are_listed_if_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole, torn = (tmp_path / f"models--someone--{name}" / "snapshots" / "abc" for name in ("whole", "torn"))
    for folder in (whole, torn):
        folder.mkdir(parents=True)
        (folder / "config.json").write_text('{"num_hidden_layers": 2, "hidden_size": 8}')
    (whole / "model.safetensors").write_bytes(b"x" * 2_000_000)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    (row,) = [row for row in listed_encoders() if row.name not in PACKAGED]
    assert (row.name, row.layers, row.width, row.mb) == ("someone/whole", 3, 8, 2.0)


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Folder of an installed package, from which `bert-mini` and its siblings may come."""
    found = ModuleSpec("unfreeze", None, origin=str(tmp_path / "__init__.py"))
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: found)
    return tmp_path


def test_a_package_without_the_encoders_folder(package: Path) -> None:
    rows = {row.name: row for row in listed_encoders()}
    for name in ("bert-mini", "elmo-mini", "skip-mini"):
        assert rows[name] == Listed(name, f"not installed: {PACKAGED[name][2]}")
        with pytest.raises(InputError, match=f"--encoder {name}: is not installed"):
            packaged_folder(name)


@pytest.mark.parametrize(("name", "objective", "files", "layers", "width"), [
    ("bert-mini", "mlm", ["model.safetensors", "config.json"], 3, 64),
    ("elmo-mini", "bilm", ["weights.hdf5", "options.json"], 3, 64),
    ("skip-mini", "skip-thoughts", ["uni_skip.npz", "utable.npy"], 1, 64),
])  # fmt: skip
def test_an_encoder_that_we_pretrained_is_listed_with_its_size(
    name: str, objective: Any, files: list[str], layers: int, width: int, package: Path
) -> None:
    folder = package / "pretrained" / name
    folder.mkdir(parents=True)
    asked = pretraining_from({"corpus": ("text.txt",), "out": name, "objective": objective})
    sizes = asdict(SIZES[objective]["tiny"])
    write_record(folder, Record(asked, "2026-01-02", "2 cores", "fp32", sizes, "words", 10, 1, 100, True))
    for file in files:
        weights = file.endswith((".safetensors", ".hdf5", ".npz", ".npy"))
        (folder / file).write_bytes(b"{}" if not weights else b"x" * 500_000)
    row = next(row for row in listed_encoders() if row.name == name)
    mb = sum(file.endswith((".safetensors", ".hdf5", ".npz", ".npy")) for file in files) / 2
    assert row == Listed(name, str(folder), layers, width, mb)
    assert packaged_folder(name) == folder


def test_packaged_encoders_of_every_family_are_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    skip_folder.write_folder(tmp_path / "skip-mini")
    model = ElmoModel(CnnSize(CHARACTERS, 4, ((1, 4), (2, 8)), 1, 8), LstmSize(12, 8))
    ElmoEncoder("any", model).save(tmp_path / "elmo-mini")
    families.make_encoder("modernbert").save(tmp_path / "bert-mini")
    monkeypatch.setattr(packaged, "_installed", lambda name: tmp_path / name)
    for name, family in {"bert-mini": "transformer", "elmo-mini": "elmo", "skip-mini": "sentence-vectors"}.items():
        encoder = load_encoder(name)
        assert (encoder.name, encoder.family) == (name, family)
