"""`comparison.json` comes back as it was written, also one of an older or newer version; a damaged one is one line."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from unfreeze.data.audit import Clash, Lengths, Overlap, SplitAudit
from unfreeze.data.examples import LabelSpace
from unfreeze.data.unread import Unread
from unfreeze.errors import InputError
from unfreeze.methods.frozen_recipes import FrozenRecipe
from unfreeze.plan import Plan
from unfreeze.records.setting import (
    AuditFacts,
    DataFacts,
    EncoderFacts,
    Environment,
    Setting,
    begun_precision,
    read_setting,
    write_setting,
)
from unfreeze.tasks.kinds import task
from unfreeze.tasks.metrics import asking

WHOLE = Setting(
    task=task("tagging"),
    labels=LabelSpace(("O", "B-X"), "BIO"),
    metric="span_f1",
    plan=Plan(
        data="a/b",
        train=("c", "d"),
        encoder="glove",
        recipes=(FrozenRecipe("crf", layers=(0, -1)),),
        seeds=4,
        methods=("fine-tuning",),
        equivalence=0.01,
        encoder_options={"a": "b"},
    ),
    data=DataFacts(
        "x", {"train": ("a", "b"), "dev": "c"}, {"label": "tag"}, {"train": 3}, ("Said.",), {"train": 0.5}, "q"
    ),
    audit=AuditFacts(
        task="tagging",
        splits={"dev": SplitAudit(3, {"X": 2}, 0.5, 1, 2, Lengths(1, 2, 3, 4), Lengths(5, 6, 7, 8))},
        overlaps=(Overlap("train", "test", 4, 0.1, (("a:1", "b:2"),)),),
        clashing=2,
        clashes=(Clash(("a:1", "b:2"), ("X", "Y")),),
        rare={"X": 2},
        unseen={"dev": {"Y": 1}},
        over_limit={"dev": 1},
        unread={"dev": Unread("pieces", 9, 2, 1, 3)},
        lines=("One.", "Two."),
    ),
    encoder=EncoderFacts("glove", 1, 300, 400, 500, 6.5, 128, "it is static", ("Loaded.",), "f"),
    environment=Environment("3", "0.1", "2", "5", "2", "AMD", 2, "cpu", "fp32", "bf16", "today"),
)


def written(folder: Path) -> dict[str, Any]:
    values: dict[str, Any] = json.loads((folder / "comparison.json").read_text(encoding="utf-8"))
    return values


def rewrite(folder: Path, values: dict[str, Any]) -> None:
    (folder / "comparison.json").write_text(json.dumps(values), encoding="utf-8")


SCORES = LabelSpace(low=0.5, high=5.0)
SPEARMAN = asking(task("regression"), SCORES, "spearman")


@pytest.mark.parametrize(
    "setting",
    [WHOLE, Setting(task("regression"), SCORES, "pearson", Plan()), Setting(SPEARMAN, SCORES, "spearman", Plan())],
)
def test_a_setting_comes_back(setting: Setting, tmp_path: Path) -> None:
    write_setting(tmp_path, setting)
    assert read_setting(tmp_path) == setting


def test_the_example_has_another_value_than_the_default_in_each_field() -> None:
    """So that a field which is lost on the way cannot come back by its default."""
    for part in (WHOLE.data, WHOLE.audit, WHOLE.encoder, WHOLE.environment):
        plain = type(part)()
        assert [f.name for f in fields(part) if getattr(part, f.name) == getattr(plain, f.name)] == []


def test_keys_of_a_newer_version_are_passed_over_and_missing_ones_of_an_older_are_filled_in(tmp_path: Path) -> None:
    write_setting(tmp_path, WHOLE)
    values = written(tmp_path)
    for part in ("data", "audit", "encoder", "environment"):
        values[part]["later"] = {"any": [1]}
    for part, key in (("audit", "unread"), ("encoder", "piece_work"), ("encoder", "layers"), ("encoder", "width"),
                      ("encoder", "parameters"), ("encoder", "said"), ("environment", "begun_in")):  # fmt: skip
        del values[part][key]
    rewrite(tmp_path, values)
    setting = read_setting(tmp_path)
    assert (setting.audit.unread, setting.encoder.piece_work, setting.encoder.said) == (None, None, ())
    assert (setting.encoder.layers, setting.encoder.width, setting.encoder.parameters) == (0, 0, 0)
    assert setting.environment.begun_in is None
    assert setting.data == WHOLE.data


def test_the_precision_that_was_begun_in_is_the_wanted_one_else_the_only_one(tmp_path: Path) -> None:
    assert begun_precision(tmp_path) is None
    write_setting(tmp_path, WHOLE)
    assert begun_precision(tmp_path) == "bf16"
    values = written(tmp_path)
    del values["environment"]["begun_in"]
    rewrite(tmp_path, values)
    assert begun_precision(tmp_path) == "fp32"


@pytest.mark.parametrize(
    ("part", "change", "problem"),
    [
        ("encoder", {"layers": 10**12}, "encoder.layers: 1000000000000, where 0 to 10,000 can be"),
        ("encoder", {"layers": -1}, "encoder.layers: -1, where 0 to 10,000 can be"),
        ("encoder", {"parameters": 10**140}, "encoder.parameters: 1"),
        (
            "data",
            {"sizes": {"train": 10**16}},
            "data.sizes.train: 10000000000000000, where 0 to 1,000,000,000,000,000 can",
        ),
        ("environment", {"threads": "two"}, "environment.threads: "),
        ("data", {"truncated": {"dev": "much"}}, "data.truncated.dev: "),
        ("audit", {"splits": {"dev": {"labels": []}}}, "audit.splits.dev.labels: "),
    ],
)
def test_a_damaged_setting_is_one_line(part: str, change: dict[str, Any], problem: str, tmp_path: Path) -> None:
    write_setting(tmp_path, WHOLE)
    values = written(tmp_path)
    values[part].update(change)
    rewrite(tmp_path, values)
    with pytest.raises(InputError) as raised:
        read_setting(tmp_path)
    assert problem in str(raised.value)
    assert str(raised.value).endswith("; remove the folder, or choose another --out")
    assert "\n" not in str(raised.value)


def test_absurd_numbers_of_epochs_in_the_plan_are_one_line(tmp_path: Path) -> None:
    write_setting(tmp_path, WHOLE)
    values = written(tmp_path)
    values["plan"]["recipes"][0]["epochs"] = 10**12
    rewrite(tmp_path, values)
    with pytest.raises(InputError, match=r"plan\.recipes\.0\.epochs: 1000000000000, where 0 to 1,000,000 can be"):
        read_setting(tmp_path)


def test_absurd_lengths_of_texts_are_one_line(tmp_path: Path) -> None:
    write_setting(tmp_path, WHOLE)
    values = written(tmp_path)
    values["audit"]["splits"]["dev"]["words"]["median"] = 10**16
    rewrite(tmp_path, values)
    with pytest.raises(
        InputError, match=r"audit\.splits\.dev\.words\.median: 1.*, where 0 to 1,000,000,000,000,000 can"
    ):
        read_setting(tmp_path)
