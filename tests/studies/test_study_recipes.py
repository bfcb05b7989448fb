"""Recipes of studies are the budgets' table's, with the changes that are asked for and no others."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from unfreeze.methods.budgets import recipes
from unfreeze.methods.feature_extraction import FEATURE_EXTRACTION
from unfreeze.methods.fine_tuning import FINE_TUNING
from unfreeze.methods.method import Method
from unfreeze.recipe import Traits
from unfreeze.studies.asked import About, Asked
from unfreeze.studies.published import WAYS
from unfreeze.studies.recipes import as_long, paper_head, paper_recipes, table_recipes
from unfreeze.studies.sets import SETS
from unfreeze.tasks.kinds import task as task_called

ASKED = Asked(Path("data"), ("e",), Path("out"))
BERT = About("b", "transformer", 5, 256, True, True, "f")
ELMO = About("e", "elmo", 3, 256, False, True, "f")


@pytest.mark.parametrize(("one", "method"), list(product((BERT, ELMO), (FEATURE_EXTRACTION, FINE_TUNING))))
def test_only_the_least_number_of_steps_is_lowered(one: About, method: Method[Any]) -> None:
    for task in ("sst2", "sick-e", "ner"):
        traits = Traits(one.layers, one.width, one.family, one.reads_pairs)
        table = recipes("thorough", method, task_called(SETS[task].task), traits)
        assert table_recipes(ASKED, one, task, method) == table
        few = table_recipes(replace(ASKED, min_steps=100), one, task, method)
        cheap = method is FEATURE_EXTRACTION
        assert few == tuple(
            recipe if cheap and recipe.head == "linear" else replace(recipe, min_steps=100) for recipe in table
        )
        assert table_recipes(replace(ASKED, min_steps=9_999), one, task, method) == table


def test_the_paper_had_these_task_models() -> None:
    heads = {
        (one.family, method, task): paper_head(one, task, method)
        for one in (BERT, ELMO) for method in WAYS for task in ("sst2", "sick-r", "ner")
    }  # fmt: skip
    frozen, tuned = WAYS
    assert [heads["transformer", frozen, task] for task in ("sst2", "sick-r", "ner")] == ["bcn", "esim", "bilstm-crf"]
    assert [heads["elmo", frozen, task] for task in ("sst2", "sick-r", "ner")] == ["bcn", "esim", "bilstm-crf"]
    assert {heads["transformer", tuned, task] for task in ("sst2", "sick-r", "ner")} == {"linear"}
    assert [heads["elmo", tuned, task] for task in ("sst2", "sick-r", "ner")] == ["linear", "biattention", "crf"]


def test_a_budget_is_how_many_dev_chooses_from() -> None:
    assert [len(paper_recipes(replace(ASKED, budget=name), ELMO, "sst2", FINE_TUNING)) for name in (
        "quick", "standard", "thorough")] == [1, 2, 3]  # fmt: skip


def test_all_layers_at_once_take_as_many_epochs_as_the_stages_of_unfreezing() -> None:
    recipe = replace(table_recipes(ASKED, BERT, "sst2", FINE_TUNING)[0], gradual_unfreezing=True, min_steps=100)
    long = as_long(recipe, BERT, examples=400)
    assert not long.gradual_unfreezing
    assert long.epochs == 8 + 5  # 100 steps are 8 passes of 13; five groups besides the head have a stage each
    assert long.min_steps == 0
