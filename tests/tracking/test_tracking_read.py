"""What trackers get of a comparison: each field of the files in its own place, and in no other."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from made_arms import change, make_encoders
from made_comparison import make_comparison
from made_folds import make_folds

from unfreeze.errors import InputError
from unfreeze.judging.judge import judge
from unfreeze.methods.frozen_recipes import FrozenRecipe
from unfreeze.methods.tuned_recipes import TunedRecipe
from unfreeze.plan import plain
from unfreeze.records.comparison import read_choices, read_records, read_test
from unfreeze.tracking.read import read_tracked
from unfreeze.tracking.tracked import TrackedRun, finite

RUN = "feature-extraction-linear-cls-seed1"
TRIAL = "feature-extraction-linear-max-seed1000"
TUNED = "fine-tuning-tune-0.0001-seed0"
Comparison = Callable[..., Path]


def _run(folder: Path, run: str = RUN) -> TrackedRun:
    return next(one for one in read_tracked(folder, "it").runs if one.tags["run"] == run)


def _values(run: TrackedRun) -> dict[str, Any]:
    """All that a tracker gets of a run, each value under a name of its own."""
    return {
        **{f"param {name}": value for name, value in run.params.items()},
        **{f"score {name}": value for name, value in run.scores.items()},
        **{f"tag {name}": value for name, value in run.tags.items()},
        **{f"reading {r.step} {name}": value for r in run.readings for name, value in r.values.items()},
        **{f"time {r.step}": r.seconds for r in run.readings},
        **{name: getattr(run, name) for name in ("name", "group", "step", "start", "end")},
    }


def _moved(folder: Path, path: str, edit: Callable[[dict[str, Any]], Any], run: str = RUN) -> set[str]:
    """The names whose values change where a file is edited; when it was written stays."""
    before, times = _values(_run(folder, run)), (folder / path).stat()
    change(folder / path, edit)  # type: ignore[arg-type]
    os.utime(folder / path, ns=(times.st_atime_ns, times.st_mtime_ns))
    after = _values(_run(folder, run))
    return {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}


def test_every_setting_of_a_recipe_is_a_parameter(comparison: Comparison) -> None:
    folder = comparison("classification")
    for run, kind in ((RUN, FrozenRecipe), (TUNED, TunedRecipe)):
        record = read_records(folder)[run]
        params = dict(_run(folder, run).params)
        assert params.pop("recipe") == record.recipe.name
        for field in fields(kind):
            value = plain(record.recipe)[field.name]
            if field.name == "name" or value is None:
                continue
            told = params.pop(field.name)
            assert told == value if isinstance(value, str | int | float) else json.loads(str(told)) == value


CHANGES: dict[str, tuple[Callable[[dict[str, Any]], Any], set[str]]] = {
    "seed": (lambda r: r.update(seed=7), {"param seed", "name"}),
    "best_epoch": (lambda r: r.update(best_epoch=2), {"step"}),
    "dev": (lambda r: r["dev"].update(macro_f1=0.25), {"score kept/dev_macro_f1"}),
    "degenerate": (lambda r: r.update(degenerate=True), {"tag one answer for all of dev"}),
    "diverged": (lambda r: r.update(diverged=True), {"tag diverged"}),
    "layer_weights": (lambda r: r["layer_weights"].__setitem__(2, 0.5), {"score layer_weight/02"}),
    "chosen": (lambda r: r.update(chosen={"l2": 0.5}), {"param chosen_l2"}),
    "train_s": (lambda r: r.update(train_s=7.0), {"score cost/train_s", "start"}),
    "peak_mb": (lambda r: r.update(peak_mb=7.0), {"score cost/peak_mb"}),
    "trained_parameters": (lambda r: r.update(trained_parameters=7), {"score cost/trained_parameters"}),
    "stored_mb": (lambda r: r.update(stored_mb=7.0), {"score cost/stored_mb"}),
    "examples_per_s": (lambda r: r.update(examples_per_s=7.0), {"score cost/examples_per_s"}),
    "work": (lambda r: r.update(work=7), {"score cost/work"}),
    "machine": (lambda r: r.update(machine="big"), {"tag machine"}),
    "host": (lambda r: r.update(host="one"), {"tag host"}),
    "stopped": (lambda r: r.update(stopped=0.5), {"tag stopped at"}),
    "recipe": (lambda r: r["recipe"].update(batch_size=7), {"param batch_size"}),
    "its name": (lambda r: r["recipe"].update(name="other"), {"param recipe", "name"}),
    "epoch": (
        lambda r: r["curve"][0].update(epoch=99),
        {f"{what} {step}{name}" for step in (1, 99) for what, names in
         (("reading", (" train/loss", " dev/accuracy", " train/learning_rate", " train/step")), ("time", ("",)))
         for name in names},
    ),
    "step": (lambda r: r["curve"][1].update(step=7), {"reading 2 train/step"}),
    "train_loss": (lambda r: r["curve"][1].update(train_loss=7.0), {"reading 2 train/loss"}),
    "its dev": (lambda r: r["curve"][1].update(dev=0.5), {"reading 2 dev/accuracy"}),
    "seconds": (lambda r: r["curve"][1].update(seconds=7.0), {"time 2"}),
    "learning_rate": (lambda r: r["curve"][1].update(learning_rate=7.0), {"reading 2 train/learning_rate"}),
}  # fmt: skip


@pytest.mark.parametrize("name", CHANGES)
def test_a_field_of_a_record_is_told_in_its_place_alone(comparison: Comparison, name: str) -> None:
    edit, expected = CHANGES[name]
    assert _moved(comparison("classification"), f"runs/{RUN}/record.json", edit) == expected


SETTINGS: dict[str, tuple[Callable[[dict[str, Any]], Any], set[str]]] = {
    "encoder": (lambda s: s["encoder"].update(name="/models/other"), {"param encoder"}),
    "data": (lambda s: s["data"].update(name="films"), {"param data"}),
    "sizes": (lambda s: s["data"]["sizes"].update(dev=7), {"param dev_size"}),
    "precision": (lambda s: s["environment"].update(precision="bf16"), {"param precision"}),
    "device": (lambda s: s["environment"].update(device="cuda"), {"tag device"}),
    "versions": (lambda s: s["environment"].update(torch="9"), {"tag torch"}),
}


@pytest.mark.parametrize("name", SETTINGS)
def test_a_field_of_the_setting_is_told_in_its_place_alone(comparison: Comparison, name: str) -> None:
    edit, expected = SETTINGS[name]
    assert _moved(comparison("classification"), "comparison.json", edit) == expected


def test_test_scores_are_those_of_final_runs_alone(comparison: Comparison) -> None:
    folder = comparison("classification")
    for run in read_tracked(folder, "it").runs:
        test = read_test(folder / "runs" / run.tags["run"])
        told = {name.removeprefix("test/"): v for name, v in run.scores.items() if name.startswith("test/")}
        assert told == ({} if test is None else dict(test.metrics))
        assert run.tags["role"] == ("trial" if test is None else "final")
    moved = _moved(folder, f"runs/{RUN}/test.json", lambda t: t["metrics"].update(macro_f1=0.5))
    assert moved == {"score test/macro_f1"}
    moved = _moved(folder, f"runs/{RUN}/test.json", lambda t: t.update(degenerate=True))
    assert moved == {"tag one answer for all of test"}


def test_a_run_that_chose_its_recipe_is_a_final_run_of_an_old_folder(comparison: Comparison) -> None:
    folder = comparison("classification", reused=True)
    left_out = read_choices(folder)["feature-extraction"].left_out[0]
    assert _run(folder, left_out).tags["role"] == "final"
    assert _run(folder, left_out).tags["not judged"] == "yes"
    assert "not judged" not in _run(folder).tags


def test_the_run_for_the_bundle_is_marked(comparison: Comparison) -> None:
    folder = comparison("classification")
    marked = {run.tags["run"] for run in read_tracked(folder, "it").runs if "best on dev" in run.tags}
    assert marked == {choice.best_run for choice in read_choices(folder).values()}


def test_runs_end_when_they_were_written(comparison: Comparison) -> None:
    folder = comparison("classification")
    os.utime(folder / "runs" / RUN / "record.json", (5000, 5000))
    run = _run(folder)
    assert (run.start, run.end) == (5000 - read_records(folder)[RUN].train_s, 5000)


def test_every_run_of_every_encoder_and_fold_is_told_once(tmp_path: Path) -> None:
    made = {
        "encoders": make_encoders(tmp_path / "encoders", "classification", {"small": 1.0, "large": 0.5},
                                  methods=("feature-extraction", "fine-tuning")),
        "folds": make_folds(tmp_path / "folds", "classification"),
    }  # fmt: skip
    for folder in made.values():
        tracked = read_tracked(folder, "it")
        assert len({run.id for run in tracked.every}) == len(list(folder.rglob("record.json"))) + 1
        assert len({(run.group, run.name) for run in tracked.every}) == len(tracked.every)
    assert {run.group for run in read_tracked(made["encoders"], "it").runs} == {
        f"it/{encoder}/{method}" for encoder in ("small", "large") for method in ("feature-extraction", "fine-tuning")
    }
    assert {run.params["encoder"] for run in read_tracked(made["encoders"], "it").runs} == {"small", "large"}
    assert {run.tags["part"] for run in read_tracked(made["folds"], "it").runs} == {"fold 1", "fold 2", "fold 3"}
    assert {run.group for run in read_tracked(made["folds"], "it").runs} == {"it/feature-extraction", "it/fine-tuning"}


def test_runs_on_the_whole_data_of_a_comparison_in_folds_are_told(tmp_path: Path) -> None:
    folder = make_folds(tmp_path / "folds", "classification")
    (folder / "whole").mkdir()
    make_comparison(folder / "whole", "classification", methods=("feature-extraction",))
    for name in ("comparison.json", "choice.json"):
        (folder / "whole" / name).unlink()
    runs = read_tracked(folder, "it").runs
    whole = [run for run in runs if run.tags["part"] == "whole"]
    assert len(whole) == len(list((folder / "whole").rglob("record.json")))
    assert {run.params["metric"] for run in whole} == {"accuracy"}
    assert all(("train_size" in run.params) == (run not in whole) for run in runs)


def test_the_questions_of_a_study_are_told(tmp_path: Path) -> None:
    for question in ("sick-a", "sick-b"):
        (tmp_path / "runs" / question).mkdir(parents=True)
        make_comparison(tmp_path / "runs" / question, "classification")
        (tmp_path / "runs" / question / "choice.json").unlink()
    tracked = read_tracked(tmp_path, "study")
    assert {run.group for run in tracked.runs} == {
        f"study/{question}/{method}"
        for question in ("sick-a", "sick-b")
        for method in ("feature-extraction", "fine-tuning")
    }
    assert len(tracked.runs) == len(list(tmp_path.rglob("record.json")))


def test_recipes_of_one_name_have_runs_of_different_names(comparison: Comparison) -> None:
    folder = comparison("classification")
    for path in folder.glob("runs/*/record.json"):
        change(path, lambda record: record["recipe"].update(name=""))
    runs = read_tracked(folder, "it").runs
    assert len({(run.group, run.name) for run in runs}) == len(runs)


def test_an_unfinished_comparison_has_its_runs_and_no_verdict(comparison: Comparison) -> None:
    folder = comparison("classification")
    finished = read_tracked(folder, "it").runs
    (folder / "choice.json").unlink()
    tracked = read_tracked(folder, "it")
    assert [(run.id, run.tags["role"]) for run in tracked.runs] == [(run.id, run.tags["role"]) for run in finished]
    assert tracked.summary.tags["finished"] == "no"
    assert tracked.summary.scores == {}
    assert f"{len(finished)} runs are finished" in tracked.summary.note


def test_the_verdict_is_that_of_the_result(comparison: Comparison) -> None:
    folder = comparison("classification", floor=0.4)
    id_before = read_tracked(folder, "it").summary.id
    result = judge(folder)
    summary = read_tracked(folder, "it").summary
    assert summary.id == id_before
    for arm in result.arms:
        low, high = arm.test.ci95
        expected = {"test": arm.test.mean, "test_std": arm.test.std, "test_low": low, "test_high": high,
                    "dev": arm.dev.mean, "train_s": arm.cost.train_s, "stored_mb": arm.cost.stored_mb,
                    "test_macro_f1": arm.metrics["macro_f1"].mean,
                    "latency_ms_32": arm.cost.latency_ms["32"]}  # fmt: skip
        assert {name: summary.scores[f"verdict/{arm.id}/{name}"] for name in expected} == expected
    (pair,) = result.differences
    told = [summary.scores[f"verdict/{pair.first} - {pair.second}/{name}"] for name in ("mean", "low", "high", "p")]
    assert told == [pair.mean, *pair.joint_ci95, pair.joint_p]
    assert result.floor is not None
    assert summary.scores["verdict/floor/test"] == result.floor.test
    verdict = result.verdict
    assert {name: summary.tags[name] for name in ("choice", "use", "leader", "headline", "next step")} == {
        "choice": verdict.choice, "use": verdict.use, "leader": verdict.leader, "headline": verdict.headline,
        "next step": verdict.next_step,
    }  # fmt: skip
    assert verdict.headline in summary.note
    assert all(f"- {arm.id}: accuracy {arm.test.mean:.4f} on test" in summary.note for arm in result.arms)
    assert [path.name for path in summary.files] == ["result.json"]


def test_what_is_told_depends_on_no_clock(comparison: Comparison) -> None:
    folder = comparison("classification")
    judge(folder)
    before = [run.content for run in read_tracked(folder, "it").every]
    for path in folder.rglob("*.json"):
        os.utime(path, (5000, 5000))
    assert [run.content for run in read_tracked(folder, "it").every] == before
    change(folder / "result.json", lambda result: result["verdict"].update(detail="Other."))
    after = [run.content for run in read_tracked(folder, "it").every]
    assert after[0] != before[0]
    assert after[1:] == before[1:]


def test_numbers_that_are_none_are_left_out() -> None:
    assert finite({"a": math.nan, "b": math.inf, "c": -math.inf, "d": 1.0}) == {"d": 1.0}


@pytest.mark.parametrize("made", [False, True])
def test_other_folders_are_refused(tmp_path: Path, made: bool) -> None:
    folder = tmp_path / "other"
    if made:
        folder.mkdir()
    with pytest.raises(InputError, match="is this the --out folder" if made else "no such folder"):
        read_tracked(folder, "it")
