"""What a comparison leaves on disk comes back as it was; what is torn or missing is reported with its file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from unfreeze.data.examples import Example, Label
from unfreeze.disk.files import write_json
from unfreeze.errors import InputError
from unfreeze.methods.frozen_recipes import FrozenRecipe
from unfreeze.records import comparison as record
from unfreeze.records.setting import read_setting

RUN = record.RunRecord(
    id="feature-extraction.linear.0a.seed2",
    method="feature-extraction",
    recipe=FrozenRecipe("linear", "mine", layers=(0, -1), l2=(0.0, 0.1), patience=None),
    seed=2,
    dev={"accuracy": 0.1 + 0.2, "macro_f1": 1 / 3},
    best_epoch=1,
    curve=(record.EpochPoint(1, 10, 0.7, 0.5, 1.25, 1e-3),),
    degenerate=False,
    layer_weights=(0.25, 0.75),
    chosen={"l2": 0.1},
    train_s=1.5,
    peak_mb=100.0,
    trained_parameters=3,
    stored_mb=0.01,
    examples_per_s=1e6,
)


@pytest.mark.parametrize("weights", [None, (0.25, 0.75)])
def test_run_record_comes_back_to_the_last_digit(weights: tuple[float, ...] | None, tmp_path: Path) -> None:
    run = replace(RUN, layer_weights=weights)
    write_json(tmp_path / "record.json", record.record_values(run))
    assert record.read_record(tmp_path) == run


@pytest.mark.parametrize(
    ("predictions", "confidence"),
    [
        (("True", "False", "是"), (0.5, 1 / 3, 1.0)),
        ((1.5, -0.0, 1e-9), ()),
        ((("O", "B-PER"), ("O",), ()), ()),
    ],
)
def test_test_record_comes_back(predictions: tuple[Label, ...], confidence: tuple[float, ...], tmp_path: Path) -> None:
    test = record.TestRecord({"accuracy": 2 / 3}, True, predictions, confidence)
    assert record.read_test(tmp_path) is None
    record.write_test(tmp_path, test)
    assert record.read_test(tmp_path) == test


def test_scores_of_a_test_are_there_only_after_its_predictions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(*rest: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(record, "write_json", killed)
    with pytest.raises(KeyboardInterrupt):
        record.write_test(tmp_path, record.TestRecord({"accuracy": 1.0}, False, ("a",)))
    assert record.read_test(tmp_path) is None


@pytest.mark.parametrize(
    "items",
    [
        (Example("f:1", "a\tb\n\u2028", None, None, "x"), Example("f:2", "", None, None, "y")),
        (Example("f:1", "a", "b", None, 0.25),),
        (Example("f:1", "李 明", None, ("李", "明"), ("B-PER", "I-PER")), Example("f:3", "x", None, ("x",), ("O",))),
    ],
)
def test_items_come_back(items: tuple[Example, ...], tmp_path: Path) -> None:
    record.write_items(tmp_path, items)
    assert record.read_items(tmp_path) == items


def test_choices_come_back(tmp_path: Path) -> None:
    choice = record.Choice(("a", "b"), ("a",), 1.5, {"1": 2.0, "32": 3.0}, "a")
    record.write_choices(tmp_path, {"fine-tuning": choice})
    assert record.read_choices(tmp_path) == {"fine-tuning": choice}


def test_unfinished_runs_are_not_seen(tmp_path: Path) -> None:
    for name in (RUN.id, f".{RUN.id}.123"):
        write_json(tmp_path / "runs" / name / "record.json", record.record_values(RUN))
    (tmp_path / "runs" / "empty").mkdir()
    assert list(record.read_records(tmp_path)) == [RUN.id]


@pytest.mark.parametrize("content", [None, b"", b"{", b"\xff", b"[1]", b"{}", b'{"task": "tagging", "labels": 3}'])
@pytest.mark.parametrize(
    ("name", "read"),
    [
        ("comparison.json", read_setting),
        ("choice.json", record.read_choices),
        ("record.json", record.read_record),
    ],
)
def test_missing_torn_or_foreign_json_is_reported(
    name: str, read: Callable[[Path], object], content: bytes | None, tmp_path: Path
) -> None:
    if name == "choice.json" and content == b"{}":
        pytest.skip("no choices yet is a choice.json of its own right")
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=name):
        read(tmp_path)


@pytest.mark.parametrize(
    ("place", "change"),
    [
        ("recipe.epochs", {"recipe": replace(RUN.recipe, epochs=10**12)}),
        ("best_epoch", {"best_epoch": 10**12}),
        ("curve.0.epoch", {"curve": (replace(RUN.curve[0], epoch=10**12),)}),
        ("curve.0.epoch", {"curve": (replace(RUN.curve[0], epoch=-1),)}),
        ("train_s", {"train_s": 1e30}),
        ("trained_parameters", {"trained_parameters": 10**16}),
    ],
)
def test_absurd_numbers_are_not_looped_over(place: str, change: dict[str, Any], tmp_path: Path) -> None:
    write_json(tmp_path / "record.json", record.record_values(replace(RUN, **change)))
    with pytest.raises(InputError, match=rf"record\.json: .*{place}: -?1.*, where 0 to 1,000,000[,0]* can be; delete"):
        record.read_record(tmp_path)


def test_absurd_seconds_of_a_choice_are_reported(tmp_path: Path) -> None:
    choice = record.Choice(("a",), ("a",), 1e30, {"1": 2.0}, "a")
    record.write_choices(tmp_path, {"fine-tuning": choice})
    with pytest.raises(InputError, match=r"choice\.json: .*fine-tuning\.extract_s: 1e\+30, where 0 to "):
        record.read_choices(tmp_path)


def test_torn_predictions_are_reported(tmp_path: Path) -> None:
    record.write_test(tmp_path, record.TestRecord({"accuracy": 1.0}, False, ("a",)))
    whole = (tmp_path / "test.parquet").read_bytes()
    (tmp_path / "test.parquet").write_bytes(whole[:-20])
    with pytest.raises(InputError, match=r"test\.parquet: cannot be read"):
        record.read_test(tmp_path)
    (tmp_path / "test.parquet").unlink()
    with pytest.raises(InputError, match=r"test\.parquet: cannot be read"):
        record.read_test(tmp_path)


def test_full_disk_leaves_no_predictions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import pyarrow.parquet

    def full(table: object, path: Path, **more: object) -> None:
        Path(path).write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pyarrow.parquet, "write_table", full)
    with pytest.raises(InputError, match=r"items\.parquet: cannot be written: No space left on device"):
        record.write_items(tmp_path, [Example("f:1", "a", label="x")])
    assert list(tmp_path.iterdir()) == []


def test_a_class_of_many_predictions_is_one_text_in_memory(tmp_path: Path) -> None:
    said = tuple("positive" if i % 3 else "negative" for i in range(300))
    record.write_test(tmp_path, record.TestRecord({"accuracy": 1.0}, False, said))
    read = record.read_test(tmp_path)
    assert read is not None
    assert read.predictions == said
    assert len({id(label) for label in read.predictions}) == 2
