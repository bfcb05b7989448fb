"""Every method of the table keeps its promises, and so does one that is added; nobody asks which one it is."""

from __future__ import annotations

import ast
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import tiny
from methods.check_method import check_light_half, check_method
from methods.top_layer import TOP_LAYER

import unfreeze
from unfreeze.errors import InputError
from unfreeze.judging.result_json import read_result
from unfreeze.methods import table
from unfreeze.methods.fine_tuning import FINE_TUNING
from unfreeze.methods.method import Method
from unfreeze.methods.table import METHODS, default_names, method_named, names
from unfreeze.plan import Plan, plan_from
from unfreeze.recipe import Traits, recipe_from
from unfreeze.tasks.kinds import TASKS

ROOT = Path(unfreeze.__file__).parent
MakeTrainer = Callable[..., Any]


@pytest.fixture
def with_third(monkeypatch: pytest.MonkeyPatch) -> None:
    """The line that adds a method."""
    monkeypatch.setattr(table, "METHODS", (*METHODS, TOP_LAYER))


@pytest.mark.parametrize("kind", ["classification", "multilabel-classification", "pair-regression", "tagging"])
@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.name)
def test_every_method_keeps_its_promises(method: Method[Any], kind: str, trainer: MakeTrainer, tmp_path: Path) -> None:
    check_method(method, trainer, kind, tmp_path / "bundle")


@pytest.mark.parametrize("kind", ["pair-classification", "tagging"])
@pytest.mark.usefixtures("with_third")
def test_so_does_one_that_is_added(kind: str, trainer: MakeTrainer, tmp_path: Path) -> None:
    check_method(TOP_LAYER, trainer, kind, tmp_path / "bundle")


@pytest.mark.usefixtures("with_third")
def test_an_added_method_runs_to_a_verdict_beside_the_others(tmp_path: Path) -> None:
    data, encoder = tiny.write_data(tmp_path / "data", "classification"), tiny.make_encoder(tmp_path / "encoder")
    third = {"method": "top-layer", "head": "linear", "shrinkage": 0.01, "learning_rate": 5e-2, "batch_size": 16}
    _, frozen, tuned, _ = [tiny.plain(recipe) for recipe in tiny.recipes("classification")]
    plan = tiny.tiny_plan(
        data, encoder, tmp_path / "out", "classification",
        methods=["feature-extraction", "fine-tuning", "top-layer"],
        recipes=[{**frozen, "epochs": 2}, {**tuned, "epochs": 1}, third],
    )  # fmt: skip
    result = unfreeze.compare(plan=plan)
    assert list(result.methods) == ["feature-extraction", "fine-tuning", "top-layer"]
    written = json.loads((tmp_path / "out" / "result.json").read_text(encoding="utf-8"))
    assert [arm["recipe"].get("shrinkage") for arm in written["arms"]] == [None, None, 0.01]
    assert read_result(tmp_path / "out").methods["top-layer"].recipe == recipe_from(third)
    assert "the top layer" in (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert unfreeze.load(tmp_path / "out" / "bundle", "cpu").predict(["a good film"])[0] in ("False", "True")


def test_a_name_out_of_the_table_is_refused_with_the_nearest() -> None:
    with pytest.raises(InputError, match=r"unknown method 'fine_tuning' .did you mean 'fine-tuning'"):
        method_named("fine_tuning")
    with pytest.raises(InputError, match=r"methods: unknown method 'finetuning' .did you mean 'fine-tuning'"):
        Plan(methods=("finetuning",))


def test_two_methods_are_compared_unless_others_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    assert default_names() == ("feature-extraction", "fine-tuning")
    monkeypatch.setattr(table, "METHODS", (*METHODS, TOP_LAYER))
    assert default_names() == ("feature-extraction", "fine-tuning")
    third = {"method": "top-layer", "head": "linear"}
    assert plan_from({"methods": ["top-layer"], "recipes": [third]}).recipes == (recipe_from(third),)
    with pytest.raises(InputError, match="there are some of top-layer; name it under methods, too"):
        plan_from({"recipes": [third]})


def test_a_setting_of_another_method_is_refused_with_where_it_belongs() -> None:
    with pytest.raises(InputError, match="mine: 'layer_decay' is a setting of fine-tuning, not of feature-extraction"):
        recipe_from({"method": "feature-extraction", "head": "linear", "layer_decay": 0.9}, "mine")
    with pytest.raises(InputError, match="'l2' is a setting of feature-extraction, not of fine-tuning"):
        recipe_from({"method": "fine-tuning", "head": "linear", "l2": [0.0]})


def test_only_fine_tuning_is_unfit_for_an_encoder_that_cannot_learn() -> None:
    fixed = Traits(3, 50, "elmo", fixed="it is a table")
    unfit = {method.name: method.unfit(fixed) for method in METHODS}
    assert unfit["feature-extraction"] is None
    assert unfit["fine-tuning"] == "cannot be fine-tuned: it is a table"
    assert all(method.unfit(replace(fixed, fixed=None)) is None for method in METHODS)


def test_fine_tuning_is_unfit_for_a_family_without_recipes_of_it() -> None:
    words = Traits(1, 50, "word-vectors")
    assert FINE_TUNING.table(TASKS["classification"], words) == []
    assert FINE_TUNING.unfit(words) == "cannot be fine-tuned: no recipes are known for encoders of its kind"


def _comparisons(path: Path) -> Iterator[tuple[int, str]]:
    """Line and text of every comparison or match with a method's name, or key of one in a subscript."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        parts: list[ast.expr] = []
        if isinstance(node, ast.Compare):
            parts = [node.left, *node.comparators]
        elif isinstance(node, ast.MatchValue):
            parts = [node.value]
        elif isinstance(node, ast.Subscript):
            parts = [node.slice]
        constants = (inner for part in parts for inner in ast.walk(part) if isinstance(inner, ast.Constant))
        for constant in constants:
            if constant.value in names():
                yield node.lineno, ast.unparse(node)  # type: ignore[attr-defined]


def test_no_code_outside_asks_which_method_it_is() -> None:
    """A method answers for itself; a test for one name makes every other method the other one."""
    found = {
        f"{path.relative_to(ROOT)}:{line}": text
        for path in sorted(ROOT.rglob("*.py")) if path.parent.name != "methods"
        for line, text in _comparisons(path)
    }  # fmt: skip
    assert found == {}


def test_the_search_for_such_code_finds_it(tmp_path: Path) -> None:
    path = tmp_path / "code.py"
    path.write_text('if m == "fine-tuning" or x in ("feature-extraction",): y = d["fine-tuning"]\nz = "fine-tuning"\n')
    assert len(list(_comparisons(path))) == 3


def test_the_light_half_alone_is_checked_too() -> None:
    for method in METHODS:
        check_light_half(method)
