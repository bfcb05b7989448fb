"""Folders with code of their own: it never runs, and no other model is taken for theirs without a word."""

from __future__ import annotations

import builtins
import json
from pathlib import Path
from typing import Any

import pytest
import torch
from families import change_json, make_model, make_tokenizer, refused, save_folder
from transformers import NomicBertConfig, NomicBertModel

from unfreeze.encoders.load import load_encoder

CODE = "open(__file__ + '.ran', 'w').close()\n"


@pytest.fixture(autouse=True)
def unasked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever asks on the terminal fails."""

    def ask(*_: Any) -> str:
        raise AssertionError("the terminal was asked")

    monkeypatch.setattr(builtins, "input", ask)


@pytest.fixture
def folder(tmp_path: Path) -> Any:
    """`folder(auto_map, model, **config)`: with code for the classes of `auto_map`; none of it has run in the end."""

    def made(auto_map: Any, model: Any = None, **config: Any) -> Path:
        save_folder(tmp_path, model or make_model("bert"), auto_map=auto_map, **config)
        (tmp_path / "own.py").write_text(CODE)
        return tmp_path

    yield made
    assert not list(tmp_path.glob("*.ran"))


def nomic() -> NomicBertModel:
    sizes = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 24}
    torch.manual_seed(0)
    return NomicBertModel(NomicBertConfig(vocab_size=len(make_tokenizer()), **sizes)).eval()


OTHER_MODELS = {
    "another class": {"AutoConfig": "own.OwnConfig", "AutoModel": "own.OwnModel"},
    "in another repository": {"AutoModel": "someone/implementation--own.JinaBertModel"},
    "another network of the same name": {"AutoConfig": "own.BertConfig", "AutoModel": "own.BertModel"},
}


@pytest.mark.parametrize("case", OTHER_MODELS)
def test_a_model_of_its_own_is_not_replaced_by_a_known_one(case: str, folder: Any) -> None:
    told = refused(folder(OTHER_MODELS[case]))
    assert OTHER_MODELS[case]["AutoModel"] in told
    assert "never run" in told
    assert "BertModel" in told
    assert "take auto_map out" in told


def test_what_is_advised_helps(folder: Any) -> None:
    path = folder(OTHER_MODELS["another class"])
    refused(path)
    change_json(path / "config.json", auto_map=None)
    assert load_encoder(str(path)).notes == ()


@pytest.mark.parametrize("auto_map", [None, {"AutoConfig": "own.NewConfig", "AutoModel": "own.NewModel"}])
def test_an_unknown_kind_is_refused_in_words_of_ours(auto_map: Any, folder: Any) -> None:
    told = refused(folder(auto_map, model_type="new"))
    assert "type 'new'" in told
    assert ("never run" in told) is (auto_map is not None)
    assert "choose another encoder" in told


def test_a_kind_without_a_plain_model_is_one_line(folder: Any) -> None:
    assert "'siglip_text_model'" in refused(folder(None, model_type="siglip_text_model"))


def test_code_that_transformers_has_by_now_is_not_needed(folder: Any, tmp_path: Path) -> None:
    names = {"AutoConfig": "own.NomicBertConfig", "AutoModel": "nomic-ai/nomic-bert-2048--own.NomicBertModel"}
    encoder = load_encoder(str(folder(names, nomic())))
    (line,) = encoder.notes
    assert "nomic-bert-2048--own.NomicBertModel" in line
    assert "not run" in line
    encoder.save(tmp_path / "again")
    assert "auto_map" not in json.loads((tmp_path / "again" / "config.json").read_text())
    assert load_encoder(str(tmp_path / "again")).fingerprint() == encoder.fingerprint()
    assert "OwnModel" in refused(folder({"AutoModel": "own.OwnModel"}, nomic()))


@pytest.mark.parametrize("part", ["AutoConfig", "AutoModelForSequenceClassification"])
def test_code_for_other_parts_than_the_encoder_is_reported(part: str, folder: Any) -> None:
    (line,) = load_encoder(str(folder({part: "own.Thing"}))).notes
    assert "own.Thing" in line
    assert "read as a BertModel" in line


@pytest.mark.parametrize("parts", [["own.OwnTokenizer", None], {"AutoTokenizer": [None, "own.OwnTokenizer"]}])
def test_a_tokenizer_of_its_own(parts: Any, folder: Any) -> None:
    path = folder(None)
    change_json(path / "tokenizer_config.json", auto_map=parts)
    (line,) = load_encoder(str(path)).notes
    assert "own.OwnTokenizer" in line
    vocabulary = make_tokenizer().get_vocab()
    (path / "vocab.txt").write_text("\n".join(sorted(vocabulary, key=vocabulary.get)))
    (path / "tokenizer.json").unlink()
    assert "own.OwnTokenizer" in refused(path)


@pytest.mark.parametrize(("name", "told"), [("JinaBertModel", True), ("BertForMaskedLM", False), ("BertCRF", False)])
def test_a_network_that_is_only_named_is_reported(name: str, told: bool, folder: Any) -> None:
    said = load_encoder(str(folder(None, architectures=[name]))).notes
    assert [name in line and "read as a BertModel" in line for line in said] == [True] * told


@pytest.mark.parametrize("auto_map", [[], "own.OwnModel", {"AutoModel": None}, {"AutoModel": 3}, 7])
def test_odd_values_make_no_traceback(auto_map: Any, folder: Any) -> None:
    path = folder(auto_map)
    try:
        load_encoder(str(path))
    except Exception:
        refused(path)
