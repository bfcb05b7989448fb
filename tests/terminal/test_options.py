"""Options of the command line: each reaches the plan under its own name, and those not given leave it alone."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated, Any

import pytest
import typer
from typer.testing import CliRunner

from unfreeze.errors import InputError
from unfreeze.plan import Plan
from unfreeze.terminal.options import (
    ColumnOptions,
    EncoderChoice,
    FileOptions,
    MetricOptions,
    RunOptions,
    defaults_to,
    encoder_options,
    given,
    grouped,
    plan_of,
)

GROUPS = (FileOptions, ColumnOptions, MetricOptions, EncoderChoice, RunOptions)
VALUES: dict[str, Any] = {
    "data": "d", "train": ["a.tsv", "b.tsv"], "dev": ["c.tsv"], "test": ["e.tsv"], "text": "t", "text_b": "u",
    "label": "l", "task": "tagging", "encoder": "glove", "encoder_option": ["stateful=true"], "prefix": "query: ",
    "metric": "macro_f1", "group": "document", "max_length": 64, "train_size": 50, "device": "cpu", "cache_gb": 2.5,
}  # fmt: skip
SETTINGS = {
    **VALUES, "train": ("a.tsv", "b.tsv"), "dev": "c.tsv", "test": "e.tsv", "encoder_options": {"stateful": "true"},
}  # fmt: skip


def test_every_shared_option_is_tried_below() -> None:
    assert {field.name for group in GROUPS for field in fields(group)} == VALUES.keys()


@pytest.mark.parametrize("name", VALUES)
def test_an_option_changes_its_own_setting_alone(name: str) -> None:
    (group,) = [group for group in GROUPS if name in {field.name for field in fields(group)}]
    plan = plan_of(given(group(**{name: VALUES[name]})))
    setting = "encoder_options" if name == "encoder_option" else name
    changed = {field.name for field in fields(Plan) if getattr(plan, field.name) != getattr(Plan(), field.name)}
    assert changed == {setting}
    assert getattr(plan, setting) == SETTINGS[setting]


def test_an_option_that_is_not_given_leaves_the_plan_file_s_setting(tmp_path: Path) -> None:
    file = tmp_path / "plan.yaml"
    file.write_text("budget: thorough\nseeds: 4\n", encoding="utf-8")
    plan = plan_of(given(FileOptions(), RunOptions(), seeds=7, budget=None), file)
    assert (plan.budget, plan.seeds, plan.cache_gb) == ("thorough", 7, Plan.cache_gb)


def test_methods_are_names_between_commas() -> None:
    assert plan_of({"methods": " fine-tuning , feature-extraction,"}).methods == ("fine-tuning", "feature-extraction")
    with pytest.raises(InputError, match="no method"):
        plan_of({"methods": ","})


def test_an_encoder_option_without_a_value_is_refused() -> None:
    assert encoder_options(["a=1", "b=x=y"]) == {"a": "1", "b": "x=y"}
    with pytest.raises(InputError, match="--encoder-option stateful: must be NAME=VALUE"):
        encoder_options(["stateful"])


def test_defaults_come_from_the_plan() -> None:
    assert (defaults_to("cache_gb"), defaults_to("encoder")) == ("[default: 8]", "[default: minilm]")


@dataclass(frozen=True, kw_only=True)
class Shared:
    word: Annotated[str, typer.Argument()]
    count: Annotated[int, typer.Option(help="How often.")] = 2


def run(*arguments: str) -> tuple[int, list[Any]]:
    """A command with a group of options and one of its own."""
    calls: list[Any] = []

    def repeat(shared: Shared, loud: Annotated[bool, typer.Option("--loud")] = False) -> None:
        calls.append((shared, loud))

    app = typer.Typer()
    app.command()(grouped(repeat))
    return CliRunner().invoke(app, list(arguments)).exit_code, calls


def test_a_group_arrives_as_one_value() -> None:
    assert run("x") == (0, [(Shared(word="x"), False)])
    assert run("--loud", "x", "--count", "3") == (0, [(Shared(word="x", count=3), True)])


def test_a_required_option_of_a_group_stays_required() -> None:
    assert run("--loud") == (2, [])
