"""Comparisons over an ELMo of random weights: both methods, every family of tasks, stateful reading, conversion."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import tiny
import torch

import unfreeze
from unfreeze.encoders.elmo.bilm import LstmSize
from unfreeze.encoders.elmo.characters import CHARACTERS
from unfreeze.encoders.elmo.encoder import ElmoEncoder
from unfreeze.encoders.elmo.model import ElmoModel
from unfreeze.encoders.elmo.token_cnn import CnnSize
from unfreeze.encoders.load import load_encoder
from unfreeze.methods.budgets import recipes
from unfreeze.methods.table import default_names, method_named
from unfreeze.plan import plain
from unfreeze.recipe import Traits
from unfreeze.tasks.kinds import task


@pytest.fixture(scope="module")
def elmo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny ELMo in a folder."""
    folder = tmp_path_factory.mktemp("elmo") / "tiny"
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = ElmoModel(CnnSize(CHARACTERS, 8, ((1, 8), (2, 16), (3, 16)), 1, 16), LstmSize(24, 16))
    ElmoEncoder("tiny", model).save(folder)
    return folder


def short(kind: str) -> list[dict[str, object]]:
    """The first recipe of each method for ELMo, cut to what a test has time for."""
    found = []
    for name in default_names():
        traits = Traits(3, 32, "elmo", pairs=False)
        values = plain(recipes("quick", method_named(name), task(kind), traits)[0])
        found.append({**values, "epochs": 1, "min_steps": 0, "batch_size": 16, "learning_rate": 5e-3})
    return found


@pytest.mark.parametrize("kind", ["classification", "pair-classification", "pair-regression", "tagging"])
def test_both_methods_from_data_to_predictions(
    kind: str, elmo: Path, tmp_path: Path, data_of: Callable[[str], Path], command_line: Callable
) -> None:
    values = tiny.plan_values(data_of(kind), elmo, tmp_path / "out", kind, recipes=short(kind))
    code, _, complaint = command_line("compare", "--plan", tiny.write_plan(tmp_path / "plan.yaml", values))
    assert (code, complaint) == (0, "")
    result = json.loads((tmp_path / "out" / "result.json").read_text(encoding="utf-8"))
    assert list(tiny.methods(result)) == list(default_names())
    heads = {"classification": "linear", "tagging": "crf"}
    assert tiny.methods(result)["fine-tuning"]["recipe"]["head"] == heads.get(kind, "biattention")
    assert tiny.encoder(result)["layers"] == 3
    said = tmp_path / "said.tsv"
    test = next(data_of(kind).glob("test.*"))
    code, *_ = command_line("predict", tmp_path / "out" / "bundle", test, "--out", said)
    assert code == 0
    assert len(said.read_text(encoding="utf-8").splitlines()) >= 30


def test_stateful_reading_is_compared_frozen_and_its_bundle_reads_so_too(
    elmo: Path, tmp_path: Path, data_of: Callable[[str], Path], command_line: Callable
) -> None:
    kind = "classification"
    values = tiny.plan_values(
        data_of(kind), elmo, tmp_path / "out", kind, recipes=short(kind)[:1], methods=["feature-extraction"],
        encoder_options={"stateful": True, "batch_size": 5},
    )  # fmt: skip
    code, _, complaint = command_line("compare", "--plan", tiny.write_plan(tmp_path / "plan.yaml", values))
    assert (code, complaint) == (0, "")
    bundle = unfreeze.load(tmp_path / "out" / "bundle")
    assert bundle.model.encoder.ordered == 5
    values = {**values, "methods": list(default_names()), "recipes": short(kind), "out": str(tmp_path / "other")}
    code, _, complaint = command_line("compare", "--plan", tiny.write_plan(tmp_path / "plan.yaml", values))
    assert (code, complaint.count("\n")) == (2, 1)
    assert "cannot be fine-tuned: its states continue from text to text" in complaint


def test_convert_writes_the_same_encoder_once(elmo: Path, tmp_path: Path, command_line: Callable) -> None:
    arguments = ("convert", elmo, "--out", tmp_path / "kept", "--encoder-option", "tokenizer=whitespace")
    code, said, complaint = command_line(*arguments)
    assert (code, complaint) == (0, "")
    again = load_encoder(str(tmp_path / "kept"))
    assert again.fingerprint() in said
    assert again.fingerprint() == load_encoder(str(elmo), options={"tokenizer": "whitespace"}).fingerprint()
    code, _, complaint = command_line(*arguments)
    assert code == 2
    assert "already exists" in complaint


def test_convert_takes_transformers_too(encoder: Path, tmp_path: Path, command_line: Callable) -> None:
    code, _, complaint = command_line("convert", encoder, "--out", tmp_path / "kept")
    assert (code, complaint) == (0, "")
    assert load_encoder(str(tmp_path / "kept")).fingerprint() == load_encoder(str(encoder)).fingerprint()
