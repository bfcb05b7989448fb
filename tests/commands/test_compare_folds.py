"""A comparison in folds, end to end on a tiny encoder: resumed, bundled, with several encoders, refused."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import tiny

from unfreeze.bundle.load import load
from unfreeze.commands import until_decided
from unfreeze.commands.compare import compare
from unfreeze.errors import InputError
from unfreeze.judging.folds import MeasuredInFolds
from unfreeze.judging.judge import judge
from unfreeze.judging.looking import Seen
from unfreeze.judging.looks import MOST
from unfreeze.judging.read import read_comparison
from unfreeze.judging.result import Result
from unfreeze.judging.two_way import Measured
from unfreeze.plan import Plan, plain, plan_from
from unfreeze.records.folds import fold_folder
from unfreeze.runs import opening

ROWS, FOLDS = 60, 3
Answered = tuple[Path, Result, list[str]]


def plan_of(root: Path, **settings: Any) -> Plan:
    """A plan in folds over data, encoder and output folder below `root`, with runs of a moment."""
    recipes = [replace(recipe, epochs=2) for recipe in tiny.recipes("classification")[:3]]
    recipes.append(replace(recipes[-1], name="other", learning_rate=1e-3))
    values = tiny.plan_values(root / "data.tsv", root / "tiny", root / "out", "classification")
    return plan_from({**values, "folds": FOLDS, "recipes": [plain(recipe) for recipe in recipes], **settings})


@pytest.fixture(scope="module")
def answered(tmp_path_factory: pytest.TempPathFactory) -> Answered:
    """Root folder, result and what was said of a finished comparison."""
    root = tmp_path_factory.mktemp("folds")
    tiny.make_encoder(root / "tiny")
    tiny.write_split(root / "data", "classification", ROWS, 0)
    lines: list[str] = []
    return root, compare(plan_of(root), tell=lines.append), lines


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What runs, by its name."""
    names: list[str] = []
    monkeypatch.setattr("unfreeze.runs.watching.Quiet.begin", lambda self, what, left: names.append(what))
    return names


def test_every_example_is_tested_once_in_a_folder_of_its_fold(answered: Answered) -> None:
    root, result, lines = answered
    parts = [read_comparison(fold_folder(root / "out", fold)) for fold in range(1, FOLDS + 1)]
    tested = [item.where for part in parts for item in part.items]
    assert sorted(tested) == sorted(f"{root / 'data.tsv'}:{row + 2}" for row in range(ROWS))
    assert result.folds is not None
    assert result.folds.sizes == (20, 20, 20)
    assert [len(arm.runs) for arm in result.arms] == [2, 2]
    assert [line for line in lines if line.startswith("Fold ")] == [f"Fold {k} of 3:" for k in (1, 2, 3)]
    assert len(lines) == len(set(lines))
    assert any("each of 60 labelled examples is tested once" in line for line in lines)
    for name in ("result.json", "report.html", "folds.json"):
        assert (root / "out" / name).exists()
    assert [part.probes is not None for part in parts] == [True, False, False]


def test_the_bundle_learned_from_all_examples_and_says_so(answered: Answered) -> None:
    root, result, _ = answered
    about = json.loads((root / "out" / "bundle" / "bundle.json").read_text(encoding="utf-8"))
    assert about["made"].startswith("Learned from all 60 labelled examples (6 of them chose epochs) with the recipe")
    assert (root / "out" / "whole" / "runs" / about["run"] / "record.json").exists()
    assert about["recipe"]["name"] == result.used.recipe.name
    assert about["test"]["mean"] == result.used.test.mean
    assert not list((root / "out").rglob("runs/*/weights.safetensors"))
    assert len(load(root / "out" / "bundle").predict(["good bad", "bad"])) == 2


def test_started_again_nothing_is_trained(answered: Answered, tmp_path: Path, begun: list[str]) -> None:
    root, result, _ = answered
    shutil.copytree(root / "out", tmp_path / "out")
    again = compare(replace(plan_of(root), out=str(tmp_path / "out")))
    assert not [what for what in begun if "seed" in what]
    assert again.arms == result.arms
    assert again.differences == result.differences


def test_a_fold_that_was_killed_is_the_only_one_that_runs_again(
    answered: Answered, tmp_path: Path, begun: list[str]
) -> None:
    root, result, _ = answered
    shutil.copytree(root / "out", tmp_path / "out")
    second = fold_folder(tmp_path / "out", 2)
    (gone,) = second.glob("runs/feature-extraction*seed1")
    shutil.rmtree(gone)
    (second / "choice.json").unlink()
    others = [path for fold in (1, 3) for path in fold_folder(tmp_path / "out", fold).glob("runs/*/record.json")]
    before = [path.stat().st_mtime_ns for path in others]
    again = compare(replace(plan_of(root), out=str(tmp_path / "out")))
    assert [arm.test for arm in again.arms] == [arm.test for arm in result.arms]
    assert any(what.startswith("feature-extraction") and what.endswith("seed 1") for what in begun)
    assert [path.stat().st_mtime_ns for path in others] == before


def test_the_encoder_is_loaded_and_tried_once_for_all_folds(
    answered: Answered, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loads: list[str] = []
    tries: list[str] = []
    load_one, usable = opening.load_encoder, opening.usable_precision
    monkeypatch.setattr(opening, "load_encoder", lambda *given: (loads.append(given[0]), load_one(*given))[1])
    monkeypatch.setattr(opening, "usable_precision", lambda *given: (tries.append(given[1]), usable(*given))[1])
    root = tmp_path / "copy"
    shutil.copytree(answered[0], root)
    shutil.rmtree(fold_folder(root / "out", 2))
    shutil.rmtree(root / "out" / "bundle")
    plan = replace(plan_of(root), data=plan_of(answered[0]).data, encoder=plan_of(answered[0]).encoder)
    compare(plan)
    assert (len(loads), len(tries)) == (2, 2), "once for the folds, once for the model of all data"


def test_judged_again_it_is_the_same(answered: Answered) -> None:
    root, result, _ = answered
    assert judge(root / "out").to_dict() == result.to_dict()


def test_other_folds_in_the_same_folder_are_refused(answered: Answered) -> None:
    root, _, _ = answered
    with pytest.raises(InputError, match="holds a comparison in 3 folds"):
        compare(plan_of(root, folds=4))
    with pytest.raises(InputError, match="comparison"):
        compare(plan_of(root, folds=0))


@pytest.mark.parametrize(
    ("settings", "problem"),
    [({"folds": 61}, "61 folds of"), ({"train_size": 30}, "is not possible with --folds")],
)
def test_folds_that_cannot_be_made_are_refused(
    settings: dict[str, Any], problem: str, answered: Answered, tmp_path: Path
) -> None:
    root, _, _ = answered
    with pytest.raises(InputError, match=problem):
        compare(plan_of(root, out=str(tmp_path / "out"), **settings))
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("encoders", ["nothing", ["nothing", "tiny"]])
def test_an_encoder_that_is_not_there_leaves_nothing_behind(encoders: Any, answered: Answered, tmp_path: Path) -> None:
    root, _, _ = answered
    named = [str(root / name) for name in encoders] if isinstance(encoders, list) else str(root / encoders)
    with pytest.raises(InputError, match="nothing"):
        compare(plan_of(root, encoder=named, out=str(tmp_path / "out")))
    assert not (tmp_path / "out").exists()


def test_several_encoders_have_the_same_folds_each_in_its_folder(answered: Answered, tmp_path: Path) -> None:
    root, alone, _ = answered
    vectors = tmp_path / "words.txt"
    vectors.write_text("".join(f"{word} {len(word)} {ord(word[0])}\n" for word in tiny.WORDS), encoding="utf-8")
    encoders = [str(root / "tiny"), str(vectors)]
    result = compare(plan_of(root, encoder=encoders, out=str(tmp_path / "out"), methods=["feature-extraction"]))
    assert [arm.id for arm in result.arms] == ["tiny/feature-extraction", "words.txt/feature-extraction"]
    assert result.arms[0].test.mean == alone.arm("feature-extraction").test.mean
    assert result.folds is not None
    assert set(result.folds.scores) == {"tiny/feature-extraction", "words.txt/feature-extraction"}
    for name in ("tiny", "words.txt"):
        own = tmp_path / "out" / "encoders" / name
        assert (own / "report.html").exists()
        assert {path.name for path in (own / "folds").iterdir()} == {"fold-1", "fold-2", "fold-3"}
    about = json.loads((tmp_path / "out" / "bundle" / "bundle.json").read_text(encoding="utf-8"))
    assert "over 3 folds" in about["made"]
    assert not list((tmp_path / "out").rglob("runs/*/weights.safetensors"))


def test_in_folds_every_fold_gets_the_seeds_of_a_look(
    answered: Answered, tmp_path: Path, begun: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tuned encoders get more, in all folds; linear heads have the most from the start."""
    asked: list[tuple[int, ...]] = []

    def open_once(scored: Measured, region: float, spent: float) -> Seen:
        assert isinstance(scored, MeasuredInFolds)
        asked.append(tuple(len(scores) for scores in scored.scores))
        return Seen(0.02, "open", frozenset({1})) if len(asked) == 1 else Seen(0.01, "hopeless")

    root, _, _ = answered
    monkeypatch.setattr(until_decided, "LOOKS", (1, 2))
    monkeypatch.setattr(until_decided, "look", open_once)
    out = tmp_path / "out"
    plan = plan_of(root, out=str(out), seeds="auto")
    result = compare(plan)
    assert asked == [(MOST, 1), (MOST, 2)]
    for fold in range(1, FOLDS + 1):
        part = read_comparison(fold_folder(out, fold))
        assert [len(part.finals(method)) for method in ("feature-extraction", "fine-tuning")] == [MOST, 2]
    assert [len(runs) for runs in result.looks[-1].runs.values()] == [MOST * FOLDS, 2 * FOLDS]
    assert len({run for look in result.looks for runs in look.runs.values() for run in runs}) == (MOST + 2) * FOLDS
    assert result.looks[-1].outcome == "hopeless"
    assert judge(out).to_dict() == result.to_dict()
    asked.clear()
    begun.clear()
    assert compare(plan).verdict == result.verdict
    assert not [what for what in begun if "seed" in what]
