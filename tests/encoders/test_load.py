"""Folders and names to encoders, and what is said where that fails."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from families import FAMILIES, LIMIT, ROBERTA_LIKE, make_encoder, make_model, make_tokenizer
from skip_folder import write_folder
from transformers import BertConfig

from unfreeze.encoders.elmo.bilm import LstmSize
from unfreeze.encoders.elmo.characters import CHARACTERS
from unfreeze.encoders.elmo.encoder import ElmoEncoder
from unfreeze.encoders.elmo.model import ElmoModel
from unfreeze.encoders.elmo.token_cnn import CnnSize
from unfreeze.encoders.load import load_encoder
from unfreeze.encoders.word_vectors.files import write_vectors
from unfreeze.encoders.word_vectors.table import VectorTable
from unfreeze.errors import InputError

Save = Callable[..., Path]


@pytest.fixture(autouse=True)
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test may reach for the network, whatever name it asks for."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)


@pytest.fixture
def save(tmp_path: Path) -> Save:
    """`save(model, limit, roberta)`: a folder as transformers saves one."""

    def saved(model: torch.nn.Module, limit: int = LIMIT, roberta: bool = False) -> Path:
        folder = tmp_path / "encoder"
        model.save_pretrained(folder)  # type: ignore[operator]
        make_tokenizer(roberta, limit).save_pretrained(folder)
        return folder

    return saved


@pytest.mark.parametrize("family", FAMILIES)
def test_round_trip(family: str, save: Save) -> None:
    encoder = make_encoder(family)
    folder = save(encoder.model, roberta=family in ROBERTA_LIKE)
    loaded = load_encoder(str(folder))
    assert (loaded.name, loaded.layers, loaded.width, loaded.max_length) == (str(folder), 4, 16, LIMIT)
    assert not loaded.training
    assert loaded.fingerprint() == encoder.fingerprint()
    batch = encoder.read_texts(["the cat sat", "unfathomable"]).batch([0, 1])
    with torch.no_grad():
        torch.testing.assert_close(loaded.encode(batch).states, encoder.encode(batch).states, atol=1e-6, rtol=1e-6)


def test_one_weight_changes_the_fingerprint(save: Save) -> None:
    model = make_model("bert")
    first = load_encoder(str(save(model))).fingerprint()
    with torch.no_grad():
        model.embeddings.LayerNorm.bias[0] += 1e-6
    assert load_encoder(str(save(model))).fingerprint() != first


def test_half_precision_weights_become_fp32(save: Save) -> None:
    loaded = load_encoder(str(save(make_model("bert").to(torch.bfloat16))))
    assert {p.dtype for p in loaded.parameters()} == {torch.float32}


@pytest.mark.parametrize(
    ("tokenizer_limit", "asked", "expected"), [(16, None, 16), (16, 12, 12), (16, 30, 16), (int(1e30), None, LIMIT)]
)
def test_max_length_is_the_lowest_limit(tokenizer_limit: int, asked: int | None, expected: int, save: Save) -> None:
    assert load_encoder(str(save(make_model("bert"), tokenizer_limit)), asked).max_length == expected


def test_positions_of_roberta_hold_two_fewer(save: Save) -> None:
    """Its table has 42 rows here, of which the first two are never used; 41 pieces would be out of its range."""
    encoder = load_encoder(str(save(make_model("roberta"), 1000, roberta=True)))
    assert encoder.max_length == 40
    with torch.no_grad():
        inputs = encoder.read_texts(["the " * 100])
        assert encoder.encode(inputs.batch([0])).states.shape[1] == 40


@pytest.mark.parametrize(("own", "expected"), [({"max_seq_length": 12}, 12), ({"max_seq_length": None}, 30), ({}, 30)])
def test_sentence_transformers_limit_is_read(own: dict[str, int | None], expected: int, save: Save) -> None:
    folder = save(make_model("bert"), 30)
    (folder / "sentence_bert_config.json").write_text(json.dumps(own))
    assert load_encoder(str(folder)).max_length == expected


def test_minilm() -> None:
    encoder = load_encoder("minilm")
    assert (encoder.name, encoder.layers, encoder.width, encoder.max_length) == ("minilm", 7, 384, 256)
    assert load_encoder("minilm", 20).max_length == 20


def fails(name: str | Path, *words: str) -> None:
    with pytest.raises(InputError) as caught:
        load_encoder(str(name))
    told = str(caught.value)
    assert "\n" not in told
    assert all(word in told for word in words), told


@pytest.mark.parametrize(
    "name", ["minilmm", "mini lm", "../no/such/folder", "./folder", "a/b/c", "someone/unknown-model"]
)
def test_unknown_names_get_a_hint(name: str) -> None:
    fails(name, name, "minilm")


def test_a_near_name_is_suggested() -> None:
    fails("minilmm", "did you mean 'minilm'?")


def test_folder_without_config(tmp_path: Path) -> None:
    fails(tmp_path, str(tmp_path), "config.json")


def test_folder_without_weights(tmp_path: Path) -> None:
    BertConfig().save_pretrained(tmp_path)
    fails(tmp_path, str(tmp_path), "no weights as safetensors", "none")


def test_pickled_weights_are_not_read(save: Save) -> None:
    folder = save(make_model("bert"))
    (folder / "model.safetensors").unlink()
    (folder / "pytorch_model.bin").write_bytes(b"never opened")
    fails(folder, "weights as pickles (pytorch_model.bin)", f"unfreeze convert {folder} --out NEW")


def test_torn_weights(save: Save) -> None:
    folder = save(make_model("bert"))
    whole = (folder / "model.safetensors").read_bytes()
    (folder / "model.safetensors").write_bytes(whole[: len(whole) // 2])
    fails(folder, str(folder), "cannot be loaded")


def test_folder_without_tokenizer(save: Save) -> None:
    folder = save(make_model("bert"))
    for path in folder.glob("tokenizer*"):
        path.unlink()
    fails(folder, str(folder))


def test_broken_config(save: Save) -> None:
    folder = save(make_model("bert"))
    (folder / "config.json").write_text("{")
    fails(folder, str(folder))


@pytest.mark.parametrize("name", ["weights.hdf5", "options.json", "model.safetensors", "uni_skip.npz"])
def test_a_file_of_a_folder_is_not_an_encoder(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(b"anything")
    fails(tmp_path / name, name, f"give the folder that it is in: {tmp_path}")


def test_what_was_loaded_does_not_depend_on_the_folder(save: Save) -> None:
    folder = save(make_model("bert"))
    encoder = load_encoder(str(folder))
    digest = encoder.fingerprint()
    shutil.rmtree(folder)
    assert encoder.fingerprint() == digest


@pytest.mark.parametrize("family", ["elmo", "skip-thoughts", "word vectors"])
def test_another_way_of_splitting_into_words_is_another_fingerprint(
    family: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / family
    if family == "skip-thoughts":
        write_folder(folder)
    elif family == "word vectors":
        write_vectors(folder, VectorTable(["the"], np.ones((1, 2), np.float32)), {})
    else:
        ElmoEncoder("elmo", ElmoModel(CnnSize(CHARACTERS, 2, ((1, 2),), 1, 3), LstmSize(4, 3))).save(folder)

    def digests() -> list[str]:
        return [load_encoder(str(folder), None, {"tokenizer": t}).fingerprint() for t in ("treebank", "whitespace")]

    before = digests()
    monkeypatch.setattr("unfreeze.encoders.words._VERSION", 0)
    after = digests()
    assert before[0] != after[0]
    assert before[1] == after[1] != before[0]
