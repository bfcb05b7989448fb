"""The data that a plan asks about."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Literal

import pytest
import tiny

from unfreeze.data.examples import SPLITS
from unfreeze.errors import InputError
from unfreeze.plan import Plan
from unfreeze.runs.question import folds_of, read_data, with_fewer, with_size
from unfreeze.tasks.metrics import main_metric


def test_train_size_takes_a_stratified_subset_and_says_so(tmp_path: Path) -> None:
    data = tiny.write_data(tmp_path / "data", "classification", (200, 20, 20))
    whole, part = read_data(Plan(str(data))), read_data(Plan(str(data), train_size=50))
    assert len(part.train) == 50
    assert set(part.train) <= set(whole.train)
    assert (part.dev, part.test) == (whole.dev, whole.test)
    shares = [Counter(e.label for e in d.train)["True"] / len(d.train) for d in (whole, part)]
    assert shares[1] == pytest.approx(shares[0], abs=0.03)
    assert part.notes[-1] == "50 of 200 training examples are used (--train-size)."
    assert read_data(Plan(str(data), train_size=50)) == part, "the same subset for every run"


def test_train_size_past_the_data_changes_nothing(tmp_path: Path) -> None:
    data = tiny.write_data(tmp_path / "data", "classification")
    assert read_data(Plan(str(data), train_size=48)) == read_data(Plan(str(data)))


def test_files_named_outright_win_over_the_folder(tmp_path: Path) -> None:
    data = tiny.write_data(tmp_path / "data", "classification")
    other = tiny.write_split(tmp_path / "other", "classification", 40, seed=9)
    named = read_data(Plan(str(data), test=str(other)))
    assert len(named.test) == 40
    assert named.test[0].where == f"{other}:2"
    alone = read_data(Plan(train=str(data / "train.tsv"), dev=str(data / "dev.tsv"), test=str(other)))
    assert (alone.train, alone.dev, alone.test) == (named.train, named.dev, named.test)


def test_several_files_of_a_split_are_one_split(tmp_path: Path) -> None:
    data = tiny.write_data(tmp_path / "data", "classification")
    other = tiny.write_split(tmp_path / "other", "classification", 40, seed=9)
    both = read_data(Plan(str(data), test=(str(data / "test.tsv"), str(other))))
    assert len(both.test) == 30 + 40


def test_each_number_of_a_subset_is_another_draw(tmp_path: Path) -> None:
    whole = read_data(Plan(str(tiny.write_data(tmp_path / "data", "classification", (200, 20, 20)))))
    draws = [with_size(whole, 50, subset).train for subset in range(3)]
    assert len({frozenset(draw) for draw in draws}) == 3
    assert read_data(Plan(str(tmp_path / "data"), train_size=50, subset=2)).train == draws[2]
    assert with_size(whole, 50).train == draws[0]


@pytest.mark.parametrize("split", ["dev", "test"])
def test_fewer_examples_of_one_split_leave_the_others_alone(split: Literal["dev", "test"], tmp_path: Path) -> None:
    whole = read_data(Plan(str(tiny.write_data(tmp_path / "data", "classification"))))
    size = len(whole.split(split)) // 2
    part = with_fewer(whole, split, size)
    assert len(part.split(split)) == size
    assert set(part.split(split)) <= set(whole.split(split))
    assert part.split(split) != with_fewer(whole, split, size, 1).split(split)
    assert all(part.split(other) == whole.split(other) for other in SPLITS if other != split)
    assert part.notes == (*whole.notes, f"{size} of {2 * size} {split} examples are used.")
    assert with_fewer(whole, split, 2 * size) is whole


def test_nothing_is_put_before_tagged_words(tmp_path: Path) -> None:
    data = tiny.write_data(tmp_path / "data", "tagging-BIO")
    with pytest.raises(InputError, match="--prefix: is put before texts"):
        read_data(Plan(str(data), prefix="query: "))


@pytest.mark.parametrize(
    ("kind", "prefix"), [("tagging-BIO", None), ("tagging-BIO", ""), ("classification", "query: ")]
)
def test_a_prefix_is_no_trouble_of_texts_nor_its_lack_one_of_words(
    kind: str, prefix: str | None, tmp_path: Path
) -> None:
    data = tiny.write_data(tmp_path / "data", kind)
    assert read_data(Plan(str(data), prefix=prefix)) == read_data(Plan(str(data)))


def test_nothing_named_is_an_error() -> None:
    with pytest.raises(InputError, match="name a file or folder, or --train"):
        read_data(Plan(test="test.tsv"))


def test_train_size_may_lose_a_label_of_several(tmp_path: Path) -> None:
    """What is lost counts as missed, as a label does that no training text has."""
    rows = "".join(json.dumps({"text": f"text {i}", "labels": [f"label {i % 9}"]}) + "\n" for i in range(27))
    for split in ("train", "dev", "test"):
        (tmp_path / f"{split}.jsonl").write_text(rows.replace("text ", f"{split} "), encoding="utf-8")
    part = read_data(Plan(str(tmp_path), train_size=4))
    assert len(part.train) == 4
    assert len(part.labels.names) == 9


def test_train_size_that_loses_a_class_is_an_error(tmp_path: Path) -> None:
    rows = "".join(f"text {i}\tclass {i % 5}\n" for i in range(60))
    for split in ("train", "dev", "test"):
        (tmp_path / f"{split}.tsv").write_text("text\tlabel\n" + rows.replace("text", split), encoding="utf-8")
    with pytest.raises(InputError, match="--train-size: 3 training examples have no room for class"):
        read_data(Plan(str(tmp_path), train_size=3))


def test_the_metric_of_the_plan_is_that_of_the_task(tmp_path: Path) -> None:
    data = str(tiny.write_data(tmp_path / "data", "classification"))
    assert main_metric(read_data(Plan(data)).task) == "accuracy"
    assert main_metric(read_data(Plan(data, metric="mcc")).task) == "matthews"
    assert main_metric(read_data(Plan(data, metric="f1:True", train_size=20)).task) == "f1:True"
    assert read_data(Plan(data, metric="accuracy")) == read_data(Plan(data))


def test_a_metric_that_does_not_fit_is_refused(tmp_path: Path) -> None:
    data = str(tiny.write_data(tmp_path / "data", "classification"))
    with pytest.raises(InputError, match=r"--metric: 'spearman' does not judge classification .*accuracy"):
        read_data(Plan(data, metric="spearman"))
    with pytest.raises(InputError, match=r"--metric: 'true' is not a class; there are False, True"):
        read_data(Plan(data, metric="f1:true"))


@pytest.mark.parametrize("lacking", ["dev", "test"])
def test_a_metric_of_a_class_that_dev_or_test_lacks_is_refused(tmp_path: Path, lacking: str) -> None:
    for split in SPLITS:
        labels = "ab" * 4 if split == lacking else "abc" * 4
        rows = [f"text {i} of {split}\t{label}" for i, label in enumerate(labels)]
        (tmp_path / f"{split}.tsv").write_text("\n".join(["text\tlabel", *rows]) + "\n", encoding="utf-8")
    with pytest.raises(InputError, match=f"nothing in {lacking} that F1 of 'c' could measure; choose another metric"):
        read_data(Plan(str(tmp_path), metric="f1:c"))
    assert main_metric(read_data(Plan(str(tmp_path), metric="f1:b")).task) == "f1:b"


def one_file(folder: Path, rows: int) -> Plan:
    return Plan(str(tiny.write_split(folder / "data", "classification", rows, 0)))


def test_few_examples_without_a_test_file_are_tested_in_folds_and_that_is_said(tmp_path: Path) -> None:
    plan = one_file(tmp_path, 60)
    folds, said = folds_of(plan, read_data(plan), tmp_path / "out")
    assert folds is not None
    assert [len(part.test) for part in folds.parts] == [12] * 5
    assert said is not None
    assert "60 examples are under 1,500" in said
    assert "--folds 0" in said


@pytest.mark.parametrize(("rows", "number"), [(1499, 5), (1500, 0)])
def test_many_examples_are_not(rows: int, number: int, tmp_path: Path) -> None:
    plan = one_file(tmp_path, rows)
    folds, _ = folds_of(plan, read_data(plan), tmp_path / "out")
    assert (0 if folds is None else len(folds.parts)) == number


@pytest.mark.parametrize("settings", [{"folds": 0}, {"train_size": 20}])
def test_nor_are_they_where_a_plan_says_otherwise(settings: dict[str, int], tmp_path: Path) -> None:
    plan = replace(one_file(tmp_path, 60), **settings)
    assert folds_of(plan, read_data(plan), tmp_path / "out") == (None, None)


@pytest.mark.parametrize("begun", ["comparison.json", "encoders/minilm/comparison.json"])
def test_what_was_begun_with_one_test_set_goes_on_with_it(begun: str, tmp_path: Path) -> None:
    plan = one_file(tmp_path, 60)
    (tmp_path / "out" / begun).parent.mkdir(parents=True)
    (tmp_path / "out" / begun).write_text("{}", encoding="utf-8")
    assert folds_of(plan, read_data(plan), tmp_path / "out") == (None, None)


def test_a_test_file_is_enough(tmp_path: Path) -> None:
    plan = Plan(str(tiny.write_data(tmp_path / "data", "classification")))
    assert folds_of(plan, read_data(plan), tmp_path / "out") == (None, None)


def test_where_folds_cannot_be_made_one_test_set_is_held_out_unless_they_were_asked_for(tmp_path: Path) -> None:
    rows = [f"text {i}\t{'rare' if i < 4 else 'usual'}" for i in range(40)]
    (tmp_path / "data.tsv").write_text("\n".join(["text\tlabel", *rows]) + "\n", encoding="utf-8")
    plan = Plan(str(tmp_path / "data.tsv"))
    folds, said = folds_of(plan, read_data(plan), tmp_path / "out")
    assert folds is None
    assert said is not None
    assert said.startswith("One test set is held out, since 5 folds cannot be made: ")
    with pytest.raises(InputError, match="fold"):
        folds_of(replace(plan, folds=5), read_data(plan), tmp_path / "out")
