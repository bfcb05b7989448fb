"""Plans: strict in, plain out."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from unfreeze.errors import InputError
from unfreeze.methods.frozen_recipes import FrozenRecipe
from unfreeze.methods.table import default_names, names
from unfreeze.methods.tuned_recipes import TunedRecipe
from unfreeze.plan import Plan, merged, plain, plan_from, read_plan, recipe_from

FROZEN = {"method": "feature-extraction", "head": "bcn", "layers": [0, -1], "clip": None, "l2": [0.0, 0.1]}
TUNED = {"method": "fine-tuning", "head": "linear", "schedule": "slanted-triangular", "layer_decay": 0.9}
FULL = Plan(
    data="d", task="classification", methods=default_names(), budget="standard", seeds=2, device="cpu",
    equivalence=0.01, recipes=(recipe_from(FROZEN), recipe_from(TUNED)), max_length=64,
    cache_gb=1.5, cache_dtype="int8", unfreeze_top=3,
)  # fmt: skip


def told(values: Any) -> str:
    with pytest.raises(InputError) as caught:
        plan_from(values, "plan.yaml")
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_an_empty_plan_has_the_defaults() -> None:
    assert plan_from({}) == Plan()
    assert default_names() == ("feature-extraction", "fine-tuning")
    assert [name for name in names() if name in default_names()] == ["feature-extraction", "fine-tuning"]


def test_recipes_are_read() -> None:
    plan = plan_from({"recipes": [FROZEN, TUNED]})
    assert plan.recipes == (
        FrozenRecipe("bcn", layers=(0, -1), clip=None, l2=(0.0, 0.1)),
        TunedRecipe("linear", schedule="slanted-triangular", layer_decay=0.9),
    )


@pytest.mark.parametrize("plan", [Plan(), FULL])
def test_plain_values_go_round_through_yaml(plan: Plan, tmp_path: Path) -> None:
    values = plain(plan)
    assert plan_from(values) == plan
    assert plan_from(yaml.safe_load(yaml.safe_dump(values))) == plan
    assert set(values) == {field.name for field in fields(Plan)}


def test_plain_values_hold_no_tuples() -> None:
    assert plain(FULL.recipes[0])["layers"] == [0, -1]
    assert [type(recipe) for recipe in plain(FULL)["recipes"]] == [dict, dict]


@pytest.mark.parametrize(
    ("values", "parts"),
    [
        ({"encodr": "minilm"}, ["plan.yaml: unknown key 'encodr'", "did you mean 'encoder'?"]),
        ({3: 4}, ["unknown key '3'"]),
        (["data"], ["plan.yaml: expected a mapping of settings, found list"]),
        (None, ["expected a mapping of settings, found NoneType"]),
        ({"seeds": "many"}, ["plan.yaml: seeds:", "'many'"]),
        ({"budget": "fast"}, ["budget:", "'quick', 'standard' or 'thorough'", "'fast'"]),
        (
            {"methods": ["feature-extraction", "prompting"]},
            ["methods: unknown method 'prompting'", f"known: {', '.join(sorted(names()))}"],
        ),
        ({"recipes": [FROZEN, {**TUNED, "epoch": 3}]}, ["plan.yaml: recipes[1]: unknown key 'epoch'", "'epochs'"]),
        ({"recipes": [{"method": "fine-tuning"}]}, ["plan.yaml: recipes[0]: head:"]),
        ({"recipes": [{**TUNED, "learning_rate": "high"}]}, ["recipes[0]: learning_rate:", "'high'"]),
        ({"recipes": [{**FROZEN, "layers": "top"}]}, ["recipes[0]: layers", "'top'"]),
        ({"recipes": ["linear"]}, ["recipes[0]: expected a mapping of settings, found str"]),
        ({"recipes": "quick"}, ["recipes:", "'quick'"]),
        ({"recipes": [FROZEN]}, ["recipes: each method must get the same number", "'fine-tuning': 0"]),
        ({"recipes": [FROZEN, FROZEN, TUNED]}, ["'feature-extraction': 2", "'fine-tuning': 1"]),
        ({"seeds": 0}, ["seeds: 0 seeds; at least 1"]),
        ({"seeds": 1001}, ["seeds: 1,001 seeds; at most 1,000"]),
        ({"train_size": 1}, ["train_size: 1 training examples; at least 2"]),
        ({"max_length": 3}, ["max_length: 3 pieces; at least 4"]),
        ({"unfreeze_top": 0}, ["unfreeze_top: 0 layer groups; at least 1"]),
        ({"cache_gb": -1.0}, ["cache_gb: -1.0; a number of at least 0"]),
        ({"cache_dtype": "int4"}, ["cache_dtype", "'float16' or 'int8'", "'int4'"]),
        ({"equivalence": float("nan")}, ["equivalence: nan"]),
        ({"methods": []}, [f"methods: no method; known: {', '.join(names())}"]),
    ],
)
def test_what_is_wrong_is_told_with_its_place(values: Any, parts: list[str]) -> None:
    message = told(values)
    assert all(part in message for part in parts), message


def test_options_of_encoders_need_no_quotes(tmp_path: Path) -> None:
    path = tmp_path / "plan.yaml"
    path.write_text("encoder_options: {stateful: true, batch_size: 3, tokenizer: whitespace}\n", encoding="utf-8")
    text = {"stateful": "true", "batch_size": "3", "tokenizer": "whitespace"}
    assert read_plan(path).encoder_options == text
    assert read_plan(path) == plan_from({"encoder_options": text})
    assert "encoder_options.stateful: " in told({"encoder_options": {"stateful": [True]}})
    assert "encoder_options: " in told({"encoder_options": "stateful"})


def test_recipes_of_one_method_need_no_partner() -> None:
    assert plan_from({"methods": ["fine-tuning"], "recipes": [TUNED]}).recipes == FULL.recipes[1:]


def test_a_single_recipe_tells_its_own_place() -> None:
    with pytest.raises(InputError, match="winner: unknown key 'heads'"):
        recipe_from({"heads": 3}, "winner")


def test_paths_are_relative_to_the_plan(tmp_path: Path) -> None:
    (tmp_path / "my-encoder").mkdir()
    path = tmp_path / "plan.yaml"
    path.write_text("data: reviews\ntest: ../other/test.tsv\nencoder: my-encoder\n", encoding="utf-8")
    plan = read_plan(path)
    assert plan.data == str(tmp_path / "reviews")
    assert plan.test == str(tmp_path / "../other/test.tsv")
    assert plan.encoder == str(tmp_path / "my-encoder")
    assert (plan.train, plan.dev, plan.out) == (None, None, None)


def test_names_of_encoders_are_no_paths(tmp_path: Path) -> None:
    path = tmp_path / "plan.yaml"
    path.write_text("encoder: minilm\n", encoding="utf-8")
    assert read_plan(path).encoder == "minilm"


@pytest.mark.parametrize(
    ("content", "part"),
    [(b"data: [1", "is not YAML"), (b"data: \xff\xfe", "is not YAML"), (b"- data", "found list"), (b"", "NoneType"),
     (b"!!python/object/apply:os.system ['true']", "is not YAML")],
)  # fmt: skip
def test_files_that_are_no_plan(content: bytes, part: str, tmp_path: Path) -> None:
    path = tmp_path / "plan.yaml"
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        read_plan(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert part in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_plan(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"plan\.yaml: cannot be read: No such file"):
        read_plan(tmp_path / "plan.yaml")


def test_settings_given_win_and_are_checked() -> None:
    plan = merged(FULL, {"seeds": 7, "data": "other"}, "command line")
    assert plan == replace(FULL, seeds=7, data="other")
    with pytest.raises(InputError, match="command line: unknown key 'seed'"):
        merged(FULL, {"seed": 7}, "command line")
    with pytest.raises(InputError, match="command line: device:"):
        merged(FULL, {"device": "tpu"}, "command line")


def test_other_data_takes_the_place_of_the_plans_files() -> None:
    plan = Plan(train="a.tsv", test="b.tsv")
    assert merged(plan, {"data": "other"}, "command line") == Plan("other")
    assert merged(plan, {"data": "other", "test": "c.tsv"}, "command line") == Plan("other", test="c.tsv")


def test_a_split_may_have_several_files(tmp_path: Path) -> None:
    path = tmp_path / "plan.yaml"
    path.write_text("train: [a.csv, 'parts/*.csv']\ndev: dev.csv\n", encoding="utf-8")
    plan = read_plan(path)
    assert plan.train == (str(tmp_path / "a.csv"), str(tmp_path / "parts/*.csv"))
    assert plan.dev == str(tmp_path / "dev.csv")
    assert plain(plan)["train"] == list(plan.train)
    assert plan_from(plain(plan)) == plan
    for wrong in ([], [1], {"a": "b"}, 7):
        with pytest.raises(InputError, match="train"):
            plan_from({"train": wrong})


def test_a_prefix_is_one_of_the_encoders_options(tmp_path: Path) -> None:
    path = tmp_path / "plan.yaml"
    path.write_text('prefix: "query: "\nencoder_options: {pooling: cls}\n', encoding="utf-8")
    assert read_plan(path).all_options == {"pooling": "cls", "prefix": "query: "}
    assert merged(read_plan(path), {"prefix": ""}, "command line").all_options == {"pooling": "cls", "prefix": ""}
    assert Plan().all_options == {}


def test_several_encoders_are_a_list_or_a_text_with_commas(tmp_path: Path) -> None:
    assert merged(Plan(), {"encoder": "a, b"}, "here").encoders == ("a", "b")
    assert plan_from({"encoder": ["a", "b"]}).encoders == ("a", "b")
    assert plan_from({"encoder": "a"}).only_encoder == "a"
    with pytest.raises(InputError, match="2 encoders"):
        _ = merged(Plan(), {"encoder": "a,b"}, "here").only_encoder


def test_an_encoder_in_the_plan_of_a_finished_comparison_is_one_whatever_its_path() -> None:
    assert plan_from({"encoder": "/gone/a,b"}).encoders == ("/gone/a,b",)


def test_encoders_are_named_once_and_not_empty() -> None:
    for wrong in ("a,a", "a,", [], ["a", "b", "a"]):
        with pytest.raises(InputError, match="encoder"):
            merged(Plan(), {"encoder": wrong}, "here")


def test_folder_with_a_comma_is_one_encoder_and_folders_beside_the_plan_are_found(tmp_path: Path) -> None:
    (tmp_path / "a,b").mkdir()
    (tmp_path / "mine").mkdir()
    assert merged(Plan(), {"encoder": str(tmp_path / "a,b")}, "here").encoders == (str(tmp_path / "a,b"),)
    (tmp_path / "plan.yaml").write_text("encoder: [mine, minilm]\n", encoding="utf-8")
    assert read_plan(tmp_path / "plan.yaml").encoders == (str(tmp_path / "mine"), "minilm")
    (tmp_path / "plan.yaml").write_text("encoder: mine,minilm\n", encoding="utf-8")
    assert read_plan(tmp_path / "plan.yaml").encoders == (str(tmp_path / "mine"), "minilm")


@pytest.mark.parametrize("more", [{}, {"encoder": ["a", "b"]}, {"folds": 5}, {"encoder": ["a", "b"], "folds": 5}])
def test_seeds_may_be_auto_with_several_encoders_and_folds(more: dict[str, Any]) -> None:
    plan = plan_from({"seeds": "auto", **more})
    assert (plan.seeds, plan.fixed_seeds) == ("auto", None)
