"""A comparison as it was left on disk: what is read of it, and what does not belong to it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from unfreeze.disk.files import write_json
from unfreeze.errors import InputError
from unfreeze.judging.read import check_same, read_compared, read_comparison

Make = Callable[..., Path]


def change(path: Path, **values: object) -> None:
    """Write a JSON file with some values changed."""
    write_json(path, {**json.loads(path.read_text(encoding="utf-8")), **values})


def test_a_folder_of_one_encoder_is_a_comparison_of_that_name(comparison: Make) -> None:
    compared = read_compared(comparison("classification"))
    assert list(compared.comparisons) == ["minilm"]
    assert [(arm.id, arm.encoder) for arm in compared.arms] == [(name, "minilm") for name in compared.first.choices]
    assert (compared.plan, compared.dropped) == (compared.first.setting.plan, {})


def test_layer_scores_of_another_question_are_left_out(comparison: Make) -> None:
    folder = comparison("classification", probes=True)
    assert read_comparison(folder).probes is not None
    change(folder / "probes.json", question="another")
    assert read_comparison(folder).probes is None


def test_a_choice_of_no_method_is_told_as_unfinished(comparison: Make) -> None:
    folder = comparison("classification")
    write_json(folder / "choice.json", {})
    with pytest.raises(InputError, match=r"choice\.json: names no method"):
        read_comparison(folder)


def test_a_run_of_another_method_is_told(comparison: Make) -> None:
    folder = comparison("classification")
    choices = json.loads((folder / "choice.json").read_text(encoding="utf-8"))
    frozen, tuned = choices["feature-extraction"], choices["fine-tuning"]
    change(folder / "choice.json", **{"fine-tuning": {**tuned, "trials": frozen["trials"]}})
    with pytest.raises(InputError, match="has a run of another method"):
        read_comparison(folder)


def test_runs_that_were_scored_by_other_metrics_are_told(comparison: Make) -> None:
    folder = comparison("classification")
    run = read_comparison(folder).all_finals()[0].id
    scores = json.loads((folder / "runs" / run / "test.json").read_text(encoding="utf-8"))
    change(folder / "runs" / run / "test.json", metrics={**scores["metrics"], "more": 0.5})
    with pytest.raises(InputError):
        read_comparison(folder)


def test_comparisons_of_several_encoders_have_one_question_and_the_same_test_items(comparison: Make) -> None:
    one = read_comparison(comparison("classification"))
    folders = [Path("a"), Path("b"), Path("c")]
    check_same(folders, [one, one, one])
    others = replace(one, items=one.items[::-1])
    with pytest.raises(InputError, match=r"c/items\.parquet: has other test items than a"):
        check_same(folders, [one, one, others])
    labels = replace(one, setting=replace(one.setting, metric="macro_f1"))
    with pytest.raises(InputError, match=r"b/comparison\.json"):
        check_same(folders, [one, labels, one])
