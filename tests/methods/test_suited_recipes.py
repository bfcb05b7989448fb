"""The budgets' table for encoders that read in other ways: decoders, texts one by one, a pooling of their own."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from unfreeze.errors import InputError
from unfreeze.methods.budgets import RECIPES, recipes
from unfreeze.methods.checks import check_recipes
from unfreeze.methods.method import Method
from unfreeze.methods.suited_recipes import _renamed, suited
from unfreeze.methods.table import METHODS
from unfreeze.methods.tuned_recipes import TunedRecipe
from unfreeze.plan import plain
from unfreeze.recipe import Recipe, Traits
from unfreeze.tasks.kinds import TASKS, Task

READ = [task for task in TASKS.values() if not task.target.per_word]
WAYS = {
    "decoder": Traits(3, 384, causal=True, pairs=False, wordless="it looks back only"),
    "decoder with a pair template": Traits(3, 384, causal=True, wordless="it looks back only"),
    "decoder of sentence-transformers": Traits(3, 384, causal=True, pairs=False, pooling="last", normalise=True),
    "encoder without special pieces": Traits(3, 384, pairs=False),
    **{f"{p} of its own": Traits(3, 384, pooling=p, normalise=True) for p in ("mean", "cls", "max", "last")},
}  # fmt: skip


def called(part: Any) -> str:
    return part.name if part in METHODS else getattr(part, "kind", str(part))


EVERY = pytest.mark.parametrize(("way", "task", "method"), [*product(WAYS, READ, METHODS)], ids=called)


def _settings(recipe: Recipe) -> str:
    return str({k: v for k, v in plain(recipe).items() if k not in ("name", "source")})


@EVERY
def test_recipes_are_as_many_can_be_run_and_are_told_apart(way: str, task: Task, method: Method[Any]) -> None:
    for budget, count in RECIPES.items():
        table = recipes(budget, method, task, WAYS[way])
        check_recipes(table, task, WAYS[way])
        assert len(table) == count
        assert len({recipe.name for recipe in table}) == count
        assert len({_settings(recipe) for recipe in table}) == count


@EVERY
def test_its_own_pooling_comes_first(way: str, task: Task, method: Method[Any]) -> None:
    reads = WAYS[way]
    own = reads.pooling or ("last" if reads.causal else "mean")
    table = recipes("thorough", method, task, reads)
    assert table[0].pooling == own
    own_top = [r for r in table if r.head == "linear" and r.pooling == own and getattr(r, "layers", None) == (-1,)]
    top = [recipe for recipe in own_top if recipe.pair != "separate"]
    assert all(r.normalise == reads.normalise for r in top)
    assert not any(r.normalise for r in table if r not in top)
    if reads.causal:
        assert "cls" not in {r.pooling for r in table if r.head == "linear"}


@pytest.mark.parametrize("task", READ)
@pytest.mark.parametrize("method", METHODS, ids=called)
def test_quick_tries_both_last_and_mean_of_a_decoder_whose_authors_say_nothing(task: Task, method: Method[Any]) -> None:
    pooled = [r.pooling for r in recipes("quick", method, task, WAYS["decoder"]) if r.head == "linear"]
    assert {"last", "mean"} <= set(pooled)


def test_a_decoder_is_refused_for_tagging_with_the_reason() -> None:
    with pytest.raises(InputError, match="is not for tagging: it looks back only"):
        check_recipes((), TASKS["tagging"], WAYS["decoder"])
    check_recipes((), TASKS["tagging"], Traits(3, 384, causal=True))


@pytest.mark.parametrize("method", METHODS, ids=called)
def test_the_first_piece_of_a_decoder_is_refused(method: Method[Any]) -> None:
    mine = method.recipe("linear", "mine", pooling="cls")
    with pytest.raises(InputError, match="the first piece of a decoder has read nothing"):
        check_recipes([mine], TASKS["classification"], Traits(3, 384, causal=True))
    check_recipes([mine], TASKS["classification"], Traits(3, 384))


def test_an_encoder_that_says_nothing_of_its_pooling_has_the_table_as_it_is() -> None:
    table = [TunedRecipe("linear", name=name, pooling=way) for name, way in (("a", "mean"), ("b", "max"), ("c", "cls"))]
    assert suited(table, Traits(3, 384)) == table
    assert [recipe.name for recipe in suited(table, Traits(3, 384, causal=True))] == ["a-last", "c-mean", "b"]
    told = suited(table, Traits(3, 384, causal=True, pooling="last"))
    assert [recipe.name for recipe in told] == ["a-last", "b", "c-mean"]


@pytest.mark.parametrize(
    ("name", "before", "now", "renamed"),
    [
        ("linear-mix-cls", "cls", "mean", "linear-mix-mean"),
        ("mean-low", "mean", "last", "last-low"),
        ("linear-mix", "mean", "last", "linear-mix-last"),
        ("linear-mean", "mean", "last", "linear-mean-last"),  # the mean of the layers
        ("linear-mean", "mean", "mean", "linear-mean"),
    ],
)
def test_a_name_says_the_pooling_that_it_has_now(name: str, before: Any, now: Any, renamed: str) -> None:
    assert _renamed(name, before, now) == renamed
