"""`unfreeze compare` with tiny word vectors: texts, pairs, tagging; the bundle predicts; fine-tuning is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tiny
import yaml

import unfreeze
from unfreeze.plan import plain

Line = Callable[..., tuple[int, str, str]]
KINDS = ("classification", "regression", "pair-classification", "pair-regression", "tagging-BIO")


@pytest.fixture(scope="module")
def vectors(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A GloVe file of the words of the tiny data; `rome` is lacking."""
    rng = np.random.default_rng(0)
    words = [word for word in dict.fromkeys(tiny.WORDS) if word != "rome"]
    path = tmp_path_factory.mktemp("vectors") / "tiny.8d.txt"
    path.write_text("".join(f"{w} {' '.join(f'{x:.4f}' for x in rng.normal(size=8))}\n" for w in words))
    return path


def plan_file(path: Path, data: Path, vectors: Path, out: Path, kind: str, **settings: object) -> Path:
    """A plan with the frozen tiny recipes, read as word vectors need it."""
    recipes = [r for r in tiny.recipes(kind) if r.method == "feature-extraction"]
    pair = "separate" if kind.startswith("pair") else "joint"
    recipes = [replace(r, layers=(-1,), pair=pair, epochs=max(r.epochs, 12)) for r in recipes]
    given = {"methods": ["feature-extraction"], "recipes": [plain(r) for r in recipes], **settings}
    return tiny.write_plan(path, tiny.plan_values(data, vectors, out, kind, **given))


@pytest.mark.parametrize("kind", KINDS)
def test_word_vectors_answer_and_predict(
    kind: str, vectors: Path, data_of: Callable[[str], Path], tmp_path: Path, command_line: Line
) -> None:
    out = tmp_path / "out"
    code, said, err = command_line(
        "compare", "--plan", plan_file(tmp_path / "plan.yaml", data_of(kind), vectors, out, kind)
    )
    assert (code, err) == (0, "")
    result = json.loads((out / "result.json").read_text(encoding="utf-8"))
    assert list(tiny.methods(result)) == ["feature-extraction"]
    assert tiny.methods(result)["feature-extraction"]["dev"]["mean"] > (0.6 if "class" in kind else 0.3)
    assert (tiny.encoder(result)["layers"], tiny.encoder(result)["width"]) == (1, 8)
    assert tiny.encoder(result)["parameters"] == 8 * (len(set(tiny.WORDS)) - 1)
    assert "cannot be fine-tuned: a static table" in said
    floor = result["floor"]
    (line,) = [line for line in said.splitlines() if line.startswith("  bag of words ")]
    assert line.split()[3] == f"{100 * floor['test']:.1f}"
    assert "What the encoder adds" in (out / "report.html").read_text(encoding="utf-8")
    predictor = unfreeze.load(out / "bundle")
    texts = {
        "pair": [("good film", "bad film"), ("", "🙂")],
        "tagging": [["anna", "was", "in", "rome"], ["🙂"]],
    }.get(kind.partition("-")[0], ["a good film", ""])
    labels = predictor.predict(texts)
    assert len(labels) == 2
    if kind.startswith("tagging"):
        assert [len(tags) for tags in labels] == [4, 1]


def test_fine_tuning_is_refused(
    vectors: Path, data_of: Callable[[str], Path], tmp_path: Path, command_line: Line
) -> None:
    out = tmp_path / "out"
    code, _, err = command_line(
        "compare", data_of("classification"), "--encoder", vectors, "--methods", "fine-tuning", "--out", out
    )
    assert code == 2
    assert err.startswith(f"unfreeze: --methods: {vectors} cannot be fine-tuned: a static table knows no context")
    assert err.count("\n") == 1
    assert not (out / "comparison.json").exists()


def test_without_methods_the_frozen_one_is_run_with_the_budgets_recipes(
    vectors: Path, tmp_path: Path, command_line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    from unfreeze.methods import frozen_recipes

    fast = {name: replace(getattr(frozen_recipes, name), epochs=1, min_steps=0) for name in ("_linear", "_bcn")}
    for name, recipe in fast.items():
        monkeypatch.setattr(frozen_recipes, name, replace(recipe, hidden=4))
    data, out = tiny.write_data(tmp_path / "data", "classification", (24, 8, 8)), tmp_path / "out"
    asked = ("compare", data, "--encoder", vectors, "--seeds", 1, "--encoder-option", "tokenizer=whitespace")
    code, _, err = command_line(*asked, "--out", out)
    assert (code, err) == (0, "")
    result = json.loads((out / "result.json").read_text(encoding="utf-8"))
    trials = tiny.methods(result)["feature-extraction"]["trials"]
    assert [trial["name"] for trial in trials] == ["linear-mean", "bcn", "linear-max"]
    assert "the encoder cannot be fine-tuned" in result["verdict"]["headline"]
    assert json.loads((out / "bundle" / "encoder" / "word_vectors.json").read_text()) == {"tokenizer": "whitespace"}


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("a 1 2\nb 1\n", ":2: has 1 numbers"),
        ("", ":1: is not a line of word vectors"),
        ("a 1\nb x\n", ":2: 'x' is not a number"),
    ],
)
def test_bad_files_are_one_line_and_exit_two(
    content: str, told: str, data_of: Callable[[str], Path], tmp_path: Path, command_line: Line
) -> None:
    path = tmp_path / "bad.vec"
    path.write_text(content)
    code, _, err = command_line("compare", data_of("classification"), "--encoder", path, "--out", tmp_path / "out")
    assert code == 2
    assert err.startswith(f"unfreeze: {path}")
    assert told in err
    assert err.count("\n") == 1


def test_encode_writes_the_vectors(vectors: Path, tmp_path: Path, command_line: Line) -> None:
    from safetensors.numpy import load_file

    (tmp_path / "texts.txt").write_text("the film\nzzz\n", encoding="utf-8")
    out = tmp_path / "states.safetensors"
    code, said, _ = command_line("encode", tmp_path / "texts.txt", "--encoder", vectors, "--out", out)
    assert (code, f"{out}: states (1, 3, 8)" in said) == (0, True)
    states = load_file(out)["states"][0]
    wanted = {line.split()[0]: np.array(line.split()[1:], float) for line in vectors.read_text().splitlines()}
    np.testing.assert_allclose(states, [wanted["the"], wanted["film"], np.zeros(8)], atol=1e-6)


def test_a_plan_names_the_file_beside_it(vectors: Path, tmp_path: Path) -> None:
    (tmp_path / "words.vec").write_bytes(vectors.read_bytes())
    path = tmp_path / "plan.yaml"
    path.write_text(yaml.safe_dump({"encoder": "words.vec"}), encoding="utf-8")
    from unfreeze.plan import read_plan

    assert read_plan(path).encoder == str(tmp_path / "words.vec")
