from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from unfreeze.encoders.packaged import PACKAGED, listed_encoders, packaged_folder
from unfreeze.errors import InputError


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
