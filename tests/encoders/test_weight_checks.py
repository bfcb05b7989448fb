"""Weights that are not those of the model in config.json."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from families import SIZES, make_model, make_tokenizer, refused, save_folder
from safetensors.torch import load_file, save_file
from transformers import BertConfig, BertForPreTraining, ElectraConfig, ElectraForMaskedLM, NomicBertConfig

from unfreeze.encoders.load import load_encoder

Tensors = dict[str, torch.Tensor]


def rewrite(folder: Path, change: Callable[[Tensors], Any]) -> Path:
    """The folder with other weights."""
    tensors = load_file(folder / "model.safetensors")
    change(tensors)
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return save_folder(tmp_path / "encoder", make_model("bert"))


@pytest.mark.parametrize("family", ["bert", "roberta", "distilbert", "deberta-v2", "modernbert"])
def test_layers_that_config_does_not_know(family: str, tmp_path: Path) -> None:
    folder = save_folder(tmp_path, make_model(family), make_tokenizer(family == "roberta"))
    name = "n_layers" if family == "distilbert" else "num_hidden_layers"
    kinds = {"layer_types": None} if family == "modernbert" else {}
    told = refused(save_folder(folder, make_model(family), make_tokenizer(family == "roberta"), **{name: 2}, **kinds))
    assert "2 layers" in told
    assert ".2." in told


@pytest.mark.parametrize("head", [BertForPreTraining, ElectraForMaskedLM])
def test_heads_are_not_surplus(head: Any, tmp_path: Path) -> None:
    config = (ElectraConfig if head is ElectraForMaskedLM else BertConfig)(vocab_size=len(make_tokenizer()), **SIZES)
    assert load_encoder(str(save_folder(tmp_path, head(config)))).notes == ()


SURPLUS = {
    "a third projection": ("encoder.layer.0.attention.self.distance_embedding.weight", "no place for"),
    "an adapter": ("encoder.layer.1.attention.self.query.lora_A.default.weight", "adapter"),
}


@pytest.mark.parametrize("case", SURPLUS)
def test_surplus_in_a_layer(case: str, folder: Path) -> None:
    name, told = SURPLUS[case]
    line = refused(rewrite(folder, lambda t: t.update({name: torch.zeros(2, 2)})))
    assert name in line
    assert told in line


def test_surplus_beside_the_layers_is_reported(folder: Path) -> None:
    """As the published DeBERTa-v3 has it."""
    rewrite(folder, lambda t: t.update({"embeddings.word_embeddings._weight": torch.zeros(2, 2)}))
    (line,) = load_encoder(str(folder)).notes
    assert "word_embeddings._weight" in line


def test_constants_of_old_versions_are_not_surplus(folder: Path) -> None:
    rewrite(folder, lambda t: t.update({"embeddings.position_ids": torch.arange(40)[None]}))
    assert load_encoder(str(folder)).notes == ()


def test_weights_of_other_sizes(folder: Path) -> None:
    told = refused(rewrite(folder, lambda t: t.update({"encoder.layer.0.output.dense.bias": torch.zeros(15)})))
    assert "encoder.layer.0.output.dense.bias is 15 in the weights, 16 by config.json" in told


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_weights_that_are_not_finite(value: float, folder: Path) -> None:
    name = "encoder.layer.1.output.dense.weight"
    assert name in refused(rewrite(folder, lambda t: t[name].view(-1)[:1].fill_(value)))


@pytest.mark.parametrize("kind", [torch.int8, torch.uint8])
def test_weights_that_are_whole_numbers(kind: torch.dtype, folder: Path) -> None:
    name = "encoder.layer.1.output.dense.weight"
    assert name in refused(rewrite(folder, lambda t: t.update({name: t[name].mul(9).to(kind)})))


def test_tied_weights_that_were_left_out(folder: Path) -> None:
    """The table of pieces under the head's name alone would leave a random one in the encoder."""
    name = "embeddings.word_embeddings.weight"
    told = refused(rewrite(folder, lambda t: t.update({"cls.predictions.decoder.weight": t.pop(name)})))
    assert name in told


def test_old_names_of_norms(folder: Path) -> None:
    """BERTs of TensorFlow have gamma and beta; none may keep what it was drawn with."""
    states = load_encoder(str(folder))

    def old(tensors: Tensors) -> None:
        for name in [name for name in tensors if "LayerNorm" in name]:
            other = name.replace("weight", "gamma").replace("bias", "beta")
            tensors[other] = tensors.pop(name)

    assert load_encoder(str(rewrite(folder, old))).fingerprint() == states.fingerprint()


def test_weights_of_a_wrapper(folder: Path) -> None:
    def wrapped(tensors: Tensors) -> None:
        for name in list(tensors):
            tensors[f"module.{name}"] = tensors.pop(name)

    told = refused(rewrite(folder, wrapped))
    assert "lack" in told
    assert "module." in told


def test_weights_of_a_model_with_an_adapter_around_each_layer(folder: Path) -> None:
    """As the model's own state dict is saved while peft has it."""

    def wrapped(tensors: Tensors) -> None:
        for name in [name for name in tensors if "query" in name]:
            tensors[name.replace("query.", "query.base_layer.")] = tensors.pop(name)

    assert "adapter" in refused(rewrite(folder, wrapped))


def test_sizes_under_names_that_are_not_read(tmp_path: Path) -> None:
    """As nomic's first configurations have them: heads change no shape, so nothing else would tell."""
    from transformers import NomicBertModel

    model = NomicBertModel(NomicBertConfig(vocab_size=len(make_tokenizer()), **SIZES))
    told = refused(save_folder(tmp_path, model, num_attention_heads=None, n_head=4))
    assert "n_head 4" in told
    assert "num_attention_heads 12" in told
    assert load_encoder(str(save_folder(tmp_path, model, n_head=2))).notes == ()
