"""Settings of studies, checked; cells that differ have other digests."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from unfreeze.errors import InputError
from unfreeze.methods.tuned_recipes import TunedRecipe
from unfreeze.studies.asked import Cell, asked_from

GIVEN: dict[str, Any] = {
    "encoders": ["a", " b "], "out": Path("out"), "seeds": 3, "tasks": None, "rows": None, "tested": None,
    "min_steps": None, "budget": "quick", "corpus": [], "device": "auto",
}  # fmt: skip


@pytest.mark.parametrize(("change", "where", "said"), [
    ({"seeds": 1}, "--seeds", "at least 2"), ({"rows": 31}, "--train-size", "at least 32"),
    ({"tested": 31}, "--test-size", "at least 32"), ({"min_steps": -1}, "--min-steps", "at least 0"),
    ({"budget": "quik"}, "--budget", "quick"), ({"encoders": [" "]}, "--encoders", "name one"),
    ({"rows_of": ["mnli=31"]}, "--train-sizes", "at least 32"), ({"rows_of": ["mnli"]}, "--train-sizes", "SET=N"),
    ({"rows_of": ["mnly=100"]}, "--tasks", "mnli"), ({"before": Path("nowhere")}, "--before", "pages of an earlier"),
    ({"tasks": ["sst3"]}, "--tasks", "sst2"), ({"data_root": Path("nowhere")}, "--data-root", "no such folder"),
])  # fmt: skip
def test_wrong_settings_are_reported(change: dict[str, Any], where: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=said) as raised:
        asked_from(**{"data_root": tmp_path, **GIVEN, **change})
    assert (raised.value.where or "").startswith(where)


def test_settings(tmp_path: Path) -> None:
    asked = asked_from(**{"data_root": tmp_path, **GIVEN, "tasks": ["sst2", " ner"]})
    assert asked.encoders == ("a", "b")
    assert asked.tasks == ("sst2", "ner")


def test_all_that_a_number_depends_on_is_in_the_digest() -> None:
    recipe = TunedRecipe("linear")
    cell = Cell("sst2", "e", (recipe,), (0, 1))
    others = [
        replace(cell, task="mrpc"), replace(cell, encoder="f"), replace(cell, recipes=(replace(recipe, epochs=9),)),
        replace(cell, seeds=(0,)), replace(cell, rows=5), replace(cell, subset=1), replace(cell, genre="g"),
        replace(cell, tested=5),
    ]  # fmt: skip
    digests = {one.digest("weights", ["file"]) for one in (cell, *others)}
    digests |= {cell.digest("other", ["file"]), cell.digest("weights", ["changed"])}
    assert len(digests) == len(others) + 3
    assert cell.digest("weights", ["file"]) == replace(cell).digest("weights", ["file"])
