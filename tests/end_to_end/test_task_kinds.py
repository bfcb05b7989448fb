"""The whole question on tiny data of every task kind."""

from __future__ import annotations

import json
import math
import platform
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import tiny
import torch
from markupsafe import escape

import unfreeze
from unfreeze.commands.compare import compare
from unfreeze.judging.result import NO_CHOICE
from unfreeze.judging.result_json import SCHEMA
from unfreeze.methods.table import default_names
from unfreeze.plan import Plan, plain
from unfreeze.records.comparison import read_choices, read_records
from unfreeze.runs.cost import machine_name
from unfreeze.runs.watching import Quiet

# What the issue asks of `result.json`, key by key.
METHOD_KEYS = {"recipe", "runs", "dev", "test", "cost"}
COST_KEYS = {"extract_s", "extract_all_s", "train_s", "peak_mb", "trained_parameters", "stored_mb", "latency_ms"}
TOP_KEYS = {"schema", "task", "metric", "data", "encoders", "arms", "differences", "verdict", "environment"}
METRICS = {
    "multilabel-classification": "micro_f1",
    "classification": "accuracy",
    "regression": "pearson",
    "tagging": "span_f1",
}


def _result(out: Path) -> dict[str, Any]:
    return json.loads((out / "result.json").read_text(encoding="utf-8"))  # type: ignore[no-any-return]


def _floats(value: Any) -> Iterator[float]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from _floats(item)
    elif isinstance(value, float):
        yield value


@pytest.mark.parametrize("kind", tiny.KINDS)
def test_result_has_the_schema_that_the_issue_asks_for(kind: str, answered: Callable[[str], Path]) -> None:
    out = answered(kind)
    result = _result(out)
    task = kind.partition("-BIO")[0]
    assert result.keys() >= TOP_KEYS
    assert result["schema"] == SCHEMA
    assert result["task"] == task
    assert result["metric"] == METRICS[task.removeprefix("pair-")]
    assert list(tiny.methods(result)) == list(default_names())
    for method in tiny.methods(result).values():
        assert method.keys() >= METHOD_KEYS
        assert method["cost"].keys() >= COST_KEYS
        assert [run["seed"] for run in method["runs"]] == [0, 1]
        assert all(run.keys() >= {"seed", "dev", "test", "degenerate"} for run in method["runs"])
        low, high = method["test"]["ci95"]
        assert low <= method["test"]["mean"] <= high
        assert method["test"]["mean"] == pytest.approx(sum(run["test"] for run in method["runs"]) / 2)
        assert method["cost"]["latency_ms"].keys() == {"1", "32"}
        assert method["cost"]["trained_parameters"] > 0
        perfect = method["trials"][0]["dev"] == 1.0  # then no other recipe could be chosen
        assert len(method["trials"]) == (1 if perfect else 2)
    (pair,) = result["differences"]
    assert (pair["first"], pair["second"]) == ("fine-tuning", "feature-extraction")
    means = [tiny.methods(result)[m]["test"]["mean"] for m in ("fine-tuning", "feature-extraction")]
    assert pair["mean"] == pytest.approx(means[0] - means[1])
    assert all(map(math.isfinite, _floats(result)))
    assert result["data"]["sizes"] == {"train": 48, "dev": 24, "test": 30}
    verdict = result["verdict"]
    assert verdict["choice"] in (*default_names(), *NO_CHOICE)
    assert verdict["use"] in default_names()
    assert verdict["reasons"]
    assert verdict["doubts"]  # two seeds and thirty test items


@pytest.mark.parametrize("kind", tiny.KINDS)
def test_output_folder_is_complete_and_clean(kind: str, answered: Callable[[str], Path]) -> None:
    out = answered(kind)
    result = _result(out)
    report = (out / "report.html").read_text(encoding="utf-8")
    assert str(escape(result["verdict"]["next_step"])) in report
    assert {path.name for path in out.iterdir()} == {
        *("bundle", "choice.json", "comparison.json", "floor.json", "floor.parquet", "items.parquet"),
        *("probes.json", "report.html", "result.json", "runs"),
    }
    finals = {run["id"] for method in tiny.methods(result).values() for run in method["runs"]}
    trials = {trial["id"] for method in tiny.methods(result).values() for trial in method["trials"]}
    assert not finals & trials, "a run that was chosen for its dev score is not judged"
    runs = {path.name: {file.name for file in path.iterdir()} for path in (out / "runs").iterdir()}
    assert runs.keys() == finals | trials
    for run, files in runs.items():
        tested = {"test.json", "test.parquet"} if run in finals else set()
        assert files == {"record.json", *tested}, "only final runs read the test set; no weights stay behind"
    about = json.loads((out / "bundle" / "bundle.json").read_text(encoding="utf-8"))
    assert about["run"] == tiny.methods(result)[result["verdict"]["use"]]["best_run"]
    assert about["test"] == tiny.methods(result)[result["verdict"]["use"]]["test"]


@pytest.mark.parametrize("kind", tiny.KINDS)
def test_frozen_features_of_a_random_encoder_teach_something(kind: str, answered: Callable[[str], Path]) -> None:
    # Two words of each sort decide, so a model that learns at all passes: accuracy by chance is 0.5, the others 0.
    reached = tiny.methods(_result(answered(kind)))["feature-extraction"]["dev"]["mean"]
    assert reached > (0.65 if "classification" in kind else 0.4)


@pytest.mark.parametrize("kind", tiny.KINDS)
def test_work_is_counted_in_every_run(kind: str, answered: Callable[[str], Path]) -> None:
    out = answered(kind)
    result, encoder = _result(out), tiny.encoder(_result(out))["piece_work"]
    assert encoder == 2 * (4 * 16**2 + 2 * 16 * 32)
    records = [json.loads(path.read_text(encoding="utf-8")) for path in out.glob("runs/*/record.json")]
    for record in records:
        assert record["work"] > 0
        assert bool(record["states"]) == (record["method"] == "feature-extraction")
        # Each kind of states is one pass over train and dev; a text, two of a pair, has 4 to 9 pieces and its frame.
        assert all(72 * 6 * encoder <= work <= 72 * 40 * encoder for work in record["states"].values())
    tuned = [r for r in records if r["method"] == "fine-tuning"]
    epochs = [r["curve"][-1]["epoch"] for r in tuned]
    assert all(r["work"] > 3 * e * 48 * 6 * encoder for r, e in zip(tuned, epochs, strict=True))
    for name, method in tiny.methods(result).items():
        own = [r for r in records if r["method"] == name]
        states = {kind: work for r in own for kind, work in r["states"].items()}
        assert method["cost"]["work"] == sum(r["work"] for r in own) + sum(states.values())
        assert not method["cost"]["work_is_estimated"]


def test_predictions_are_those_that_the_scores_were_made_from(answered: Callable[[str], Path]) -> None:
    out = answered("classification")
    gold = pq.read_table(out / "items.parquet")["gold"].to_pylist()
    for method in tiny.methods(_result(out)).values():
        for run in method["runs"]:
            said = pq.read_table(out / "runs" / run["id"] / "test.parquet")["prediction"].to_pylist()
            right = sum(g == p for g, p in zip(gold, said, strict=True)) / len(gold)
            assert run["test"] == pytest.approx(right)


def test_recipe_is_chosen_on_dev(answered: Callable[[str], Path]) -> None:
    for method in tiny.methods(_result(answered("regression"))).values():
        best = max(method["trials"], key=lambda trial: trial["dev"])
        assert best["recipe"] == method["recipe"]
        assert [trial["chosen"] for trial in method["trials"]].count(True) == 1


@pytest.mark.parametrize("method", default_names())
def test_one_method_alone_through_python(method: str, tmp_path: Path, encoder: Path, data_of: Callable) -> None:
    recipe = next(r for r in tiny.recipes("classification") if r.method == method)
    result = unfreeze.compare(
        data_of("classification"), encoder=encoder, out=tmp_path / "out", methods=(method,), recipes=[recipe], seeds=1
    )
    assert list(result.methods) == [method]
    assert result.difference is None
    assert result.verdict.use == method
    assert result.to_dict() == _result(tmp_path / "out")
    assert (tmp_path / "out" / "report.html").stat().st_size > 100_000
    assert result.methods[method].test.std == 0.0


def test_splits_are_made_when_there_is_one_file(tmp_path: Path, encoder: Path) -> None:
    file = tiny.write_split(tmp_path / "reviews", "classification", 90, seed=5)
    told: list[str] = []
    from unfreeze.commands.compare import compare

    plan = tiny.tiny_plan(file, encoder, tmp_path / "out", "classification", methods=["feature-extraction"], seeds=1)
    result = compare(plan, None, told.append)
    assert result.data.sizes == {"train": 63, "dev": 9, "test": 18}
    assert sum("were cut out" in line for line in told) == 2


def test_default_output_folder_is_named_after_data_and_encoder(
    tmp_path: Path, encoder: Path, data_of: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    recipe = next(r for r in tiny.recipes("classification") if r.method == "feature-extraction")
    plan = Plan(str(data_of("classification")), encoder=str(encoder), methods=(recipe.method,), recipes=(recipe,))
    result = unfreeze.compare(plan=plan, seeds=1)
    out = Path("unfreeze-out") / "classification-tiny"
    assert (out / "report.html").exists()
    assert result.plan.out == str(out)


def test_order_of_the_test_rows_decides_nothing(tmp_path: Path, encoder: Path, data_of: Callable) -> None:
    data = tmp_path / "data"
    shutil.copytree(data_of("classification"), data)
    lines = (data / "test.tsv").read_text(encoding="utf-8").splitlines()
    (data / "test.tsv").write_text("\n".join([lines[0], *reversed(lines[1:])]) + "\n", encoding="utf-8")
    settings = {"methods": ["feature-extraction"], "seeds": 1}
    reached = []
    for name, folder in (("a", data_of("classification")), ("b", data)):
        out = tmp_path / name
        plan = tiny.tiny_plan(folder, encoder, out, "classification", **settings)
        reached.append((unfreeze.compare(plan=plan).methods["feature-extraction"].runs[0], out))
    (first, out), (second, turned) = reached
    assert first.test == second.test
    said = [
        pq.read_table(folder / "runs" / run.id / "test.parquet")["prediction"].to_pylist()
        for run, folder in ((first, out), (second, turned))
    ]
    assert said[0] == said[1][::-1]


def test_a_recipe_that_diverges_loses_and_is_told(
    data_of: Callable[[str], Path], encoder: Path, tmp_path: Path
) -> None:
    plan = tiny.tiny_plan(data_of("classification"), encoder, tmp_path / "out", "classification")
    wild = next(r for r in plan.recipes if r.method == "fine-tuning")
    others = [r for r in plan.recipes if r.method != "fine-tuning"][:1]
    wild = replace(wild, learning_rate=1e30, clip=None, schedule="constant")
    watcher = Sayings()
    result = compare(replace(plan, recipes=(*others, wild)), watcher).to_dict()
    runs = tiny.methods(result)["fine-tuning"]["runs"]
    assert all(run["diverged"] for run in runs)
    assert any("diverged" in line for line in watcher.said)
    assert any("2 of 2 final runs of fine-tuning diverged" in doubt for doubt in result["verdict"]["doubts"])
    assert "(diverged)" in (tmp_path / "out" / "report.html").read_text(encoding="utf-8")


class Sayings(Quiet):
    """A watcher that keeps every line."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def say(self, line: str) -> None:
        self.said.append(line)


@pytest.mark.parametrize("kind", ["classification", "tagging-BIO"])
def test_states_can_be_stored_in_eight_bits(
    kind: str, tmp_path: Path, encoder: Path, data_of: Callable, monkeypatch: pytest.MonkeyPatch, command_line: Callable
) -> None:
    monkeypatch.setenv("UNFREEZE_CACHE", str(tmp_path / "cache"))
    recipes = [plain(recipe) for recipe in tiny.recipes(kind) if recipe.method == "feature-extraction"]
    values = tiny.plan_values(data_of(kind), encoder, tmp_path / "out", kind, recipes=recipes)
    plan = tiny.write_plan(tmp_path / "plan.yaml", {**values, "methods": ["feature-extraction"]})
    code, _, said = command_line("compare", "--plan", plan, "--cache-dtype", "int8")
    assert code == 0, said
    stores = [json.loads(path.read_text(encoding="utf-8")) for path in (tmp_path / "cache").glob("*/meta.json")]
    assert {store["dtype"] for store in stores} == {"int8"}
    assert _result(tmp_path / "out")["plan"]["cache_dtype"] == "int8"
    assert tiny.methods(_result(tmp_path / "out"))["feature-extraction"]["dev"]["mean"] > 0.4
    code, _, said = command_line("compare", "--plan", plan)  # runs of other states are not mixed with these
    assert code == 2
    assert "cache dtype" in said


def test_records_and_choices_name_their_machine(answered: Callable[[str], Path]) -> None:
    folder = answered("classification")
    machine, records = machine_name(torch.device("cpu")), read_records(folder).values()
    assert {(record.machine, record.host) for record in records} == {(machine, platform.node())}
    assert {choice.machine for choice in read_choices(folder).values()} == {machine}
