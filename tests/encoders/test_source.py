"""Names on the hub are folders of its cache: whatever is looked at in a folder is looked at there too."""

from __future__ import annotations

from pathlib import Path

import pytest
from families import change_json, make_model, save_folder

from unfreeze.encoders import source
from unfreeze.encoders.load import load_encoder
from unfreeze.errors import InputError


@pytest.fixture
def cached(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository `someone/encoder` in the cache, as it was fetched once; there is no connection."""
    repository = tmp_path / "models--someone--encoder"
    folder = repository / "snapshots" / ("a" * 40)
    folder.mkdir(parents=True)
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text("a" * 40)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    source._fetched.cache_clear()
    return save_folder(folder, make_model("bert"))


def test_a_repository_is_read_as_its_folder_is(cached: Path) -> None:
    encoder = load_encoder("someone/encoder")
    assert encoder.name == "someone/encoder"
    assert encoder.fingerprint() == load_encoder(str(cached)).fingerprint()
    change_json(cached / "sentence_bert_config.json", max_seq_length=17)
    assert load_encoder("someone/encoder").max_length == 17


@pytest.mark.parametrize(
    ("file", "values", "told"),
    [
        ("adapter_config.json", {"peft_type": "LORA"}, "adapter"),
        ("config.json", {"auto_map": {"AutoModel": "own.OwnModel"}}, "own.OwnModel"),
        ("config.json", {"quantization_config": {"quant_method": "awq"}}, "awq"),
    ],
)
def test_a_repository_is_refused_as_its_folder_is(
    file: str, values: dict[str, object], told: str, cached: Path
) -> None:
    change_json(cached / file, **values)
    with pytest.raises(InputError, match=told) as caught:
        load_encoder("someone/encoder")
    assert caught.value.where == "--encoder someone/encoder"


def test_a_repository_without_safe_weights(cached: Path) -> None:
    (cached / "model.safetensors").unlink()
    with pytest.raises(InputError, match="unfreeze convert someone/encoder --out"):
        load_encoder("someone/encoder")


@pytest.mark.parametrize("name", ["someone/other", "other"])
def test_what_cannot_be_fetched_is_one_line(name: str, cached: Path) -> None:
    with pytest.raises(InputError, match=f"--encoder {name}: cannot be loaded") as caught:
        load_encoder(name)
    assert "\n" not in str(caught.value)
    assert "minilm" in str(caught.value)
