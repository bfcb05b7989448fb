"""Folders for transformers and sentence-transformers: the same numbers through their own classes, or a refusal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from folders import decoder
from made_bundles import CASES, items, made, save

from unfreeze.bundle import export
from unfreeze.bundle.load import Predictor
from unfreeze.encoders.load import load_encoder
from unfreeze.encoders.transformer import TransformerEncoder
from unfreeze.errors import InputError

TRANSFORMERS = {
    "tuned cls": ("bert", "roberta"), "frozen top": ("bert", "mpnet"), "tuned pair": ("bert", "roberta"),
    "plain tags": ("bert", "electra", "distilbert", "albert", "deberta-v2"),
}  # fmt: skip
SENTENCES = (
    "tuned mean", "tuned max", "tuned cls", "tuned last, one length", "frozen top", "frozen scores", "frozen mix",
    "mixed scores", "max of two",
)  # fmt: skip
MIXED: dict[str, tuple[str, dict[str, Any]]] = {
    "mixed scores": ("frozen scores", {"layers": "mix"}),
    "max of two": ("frozen mix", {"layers": (0, -1), "pooling": "max"}),
    "mix of first pieces": ("frozen mix", {"pooling": "cls"}),
}
"""Cases beside those of `CASES`: with which of these they begin, and what is another way there."""


@pytest.fixture(autouse=True)
def _mixed(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, (case, changed) in MIXED.items():
        kind, labels, recipe = CASES[case]
        monkeypatch.setitem(CASES, name, (kind, labels, replace(recipe, **changed)))


@pytest.fixture
def bundle(tmp_path: Path) -> Callable[[Predictor], Path]:
    """Writes a bundle."""
    return lambda predictor: save(tmp_path / "bundle", predictor, items(predictor, 30))


@pytest.mark.parametrize(("case", "family"), [(case, f) for case, families in TRANSFORMERS.items() for f in families])
def test_auto_classes_predict_the_same(case: str, family: str, bundle: Callable[[Predictor], Path]) -> None:
    done = export(bundle(made(case, family)), "transformers")
    assert done.agreement.items > 24
    assert done.agreement.furthest is None or done.agreement.furthest < 2e-5
    assert {"config.json", "model.safetensors", "tokenizer.json", "README.md"} <= {
        path.name for path in done.folder.iterdir()
    }


def test_the_pipeline_of_transformers_runs_from_the_folder(bundle: Callable[[Predictor], Path]) -> None:
    from transformers import pipeline

    predictor = made("tuned cls")
    folder = export(bundle(predictor), "transformers").folder
    texts = ["good cat", "bad film in rome", "x"]
    said = pipeline("text-classification", model=str(folder), device="cpu")(texts)
    decoded = predictor.predict_examples(
        [replace(item, text=text) for item, text in zip(items(predictor), texts, strict=False)]
    )
    assert [one["label"] for one in said] == list(decoded.labels)
    assert np.allclose([one["score"] for one in said], decoded.confidence, atol=1e-4)


@pytest.mark.parametrize("case", SENTENCES)
def test_sentence_transformers_predict_the_same(case: str, bundle: Callable[[Predictor], Path]) -> None:
    pytest.importorskip("sentence_transformers", reason="sentence-transformers is not installed")
    done = export(bundle(made(case)), "sentence-transformers")
    assert done.agreement.furthest is not None
    assert done.agreement.furthest < 2e-5
    assert {"modules.json", "README.md"} <= {path.name for path in done.folder.iterdir()}


@pytest.mark.parametrize("name", ["mpnet", "modernbert", "Qwen3", "GPT2"])
def test_mixes_of_other_encoders_are_exact_there(
    name: str, tmp_path: Path, bundle: Callable[[Predictor], Path]
) -> None:
    pytest.importorskip("sentence_transformers", reason="sentence-transformers is not installed")
    if name.islower():
        predictor = made("frozen mix", name, num_hidden_layers=3)
    else:
        encoder = load_encoder(str(decoder(tmp_path / "encoder", name)))
        assert isinstance(encoder, TransformerEncoder)
        predictor = made("frozen mix", encoder=encoder)
    done = export(bundle(predictor), "sentence-transformers")
    assert done.agreement.furthest is not None
    assert done.agreement.furthest < 2e-5


def test_label_sets_are_exact_where_one_half_decides(
    bundle: Callable[[Predictor], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    kind, labels, recipe = CASES["frozen label sets"]
    monkeypatch.setitem(CASES, "top sets", (kind, labels, replace(recipe, layers=(-1,), pooling="cls")))
    predictor = made("top sets")
    with pytest.raises(InputError, match="thresholds"):
        export(bundle(predictor), "transformers")
    predictor.model.heads[0].decision.fill_(0.5)  # type: ignore[operator, union-attr]
    assert export(bundle(predictor), "transformers").agreement.same == 1


REFUSED = [
    ("tuned mean", "transformers", "does not read the mean"),
    ("frozen mix", "transformers", "several layers"),
    ("linear tags", "transformers", "scheme forbids"),
    ("crf", "transformers", "several layers"),
    ("bilstm-crf", "transformers", "best sequence of tags"),
    ("tuned pair apart", "transformers", "more than a matrix"),
    ("biattention", "transformers", "more than a matrix"),
    ("frozen mean of two", "sentence-transformers", "several layers"),
    ("mix of first pieces", "sentence-transformers", "several layers"),
    ("tuned pair", "sentence-transformers", "one text, not two"),
    ("plain tags", "sentence-transformers", "one vector for a text"),
    ("bcn", "sentence-transformers", "several layers"),
]


@pytest.mark.parametrize(("case", "form", "why"), REFUSED)
def test_a_form_that_cannot_be_exact_is_refused_with_the_one_that_can(
    case: str, form: str, why: str, bundle: Callable[[Predictor], Path]
) -> None:
    pytest.importorskip("sentence_transformers", reason="sentence-transformers is not installed")
    folder = bundle(made(case))
    with pytest.raises(InputError, match=rf"cannot be exact: .*{why}.*use --to onnx"):
        export(folder, form)
    assert [path.name for path in folder.parent.iterdir()] == ["bundle"]


@pytest.mark.parametrize("family", ["distilbert", "deberta-v2", "modernbert"])
def test_heads_that_do_more_than_read_the_first_state_are_refused(
    family: str, bundle: Callable[[Predictor], Path]
) -> None:
    with pytest.raises(InputError, match="use --to onnx"):
        export(bundle(made("tuned cls", family, num_hidden_layers=3)), "transformers")


def test_only_onnx_has_8_bits(bundle: Callable[[Predictor], Path]) -> None:
    with pytest.raises(InputError, match="use --to onnx"):
        export(bundle(made("tuned cls")), "transformers", int8=True)


def test_the_card_is_read_by_the_hub_s_own_class(bundle: Callable[[Predictor], Path]) -> None:
    from huggingface_hub import ModelCard

    done = export(bundle(made("tuned cls")), "transformers", None)
    card = ModelCard.load(done.folder / "README.md")
    (result,) = card.data.eval_results
    assert (result.metric_type, result.metric_value, card.data.library_name) == ("accuracy", 0.5, "transformers")
    assert card.data.pipeline_tag == "text-classification"
    assert "the same labels as the original" in card.text


def test_what_was_folded_is_not_what_the_bundle_keeps(bundle: Callable[[Predictor], Path]) -> None:
    predictor = made("frozen scores")
    before = {name: tensor.clone() for name, tensor in predictor.model.heads[0].state_dict().items()}
    export(bundle(predictor), "sentence-transformers")
    assert all(torch.equal(tensor, before[name]) for name, tensor in predictor.model.heads[0].state_dict().items())
