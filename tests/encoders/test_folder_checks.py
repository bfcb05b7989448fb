"""What lies beside the weights and would not be applied is refused or told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from families import change_json, make_model, refused, save_folder

from unfreeze.encoders.load import load_encoder


@pytest.mark.parametrize("name", ["adapter_config.json", "adapter_model.safetensors", "pytorch_adapter.bin"])
def test_an_adapter_is_not_passed_over(name: str, tmp_path: Path) -> None:
    save_folder(tmp_path, make_model("bert"))
    (tmp_path / name).write_text('{"peft_type": "LORA", "base_model_name_or_path": "bert"}')
    told = refused(tmp_path)
    assert name in told
    assert "merge" in told
    (tmp_path / name).unlink()
    assert load_encoder(str(tmp_path)).notes == ()


def test_an_adapter_alone_wants_its_model(tmp_path: Path) -> None:
    (tmp_path / "adapter_config.json").write_text("{}")
    (tmp_path / "adapter_model.safetensors").write_bytes(b"")
    assert "adapter" in refused(tmp_path)


def test_an_adapter_below_is_reported(tmp_path: Path) -> None:
    save_folder(tmp_path, make_model("bert"))
    (tmp_path / "checkpoint-500").mkdir()
    (tmp_path / "checkpoint-500" / "adapter_config.json").write_text("{}")
    (line,) = load_encoder(str(tmp_path)).notes
    assert line.startswith("Warning")
    assert "checkpoint-500" in line


@pytest.mark.parametrize(
    ("how", "told"), [({"quant_method": "gptq", "bits": 4}, "gptq"), ({"load_in_8bit": True}, "quantised")]
)
def test_quantised_weights(how: dict[str, Any], told: str, tmp_path: Path) -> None:
    assert told in refused(save_folder(tmp_path, make_model("bert"), quantization_config=how))


@pytest.mark.parametrize("name", ["config.json", "tokenizer_config.json", "sentence_bert_config.json"])
@pytest.mark.parametrize("content", ["[]", "{", '"x"', "[" * 3000])
def test_files_that_hold_no_object(name: str, content: str, tmp_path: Path) -> None:
    save_folder(tmp_path, make_model("bert"))
    (tmp_path / name).write_text(content)
    assert name in refused(tmp_path)


def test_both_kinds_of_weights_are_no_trouble(tmp_path: Path) -> None:
    save_folder(tmp_path, make_model("bert"))
    (tmp_path / "pytorch_model.bin").write_bytes(b"never opened")
    change_json(tmp_path / "generation_config.json", max_length=3)
    assert load_encoder(str(tmp_path)).notes == ()
