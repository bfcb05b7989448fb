"""Feature extraction without torch: which heads and tables suit, what a recipe is called, what an old run took."""

from __future__ import annotations

from dataclasses import replace

import pytest

from unfreeze.methods.feature_extraction import FEATURE_EXTRACTION, in_members
from unfreeze.methods.frozen_recipes import FrozenRecipe
from unfreeze.methods.work import Past, Read
from unfreeze.recipe import Head, Traits
from unfreeze.tasks.kinds import TASKS

LINEAR = FrozenRecipe("linear", layers=(-1,))
PAST = Past((0, 50, 60), 7, 5, 2, Read(100, 100), Read(40, 40), (10, 4))
STATES = 110 * (100 + 40)


@pytest.mark.parametrize(
    ("kind", "head", "members"),
    [
        ("classification", "linear", True),
        ("pair-regression", "linear", True),
        ("classification", "bcn", False),
        ("tagging", "linear", False),
        ("tagging", "crf", False),
    ],
)
def test_linear_heads_of_texts_are_members_and_take_nothing_beside_the_encoder(
    kind: str, head: Head, members: bool
) -> None:
    recipe = replace(LINEAR, head=head)
    assert in_members(recipe, TASKS[kind]) == members
    assert FEATURE_EXTRACTION.head_work(recipe, TASKS[kind], 99) == (0 if members else 99)


def test_an_old_run_of_a_linear_head_read_a_row_a_text_once_a_penalty() -> None:
    recipe = replace(LINEAR, l2=(0.0, 0.1, 1.0), pair="separate", pooling="max")
    work, states = FEATURE_EXTRACTION.estimate(recipe, TASKS["pair-classification"], PAST)
    assert work == 3 * 7 * (3 * 5 * 10 + 2 * 4)
    assert states == {"separate max": STATES}


def test_an_old_run_of_another_head_read_all_pieces_once() -> None:
    recipe = FrozenRecipe("bcn", l2=(0.0, 0.1))
    work, states = FEATURE_EXTRACTION.estimate(recipe, TASKS["classification"], PAST)
    assert work == 7 * (3 * 5 * 100 + 2 * 40)
    assert states == {"joint rows": STATES}


@pytest.mark.parametrize(
    ("recipe", "brief", "detail"),
    [
        (FrozenRecipe("bcn"), "bcn head, mix of all layers", "layers mix"),
        (LINEAR, "linear head, top layer", "layers -1"),
        (FrozenRecipe("linear", layers=(0, -1)), "linear head, 0 and top layers", "layers 0, -1"),
    ],
)
def test_a_recipe_is_called_by_head_and_layers(recipe: FrozenRecipe, brief: str, detail: str) -> None:
    assert recipe.brief == brief
    assert detail in recipe.details


def test_what_tells_a_recipe_from_its_neighbours() -> None:
    recipe = FrozenRecipe("linear", pooling="max", normalise=True, epochs=4, learning_rate=2e-3, pair="separate")
    assert recipe.details == (
        "linear head", "max pooling", "vectors of length 1", "layers mix", "4 epochs", "batch 32", "rate 0.002",
        "linear schedule", "texts encoded separately",
    )  # fmt: skip
    assert "pooling" not in " ".join(FrozenRecipe("bcn").details)


def test_only_a_transformer_that_reads_texts_one_by_one_has_a_decoders_table() -> None:
    pair = TASKS["pair-classification"]
    apart = FEATURE_EXTRACTION.table(pair, Traits(7, 384, pairs=False))
    assert {recipe.pair for recipe in apart} == {"separate"}
    assert "cls" in {recipe.pooling for recipe in apart}
    both = FEATURE_EXTRACTION.table(pair, Traits(7, 384))
    assert {recipe.pair for recipe in both} == {"joint", "separate"}
    elmo = FEATURE_EXTRACTION.table(pair, Traits(3, 1024, family="elmo", pairs=False))
    assert "cls" not in {recipe.pooling for recipe in elmo}
    single = [FEATURE_EXTRACTION.table(TASKS["classification"], Traits(7, 384, pairs=pairs)) for pairs in (True, False)]
    assert single[0] == single[1]
