"""Graphs over padded blocks against the bundle's own packed prediction: every head, by the example that is shipped."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from folders import decoder, half
from made_bundles import CASES, items, made, made_lora, save
from torch import nn

from unfreeze.bundle.load import Predictor, load
from unfreeze.encoders.load import load_encoder
from unfreeze.encoders.transformer import TransformerEncoder
from unfreeze.errors import InputError
from unfreeze.export import onnx_form
from unfreeze.export.agreement import Answer, check, compared
from unfreeze.export.graph import Graph, exportable
from unfreeze.export.samples import awkward


class _Session:
    """A graph in torch, as the example runs one of onnxruntime."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph.eval()

    def get_inputs(self) -> list[Any]:
        return [type("Input", (), {"name": name}) for name in self.graph.names]

    def run(self, _: None, given: dict[str, Any]) -> list[Any]:
        with torch.no_grad():
            return [self.graph(**{name: torch.from_numpy(np.asarray(v)) for name, v in given.items()}).numpy()]


@pytest.fixture
def answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Predictor], Answer]:
    """What the example says of a bundle's graph, which is run in torch."""
    pytest.importorskip("onnxruntime", reason="the example imports onnxruntime")
    monkeypatch.setattr(onnx_form, "write_graph", lambda graph, folder: None)
    graphs: list[Graph] = []
    import onnxruntime

    monkeypatch.setattr(onnxruntime, "InferenceSession", lambda model, providers: _Session(graphs[-1]))

    def write(predictor: Predictor) -> Answer:
        graphs.append(Graph(predictor))
        return onnx_form.write_onnx(predictor, tmp_path)

    return write


@pytest.mark.parametrize("case", CASES)
def test_a_graph_says_what_the_bundle_says(case: str, answer: Callable[[Predictor], Answer]) -> None:
    predictor = made(case)
    tested = [*items(predictor), *awkward(predictor, items(predictor))]
    assert len({item.label for item in tested}) > (1 if case == "bcn" else 2)
    agreement = check(predictor, answer(predictor), tested, "onnx")
    assert agreement.items == len(tested)
    assert agreement.furthest is None or agreement.furthest < 1e-5


@pytest.mark.parametrize("family", ["roberta", "distilbert", "mpnet", "deberta-v2", "modernbert", "albert", "electra"])
def test_families_that_have_other_inputs_and_layers(family: str, answer: Callable[[Predictor], Answer]) -> None:
    options: dict[str, Any] = {"num_hidden_layers": 3}
    for case in ("frozen mix", "tuned pair", "bilstm-crf"):
        predictor = made(case, family, **options)
        check(predictor, answer(predictor), [*items(predictor), *awkward(predictor, items(predictor))], "onnx")


HALVES_AND_DECODERS: dict[str, Callable[[Path], Path]] = {
    "Qwen3": partial(decoder, stem="Qwen3"), "GPT2": partial(decoder, stem="GPT2"), "T5": half,
}  # fmt: skip


def _loaded(name: str, folder: Path) -> TransformerEncoder:
    options = {} if name == "T5" else {"tagging": "true"}
    encoder = load_encoder(str(HALVES_AND_DECODERS[name](folder)), options=options)
    assert isinstance(encoder, TransformerEncoder)
    return encoder


@pytest.mark.parametrize("name", HALVES_AND_DECODERS)
@pytest.mark.parametrize("case", ["tuned last, one length", "frozen mix", "bilstm-crf", "linear tags"])
def test_decoders_and_halves_of_models(
    case: str, name: str, tmp_path: Path, answer: Callable[[Predictor], Answer]
) -> None:
    predictor = made(case, encoder=_loaded(name, tmp_path / "encoder"))
    if name == "GPT2" and not predictor.task.target.per_word:
        with pytest.raises(InputError, match="too few special pieces around a text for an empty one"):
            answer(predictor)
        return
    check(predictor, answer(predictor), [*items(predictor), *awkward(predictor, items(predictor))], "onnx")


def test_another_head_is_noticed(answer: Callable[[Predictor], Answer]) -> None:
    predictor, other = made("tuned mean"), made("tuned mean")
    with torch.no_grad():
        other.model.heads[0].body.linear.linear.bias[0] += 1e-3  # type: ignore[union-attr, index]
    tested = items(predictor)
    with pytest.raises(InputError, match=r"does not predict as the bundle does.*Nothing was written"):
        check(predictor, answer(other), tested, "onnx")
    found = compared(predictor, answer(other), tested)
    assert found.furthest is not None
    assert 1e-4 < found.furthest < 1e-3


def test_tags_that_differ_in_one_sentence_are_noticed(answer: Callable[[Predictor], Answer]) -> None:
    predictor, other = made("crf"), made("crf")
    with torch.no_grad():
        other.model.heads[0].tagger.crf.transitions += 3 * torch.randn(5, 5)  # type: ignore[union-attr, operator]
    assert compared(predictor, answer(other), items(predictor)).same < 1
    with pytest.raises(InputError, match="labels agree on"):
        check(predictor, answer(other), items(predictor), "onnx")


def test_scores_may_differ_by_a_share_of_their_spread_only(answer: Callable[[Predictor], Answer]) -> None:
    predictor, other = made("frozen scores"), made("frozen scores")
    with torch.no_grad():
        other.model.heads[0].body.members.bias += 2e-4  # type: ignore[union-attr, operator]
    with pytest.raises(InputError, match="numbers differ"):
        check(predictor, answer(other), items(predictor), "onnx")


def test_numbers_that_are_none_and_no_items_are_no_agreement(answer: Callable[[Predictor], Answer]) -> None:
    predictor, other = made("tuned mean"), made("tuned mean")
    with torch.no_grad():
        other.model.heads[0].body.linear.linear.bias.fill_(torch.nan)  # type: ignore[union-attr, operator]
    constant = [replace(item, text="x") for item in items(predictor)]
    for tested in (items(predictor), constant):
        with pytest.raises(InputError, match="does not predict as the bundle does"):
            check(predictor, answer(other), tested, "onnx")
    with pytest.raises(InputError, match="no text is left"):
        check(predictor, answer(predictor), [], "onnx")


@pytest.mark.parametrize("case", ["tuned mean", "linear tags"])
def test_adapters_are_merged(case: str, tmp_path: Path, answer: Callable[[Predictor], Answer]) -> None:
    pytest.importorskip("peft", reason="peft is not installed")
    predictor = made_lora(case)
    tested = [*items(predictor), *awkward(predictor, items(predictor))]
    assert load(save(tmp_path / "bundle", predictor, tested), "cpu").predict_examples(tested).labels == (
        predictor.predict_examples(tested).labels
    )
    check(predictor, answer(predictor), tested, "onnx")
    plain = made_lora(case, adapted=False)
    assert compared(predictor, answer(plain), tested).same < 1


def test_an_encoder_that_is_no_transformer_is_refused() -> None:
    predictor = made("tuned mean")
    object.__setattr__(predictor.model, "encoder", nn.Identity())
    predictor.model.encoder.name = "elmo"  # type: ignore[assignment]
    with pytest.raises(InputError, match=r"not a transformer.*use `unfreeze predict`"):
        exportable(predictor)
