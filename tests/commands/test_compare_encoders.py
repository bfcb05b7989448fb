"""Several encoders in one comparison, end to end on tiny ones."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tiny

from unfreeze.bundle.load import load
from unfreeze.commands import until_decided
from unfreeze.commands.compare import compare
from unfreeze.errors import InputError
from unfreeze.judging.judge import judge
from unfreeze.judging.looking import Seen
from unfreeze.judging.looks import MOST
from unfreeze.judging.result import Result
from unfreeze.judging.two_way import Measured
from unfreeze.plan import Plan, plan_from
from unfreeze.report.render import render

pytestmark = pytest.mark.usefixtures("no_report")

Answered = tuple[Path, Result, list[str]]


def vectors(folder: Path) -> Path:
    """A file of word vectors."""
    random = np.random.default_rng(0)
    lines = [f"{word} {' '.join(f'{x:.3f}' for x in random.normal(size=8))}" for word in tiny.WORDS]
    (folder / "words.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder / "words.txt"


@pytest.fixture(scope="module")
def encoders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A tiny transformer and word vectors."""
    root = tmp_path_factory.mktemp("encoders")
    return tiny.make_encoder(root / "tiny"), vectors(root)


@pytest.fixture(scope="module")
def answered(tmp_path_factory: pytest.TempPathFactory, encoders: tuple[Path, Path]) -> Answered:
    """Output folder, result and what was said of a comparison of both."""
    root = tmp_path_factory.mktemp("answered")
    data = tiny.write_data(root / "data", "classification")
    lines: list[str] = []
    return root / "out", compare(plan_of(data, encoders, root / "out"), tell=lines.append), lines


def plan_of(data: Path, encoders: tuple[Path, ...], out: Path, **settings: Any) -> Plan:
    """A plan with several encoders."""
    values = tiny.plan_values(data, encoders[0], out, "classification", seeds=2)
    return plan_from({**values, "encoder": [str(path) for path in encoders], **settings})


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What runs, by its name."""
    names: list[str] = []
    monkeypatch.setattr("unfreeze.runs.watching.Quiet.begin", lambda self, what, left: names.append(what))
    return names


def test_each_encoder_has_its_own_folder_and_report_below_one_result(answered: Answered) -> None:
    out, result, lines = answered
    assert set(result.encoders) == {"tiny", "words.txt"}
    assert [arm.id for arm in result.arms] == [
        "tiny/feature-extraction", "tiny/fine-tuning", "words.txt/feature-extraction",
    ]  # fmt: skip
    assert len(result.differences) == 3
    for folder in (out, out / "encoders" / "tiny", out / "encoders" / "words.txt"):
        assert (folder / "result.json").exists()
        assert (folder / "report.html").exists()
    assert lines.count("Encoder tiny:") == lines.count("Encoder words.txt:") == 1
    assert len(lines) == len(set(lines))  # data are described once


def test_an_encoder_judged_alone_has_the_same_scores(answered: Answered) -> None:
    out, result, _ = answered
    for method, arm in judge(out / "encoders" / "tiny").methods.items():
        together = result.arm(f"tiny/{method}")
        assert together.runs == arm.runs
        assert together.test.mean == arm.test.mean


def test_bundle_is_of_the_arm_to_use_and_all_weights_are_gone(answered: Answered) -> None:
    out, result, _ = answered
    about = json.loads((out / "bundle" / "bundle.json").read_text(encoding="utf-8"))
    assert about["run"] == result.used.best_run
    assert not list(out.rglob("runs/*/weights.safetensors"))
    assert not list(out.rglob("encoders/*/bundle"))
    assert len(load(out / "bundle").predict(["good bad", "bad"])) == 2


def test_judged_again_it_is_the_same(answered: Answered) -> None:
    out, result, _ = answered
    before = (out / "result.json").read_bytes()
    assert judge(out).to_dict() == result.to_dict()
    assert (out / "result.json").read_bytes() == before
    assert "words.txt" in render(out).read_text(encoding="utf-8")


def test_started_again_nothing_is_trained_but_an_encoder_that_is_new(
    answered: Answered, encoders: tuple[Path, Path], tmp_path: Path, begun: list[str]
) -> None:
    out, result, _ = answered
    shutil.copytree(out.parent, tmp_path / "copy")
    data, copy = tmp_path / "copy" / "data", tmp_path / "copy" / "out"
    again = compare(plan_of(data, encoders, copy))
    assert not [what for what in begun if "seed" in what]
    assert again.verdict == result.verdict
    three = compare(plan_of(data, (encoders[0], vectors(tmp_path)), copy, methods=["feature-extraction"]))
    assert set(three.encoders) == {"tiny", "words.txt"}


def test_hopeless_encoders_are_dropped_only_when_asked_and_said_aloud(
    encoders: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = tiny.write_data(tmp_path / "data", "classification")
    monkeypatch.setattr(
        "unfreeze.commands.compare_encoders.hopeless", lambda dev, items: {"words.txt": "it is far behind"}
    )
    lines: list[str] = []
    result = compare(plan_of(data, encoders, tmp_path / "out", drop_hopeless=True), tell=lines.append)
    assert set(result.encoders) == {"tiny"}
    assert result.dropped == {"words.txt": "it is far behind"}
    assert any(line.startswith("words.txt is dropped") and "far behind" in line for line in lines)
    assert not (tmp_path / "out" / "encoders" / "words.txt" / "choice.json").exists()
    kept = compare(plan_of(data, encoders, tmp_path / "out"))
    assert set(kept.encoders) == {"tiny", "words.txt"}


def test_a_folder_of_one_encoder_is_not_taken_for_one_of_several(
    answered: Answered, encoders: tuple[Path, Path]
) -> None:
    out, _, _ = answered
    with pytest.raises(InputError, match="encoders"):
        compare(plan_of(out.parent / "data", encoders, out / "encoders" / "tiny"))
    with pytest.raises(InputError, match="comparison"):
        compare(tiny.tiny_plan(out.parent / "data", encoders[0], out, "classification"))


def test_methods_that_one_encoder_does_not_allow_are_left_out_for_it_alone(
    encoders: tuple[Path, Path], tmp_path: Path
) -> None:
    data = tiny.write_data(tmp_path / "data", "classification")
    both = ["feature-extraction", "fine-tuning"]
    lines: list[str] = []
    result = compare(plan_of(data, encoders, tmp_path / "out", methods=both), tell=lines.append)
    assert [arm.id for arm in result.arms] == [
        "tiny/feature-extraction", "tiny/fine-tuning", "words.txt/feature-extraction",
    ]  # fmt: skip
    assert any("alone" in line and "cannot be fine-tuned" in line for line in lines)
    with pytest.raises(InputError, match="cannot be fine-tuned"):
        compare(plan_of(data, encoders, tmp_path / "other", methods=["fine-tuning"]))


def test_an_encoder_that_cannot_be_loaded_is_told_before_any_training(
    encoders: tuple[Path, Path], tmp_path: Path, begun: list[str]
) -> None:
    data = tiny.write_data(tmp_path / "data", "classification")
    with pytest.raises(InputError):
        compare(plan_of(data, (encoders[0], tmp_path / "nothing"), tmp_path / "out"))
    assert not [what for what in begun if "seed" in what]


def test_seeds_are_added_where_a_look_asks_for_them_and_each_encoder_alone_is_judged_as_carefully(
    encoders: tuple[Path, Path], tmp_path: Path, begun: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of three arms the tuned one alone gets more; the other encoder is not opened again."""
    asked: list[tuple[int, ...]] = []

    def open_once(scored: Measured, region: float, spent: float) -> Seen:
        asked.append(tuple(len(scores) for scores in scored.scores))
        return Seen(0.02, "open", frozenset({1})) if len(asked) == 1 else Seen(0.01, "decided")

    monkeypatch.setattr(until_decided, "LOOKS", (2, 3))
    monkeypatch.setattr(until_decided, "look", open_once)
    data, out = tiny.write_data(tmp_path / "data", "classification"), tmp_path / "out"
    plan = plan_of(data, encoders, out, seeds="auto")
    result = compare(plan)
    assert [arm.id for arm in result.arms] == [
        "tiny/feature-extraction",
        "tiny/fine-tuning",
        "words.txt/feature-extraction",
    ]
    assert asked == [(MOST, 2, MOST), (MOST, 3, MOST)]
    assert [len(arm.runs) for arm in result.arms] == [MOST, 3, MOST]
    assert [(look.seeds, look.outcome, look.spent) for look in result.looks] == [
        (2, "open", 0.02), (3, "decided", pytest.approx(0.03)),
    ]  # fmt: skip
    assert judge(out).to_dict() == result.to_dict()
    for name, methods in (("tiny", {"feature-extraction", "fine-tuning"}), ("words.txt", {"feature-extraction"})):
        own = judge(out / "encoders" / name)
        assert [set(look.runs) for look in own.looks] == [methods] * 2
        assert own.looks[-1].error == 0.01
    asked.clear()
    begun.clear()
    assert compare(plan).verdict == result.verdict
    assert not [what for what in begun if "seed" in what]
