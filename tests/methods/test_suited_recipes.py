"""The budgets' table for encoders that read in other ways: decoders, texts one by one, a pooling of their own."""

from __future__ import annotations

from itertools import product

import pytest

from unfreeze.errors import InputError
from unfreeze.methods.budgets import RECIPES, recipes
from unfreeze.methods.checks import check_recipes
from unfreeze.plan import METHODS, Reads, Recipe, plain
from unfreeze.tasks.kinds import TASKS, Task

READ = [task for task in TASKS.values() if task.target != "tags"]
WAYS = {
    "decoder": Reads(causal=True, pairs=False, wordless="it looks back only"),
    "decoder with a pair template": Reads(causal=True, wordless="it looks back only"),
    "decoder of sentence-transformers": Reads(causal=True, pairs=False, pooling="last", normalise=True),
    "encoder without special pieces": Reads(pairs=False),
    **{f"{p} of its own": Reads(pooling=p, normalise=True) for p in ("mean", "cls", "max", "last")},
}  # fmt: skip
EVERY = pytest.mark.parametrize(("way", "task", "method"), [*product(WAYS, READ, METHODS)], ids=str)


def _settings(recipe: Recipe) -> str:
    return str({k: v for k, v in plain(recipe).items() if k not in ("name", "source")})


@EVERY
def test_recipes_are_as_many_can_be_run_and_are_told_apart(way: str, task: Task, method: str) -> None:
    for budget, count in RECIPES.items():
        table = recipes(budget, method, task, 384, WAYS[way])  # type: ignore[arg-type]
        check_recipes(table, task, layers=7, reads=WAYS[way])
        assert len(table) == count
        assert len({recipe.name for recipe in table}) == count
        assert len({_settings(recipe) for recipe in table}) == count


@EVERY
def test_its_own_pooling_comes_first(way: str, task: Task, method: str) -> None:
    reads = WAYS[way]
    own = reads.pooling or ("last" if reads.causal else "mean")
    table = recipes("thorough", method, task, 384, reads)  # type: ignore[arg-type]
    assert table[0].pooling == own
    top = [r for r in table if r.head == "linear" and r.layers == (-1,) and r.pooling == own and r.pair != "separate"]
    assert all(r.normalise == reads.normalise for r in top if method == "feature-extraction")
    if reads.causal:
        assert "cls" not in {r.pooling for r in table if r.head == "linear"}


@pytest.mark.parametrize("task", READ)
@pytest.mark.parametrize("method", METHODS)
def test_quick_tries_both_last_and_mean_of_a_decoder_whose_authors_say_nothing(task: Task, method: str) -> None:
    pooled = [r.pooling for r in recipes("quick", method, task, 384, WAYS["decoder"]) if r.head == "linear"]  # type: ignore[arg-type]
    assert {"last", "mean"} <= set(pooled)


def test_a_decoder_is_refused_for_tagging_with_the_reason() -> None:
    with pytest.raises(InputError, match="is not for tagging: it looks back only"):
        check_recipes((), TASKS["tagging"], layers=3, reads=WAYS["decoder"])
    check_recipes((), TASKS["tagging"], layers=3, reads=Reads(causal=True))


@pytest.mark.parametrize("method", METHODS)
def test_the_first_piece_of_a_decoder_is_refused(method: str) -> None:
    mine = Recipe(method, "linear", "mine", pooling="cls")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="the first piece of a decoder has read nothing"):
        check_recipes([mine], TASKS["classification"], layers=3, reads=Reads(causal=True))
    check_recipes([mine], TASKS["classification"], layers=3)
