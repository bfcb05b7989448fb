"""What a comparison leaves on disk comes back as it was; what is torn or missing is reported with its file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from unfreeze.data.examples import Example, Label
from unfreeze.disk.files import write_json
from unfreeze.errors import InputError
from unfreeze.methods.frozen_recipes import FrozenRecipe
from unfreeze.records import comparison as record
from unfreeze.records.forecasts import Forecasts
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
    run = replace(RUN, layer_weights=weights, rung=record.Rung(RUN.curve, 7, last=True), stopped=0.1 + 0.2)
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
    assert test.forecasts is None


@pytest.mark.parametrize("name", ["likely", "losses"])
def test_forecasts_come_back_to_the_last_digit(name: str, tmp_path: Path) -> None:
    values = np.random.default_rng(0).random((3, 2), np.float32)
    test = record.TestRecord({"accuracy": 1.0}, False, ("a", "b", "a"), (0.5, 0.5, 0.5), Forecasts(**{name: values}))
    record.write_test(tmp_path, test)
    back = record.read_test(tmp_path)
    assert back is not None
    assert back.forecasts is not None
    found = vars(back.forecasts)
    assert {key for key, kept in found.items() if kept is not None} == {name}
    assert found[name].dtype == np.float32
    assert np.array_equal(found[name], values)


@pytest.mark.parametrize("wrong", [-1e-3, 1.001, float("nan")])
def test_a_likelihood_that_is_no_probability_is_reported(wrong: float, tmp_path: Path) -> None:
    likely = Forecasts(np.array([[0.5, 0.5], [wrong, 0.5]], np.float32))
    record.write_test(tmp_path, record.TestRecord({"accuracy": 1.0}, False, ("a", "b"), (), likely))
    with pytest.raises(InputError, match=r"test\.parquet: column 'likely' has a number outside 0 to 1; delete the"):
        record.read_test(tmp_path)


@pytest.mark.parametrize("sure", [0.0, 1.0, 1 + 1e-7])
def test_a_confidence_is_a_probability_give_or_take_rounding(sure: float, tmp_path: Path) -> None:
    test = record.TestRecord({"accuracy": 1.0}, False, ("a",), (sure,))
    record.write_test(tmp_path, test)
    assert record.read_test(tmp_path) == test


@pytest.mark.parametrize("sure", [-1e-3, 1.001, float("nan")])
def test_a_confidence_that_is_no_probability_is_reported(sure: float, tmp_path: Path) -> None:
    record.write_test(tmp_path, record.TestRecord({"accuracy": 1.0}, False, ("a", "b"), (0.5, sure)))
    with pytest.raises(InputError, match=r"test\.parquet: column 'confidence' has a number outside 0 to 1; delete the"):
        record.read_test(tmp_path)


def test_what_older_versions_did_not_write_is_filled_in(tmp_path: Path) -> None:
    values = record.record_values(replace(RUN, diverged=True, work=7, states={"joint mean": 5}, stopped=0.5))
    for name in ("diverged", "work", "states", "rung", "stopped"):
        del values[name]
    write_json(tmp_path / "record.json", values)
    assert record.read_record(tmp_path) == RUN
    assert (RUN.diverged, RUN.work, RUN.states, RUN.rung, RUN.stopped) == (False, None, {}, None, None)


def test_a_rung_without_a_reading_is_reported(tmp_path: Path) -> None:
    write_json(tmp_path / "record.json", record.record_values(replace(RUN, rung=record.Rung((), 7, last=True))))
    with pytest.raises(InputError, match=r"record\.json: has a rung without a reading of dev; delete the folder"):
        record.read_record(tmp_path)


def test_the_floor_comes_back(tmp_path: Path) -> None:
    scores = {"accuracy": 2 / 3}
    floor = record.FloorRecord("words", "q", 2, scores, {"accuracy": 0.5}, {"l2": 0.1}, 40, 1.25, ("a", "b"))
    assert record.read_floor(tmp_path) is None
    record.write_floor(tmp_path, floor)
    assert record.read_floor(tmp_path) == floor
    tagged = replace(floor, predictions=(("O", "B-X"), ("O",)))
    record.write_floor(tmp_path, tagged)
    assert record.read_floor(tmp_path) == tagged


@pytest.mark.parametrize("wrong", [-1e-3, 1.001])
def test_a_likelihood_of_the_floor_that_is_no_probability_is_reported(wrong: float, tmp_path: Path) -> None:
    likely = Forecasts(np.array([[0.5, wrong]], np.float32))
    record.write_floor(tmp_path, record.FloorRecord("words", "q", 2, {}, {}, {}, 40, 1.25, ("a",), likely))
    with pytest.raises(InputError, match=r"floor\.parquet: column 'likely' has a number outside 0 to 1; delete it"):
        record.read_floor(tmp_path)


def test_a_floor_is_there_only_after_its_predictions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(*rest: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(record, "write_json", killed)
    with pytest.raises(KeyboardInterrupt):
        record.write_floor(tmp_path, record.FloorRecord("words", "q", 2, {}, {}, {}, 40, 1.25, ("a",)))
    assert (tmp_path / "floor.parquet").exists()
    assert record.read_floor(tmp_path) is None


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


def test_runs_are_in_the_order_of_their_names(tmp_path: Path) -> None:
    names = [f"a.{number:02}" for number in range(20)]
    for name in names[::-1]:
        write_json(tmp_path / "runs" / name / "record.json", record.record_values(replace(RUN, id=name)))
    assert list(record.read_records(tmp_path)) == names


@pytest.mark.parametrize(
    ("method", "change", "problem"),
    [
        ("fine_tuning", {}, "unknown method 'fine_tuning' (did you mean 'fine-tuning'"),
        ("lora", {"trials": ()}, "is not as this version of unfreeze writes it: lora has no run that it chose; delete"),
        ("lora", {"runs": ()}, "lora has no run that it chose"),
        ("lora", {"best_run": "b"}, "lora has no run that it chose"),
        ("lora", {"latency_ms": {"32": 3.0}}, "lora has no run that it chose"),
        ("lora", {"extract_s": -1.0}, "lora.extract_s: -1.0, where 0 to 1,000,000,000 can be; delete it"),
    ],
)
def test_choices_that_no_version_wrote_are_reported(
    method: str, change: dict[str, Any], problem: str, tmp_path: Path
) -> None:
    choice = record.Choice(("a", "b"), ("a",), 1.5, {"1": 2.0}, "a")
    record.write_choices(tmp_path, {"feature-extraction": choice, method: replace(choice, **change)})
    with pytest.raises(InputError) as raised:
        record.read_choices(tmp_path)
    assert str(raised.value).startswith(f"{tmp_path / 'choice.json'}: ")
    assert problem in str(raised.value)


@pytest.mark.parametrize(
    ("file", "advice"),
    [
        ("comparison.json", "remove the folder, or choose another --out"),
        ("choice.json", "delete it and start the same command again"),
        ("floor.json", "delete it and start the same command again"),
        ("record.json", "delete the folder of this run and start the same command again"),
        ("test.json", "delete the folder of this run and start the same command again"),
    ],
)
def test_a_file_of_another_make_is_reported_with_what_to_delete(file: str, advice: str, tmp_path: Path) -> None:
    (tmp_path / file).write_text('{"metric": 1}', encoding="utf-8")
    read: dict[str, Callable[[Path], object]] = {
        "comparison.json": read_setting, "choice.json": record.read_choices, "floor.json": record.read_floor,
        "record.json": record.read_record, "test.json": record.read_test,
    }  # fmt: skip
    with pytest.raises(InputError) as raised:
        read[file](tmp_path)
    assert str(raised.value).endswith(advice)


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
        ("rung.curve.0.epoch", {"rung": record.Rung((replace(RUN.curve[0], epoch=10**12),), 7, last=True)}),
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
