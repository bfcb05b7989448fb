"""A comparison over skip-thoughts: feature extraction alone, and what cannot be asked of one vector a text."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import skip_folder
import tiny

import unfreeze
from unfreeze.plan import plain

LINEAR = plain(next(recipe for recipe in tiny.recipes("classification") if recipe.head == "linear"))


@pytest.fixture(scope="module")
def skip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of skip-thoughts with small random weights that knows the words of the tiny data."""
    weights = skip_folder.random_weights()
    small = {part: {name: array / 3 for name, array in arrays.items()} for part, arrays in weights.items()}
    words = ("<eos>", "UNK", *tiny.WORDS)
    return skip_folder.write_folder(tmp_path_factory.mktemp("skip") / "skip", words, weights=small)


@pytest.mark.parametrize("kind", ["classification", "regression", "pair-classification", "pair-regression"])
def test_from_data_to_predictions(
    kind: str, skip: Path, tmp_path: Path, data_of: Callable[[str], Path], command_line: Callable
) -> None:
    recipe = {**LINEAR, "pair": "separate" if kind.startswith("pair") else "joint"}
    values = tiny.plan_values(
        data_of(kind), skip, tmp_path / "out", kind, recipes=[recipe], methods=["feature-extraction"],
        encoder_options={"use_eos": "true"},
    )  # fmt: skip
    code, _, complaint = command_line("compare", "--plan", tiny.write_plan(tmp_path / "plan.yaml", values))
    assert (code, complaint) == (0, "")
    result = json.loads((tmp_path / "out" / "result.json").read_text(encoding="utf-8"))
    assert list(tiny.methods(result)) == ["feature-extraction"]
    assert tiny.encoder(result)["layers"] == 1
    assert tiny.methods(result)["feature-extraction"]["dev"]["mean"] > (0.6 if kind == "classification" else 0.0)
    assert (tmp_path / "out" / "report.html").exists()
    said = tmp_path / "said.tsv"
    code, *_ = command_line("predict", tmp_path / "out" / "bundle", data_of(kind) / "test.tsv", "--out", said)
    assert code == 0
    assert len(said.read_text(encoding="utf-8").splitlines()) == 31


def test_the_budget_gives_three_recipes_and_says_why_there_is_one_method(
    skip: Path,
    tmp_path: Path,
    data_of: Callable[[str], Path],
    command_line: Callable,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("unfreeze.runs.trials.PERFECT", 2.0)  # else the first is the only one
    arguments = ("--encoder", skip, "--out", tmp_path / "out", "--seeds", 1, "--device", "cpu")
    code, said, complaint = command_line("compare", data_of("classification"), *arguments)
    assert (code, complaint) == (0, "")
    assert "Feature extraction alone" in said
    assert "its word vectors are read from disk as they are" in said
    result = json.loads((tmp_path / "out" / "result.json").read_text(encoding="utf-8"))
    trials = tiny.methods(result)["feature-extraction"]["trials"]
    assert [trial["recipe"]["head"] for trial in trials] == ["linear"] * 3


def test_a_bundle_predicts_through_python_when_the_source_is_gone(
    tmp_path: Path, data_of: Callable[[str], Path]
) -> None:
    folder = skip_folder.write_folder(tmp_path / "skip", ("<eos>", "UNK", *tiny.WORDS))
    unfreeze.compare(
        data_of("classification"), encoder=str(folder), out=tmp_path / "out", methods=("feature-extraction",),
        recipes=[LINEAR], seeds=1, device="cpu",
    )  # fmt: skip
    expected = unfreeze.load(tmp_path / "out" / "bundle").predict(["good great film", "", "awful"])
    for path in folder.iterdir():
        path.unlink()
    assert unfreeze.load(tmp_path / "out" / "bundle").predict(["good great film", "", "awful"]) == expected


def test_states_for_own_use(skip: Path, tmp_path: Path, command_line: Callable) -> None:
    from safetensors.torch import load_file

    (tmp_path / "texts.txt").write_text("the film was good\nawful\n", encoding="utf-8")
    out = tmp_path / "x.safetensors"
    code, _, complaint = command_line("encode", tmp_path / "texts.txt", "--encoder", skip, "--out", out)
    assert (code, complaint) == (0, "")
    found = load_file(out)
    assert found["states"].shape == (1, 2, 16)
    assert found["offsets"].tolist() == [0, 1, 2]
    np.testing.assert_allclose(found["states"][0].square().sum(1), 2.0, atol=1e-4)


@pytest.mark.parametrize(("kind", "arguments", "told"), [
    ("classification", ("--methods", "fine-tuning"), "cannot be fine-tuned: its word vectors are read from disk"),
    ("classification", ("--methods", "feature-extraction,fine-tuning"), "cannot be fine-tuned"),
    ("classification", ("--encoder-option", "kind=tri"), "--encoder-option kind: input should be 'uni', 'bi' or"),
    ("tagging-BIO", (), "it gives one vector per text; tagging needs one per word"),
])  # fmt: skip
def test_what_cannot_be_asked(
    kind: str, arguments: tuple[str, ...], told: str, skip: Path, tmp_path: Path, data_of: Callable[[str], Path],
    command_line: Callable,
) -> None:  # fmt: skip
    out = tmp_path / "out"
    code, _, complaint = command_line("compare", data_of(kind), "--encoder", skip, "--out", out, *arguments)
    assert code == 2
    assert complaint.startswith("unfreeze: ")
    assert told in complaint
    assert complaint.count("\n") == 1
    assert not out.exists()


def test_a_plan_with_a_head_that_reads_words_is_refused(
    skip: Path, tmp_path: Path, data_of: Callable[[str], Path], command_line: Callable
) -> None:
    values = tiny.plan_values(
        data_of("classification"), skip, tmp_path / "out", "classification", methods=["feature-extraction"],
        recipes=[{**LINEAR, "head": "bcn"}],
    )  # fmt: skip
    code, _, complaint = command_line("compare", "--plan", tiny.write_plan(tmp_path / "plan.yaml", values))
    assert code == 2
    assert "head 'bcn' does not fit; classification by feature-extraction over one vector a text takes" in complaint
    assert not (tmp_path / "out").exists()
