"""What a job's id and a question's digest depend on, and what they do not."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unfreeze.data.examples import Dataset, Example, LabelSpace
from unfreeze.encoders.precision import Precision
from unfreeze.methods.frozen_recipes import FrozenRecipe
from unfreeze.methods.lora_recipes import LoraRecipe
from unfreeze.methods.method import Method
from unfreeze.methods.table import METHODS
from unfreeze.methods.tuned_recipes import TunedRecipe
from unfreeze.plan import plain, recipe_from
from unfreeze.recipe import CacheDtype, Head, Pair, Pooling, Recipe, Schedule
from unfreeze.runs.jobs import FORMAT, job, question_digest
from unfreeze.tasks.kinds import task
from unfreeze.tasks.metrics import asking

rates = st.floats(1e-6, 1.0)
shared: dict[str, Any] = {
    "head": st.sampled_from(get_args(Head)),
    "pooling": st.sampled_from(get_args(Pooling)),
    "pair": st.sampled_from(get_args(Pair)),
    "schedule": st.sampled_from(get_args(Schedule)),
    "learning_rate": rates,
    "patience": st.none() | st.integers(1, 9),
}
recipes = (
    st.builds(LoraRecipe, rank=st.integers(1, 9), alpha=rates, **shared)
    | st.builds(
        FrozenRecipe,
        layers=st.sampled_from(["mix", "mean"]) | st.lists(st.integers(-3, 12), min_size=1).map(tuple),
        l2=st.lists(st.floats(0, 1), min_size=1, max_size=3).map(tuple),
        **shared,
    )
    | st.builds(TunedRecipe, layer_decay=rates, reinit_top=st.integers(0, 2), **shared)
)
OTHER: dict[str, Any] = {
    "head": "bcn", "pooling": "max", "pair": "separate", "layers": (-1,), "learning_rate": 0.5,
    "schedule": "constant", "warmup": 0.2, "layer_decay": 0.5, "gradual_unfreezing": True, "epochs": 7, "min_steps": 9,
    "patience": 2, "batch_size": 5, "weight_decay": 0.5, "dropout": 0.7, "clip": None, "reinit_top": 1, "hidden": 8,
    "head_first": "probe", "rank": 3, "alpha": 7.0, "targets": "attention", "adapter_dropout": 0.3,
    "rank_stabilised": True,
    "l2": (1.0,), "head_rate": 10.0, "unfreeze_top": 2, "normalise": True,
}  # fmt: skip


@given(recipes, st.text(), st.text(), st.integers(0, 99))
def test_id_does_not_depend_on_name_or_source(recipe: Recipe, name: str, source: str, seed: int) -> None:
    assert job("q", recipe, seed).id == job("q", replace(recipe, name=name, source=source), seed).id


@given(recipes, recipes, st.integers(0, 9), st.integers(0, 9))
def test_ids_are_equal_only_for_equal_settings_and_seed(a: Recipe, b: Recipe, first: int, second: int) -> None:
    assert (job("q", a, first).id == job("q", b, second).id) == ((a, first) == (b, second))


@given(recipes)
def test_id_survives_the_way_through_json_and_is_a_plain_folder_name(recipe: Recipe) -> None:
    name = job("q", recipe, 3).id
    assert job("q", recipe_from(plain(recipe)), 3).id == name
    assert set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789-.")


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.name)
def test_every_setting_of_a_recipe_counts(method: Method[Any]) -> None:
    settings = {field.name for field in fields(method.recipe)} - {"method", "name", "source"}
    assert OTHER.keys() >= settings, "a new setting must be listed here"
    base = method.recipe("linear")
    ids = [job("q", base, 0).id, *(job("q", replace(base, **{name: OTHER[name]}), 0).id for name in settings)]
    assert len(set(ids)) == len(ids)
    assert job("other question", base, 0).id not in ids


def test_finished_runs_keep_their_names_from_version_to_version() -> None:
    """They are folders on people's disks: only where `FORMAT` is raised may questions and runs get other names."""
    assert (FORMAT["fp32"], _digest()) == (6, "d407648d07938bcd373f4b297b370032")
    assert (FORMAT["bf16"], _digest(precision="bf16")) == (8, "ab920cfe79ba134784c61046d40758f3")
    assert _digest(_dataset(dev=(Example("dev:1", "café 李", "", None, "a"),))) == "37d5262d0d5f76296497d7d9eda9e9f8"
    assert _digest(dtype="int8") == "6a790d06e5cfdcfe6d78302f9f2aec8d"
    assert job("q", FrozenRecipe("linear"), 0).id == "feature-extraction.linear.632dc92d.seed0"
    assert job("q", TunedRecipe("crf", learning_rate=2e-5), 12).id == "fine-tuning.crf.10a72dff.seed12"


def test_recipes_of_two_methods_are_two_jobs() -> None:
    assert job("q", FrozenRecipe("linear"), 0).id != job("q", TunedRecipe("linear"), 0).id


def _dataset(**changes: Any) -> Dataset:
    def items(split: str) -> tuple[Example, ...]:
        return tuple(Example(f"{split}:{i}", f"{split} text {i}", None, None, "ab"[i % 2]) for i in range(4))

    values: dict[str, Any] = {split: items(split) for split in ("train", "dev", "test")}
    values |= {"name": "x", "task": task("classification"), "labels": LabelSpace(("a", "b"))}
    return Dataset(**{**values, **changes})


def _digest(
    dataset: Dataset | None = None,
    encoder: str = "e",
    precision: Precision = "fp32",
    length: int = 32,
    dtype: CacheDtype = "float16",
) -> str:
    return question_digest(dataset or _dataset(), encoder, precision, length, dtype)


def test_digest_changes_with_encoder_precision_length_and_cache_dtype() -> None:
    others = _digest(encoder="f"), _digest(precision="bf16"), _digest(length=31), _digest(dtype="int8")
    assert len({_digest(), *others}) == 5
    assert _digest() == question_digest(_dataset(), "e", "fp32", 32)


@pytest.mark.parametrize("split", ["train", "dev", "test"])
def test_digest_changes_with_each_part_of_each_example(split: str) -> None:
    whole = _dataset()
    first, *rest = whole.split(split)  # type: ignore[arg-type]
    changed = [
        (replace(first, text="other"), *rest),
        (replace(first, text_b=""), *rest),
        (replace(first, words=("train", "text", "0")), *rest),
        (replace(first, label="b"), *rest),
        tuple(rest),
        (*rest, first),
        (first, first, *rest),
    ]
    digests = [_digest(), *(_digest(_dataset(**{split: examples})) for examples in changed)]
    assert len(set(digests)) == len(digests)


def test_digest_changes_when_an_example_moves_to_the_next_split() -> None:
    whole = _dataset()
    moved = _dataset(train=whole.train[:-1], dev=(whole.train[-1], *whole.dev))
    assert _digest(moved) != _digest(whole)


def test_digest_changes_with_the_metric_that_was_asked_for() -> None:
    whole = _dataset()
    digests = {
        metric: _digest(replace(whole, task=asking(whole.task, whole.labels, metric)))
        for metric in (None, "accuracy", "macro_f1", "f1:a", "f1:b")
    }
    assert digests[None] == digests["accuracy"] == _digest(whole)
    assert len(set(digests.values())) == 4


def test_digest_changes_with_task_and_labels() -> None:
    digests = {
        _digest(),
        _digest(_dataset(task=task("regression"))),
        _digest(_dataset(labels=LabelSpace(("b", "a")))),
        _digest(_dataset(labels=LabelSpace(("a", "b"), scheme="BIO"))),
    }
    assert len(digests) == 4


def test_digest_does_not_depend_on_names_paths_or_what_was_said() -> None:
    whole = _dataset()
    moved = tuple(replace(example, where=f"elsewhere:{i}") for i, example in enumerate(whole.train))
    same = _dataset(name="y", notes=("Guessed.",), columns={"text": "t"}, files={"train": "t.tsv"}, train=moved)
    assert _digest(same) == _digest(whole)
