"""LoRA beside the two other methods, and alone: a verdict, small weights, and a bundle with the encoder once."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import tiny

import unfreeze
from unfreeze.commands.compare import compare
from unfreeze.disk.tensors import read_tensors
from unfreeze.encoders.load import load_encoder
from unfreeze.errors import InputError
from unfreeze.methods.lora_recipes import LoraRecipe
from unfreeze.plan import plain
from unfreeze.runs.watching import Quiet

ALL = ("feature-extraction", "lora", "fine-tuning")
EACH = (2 * (4 * (16 + 16) + 2 * (16 + 32))) * 2  # parameters of adapters of rank 2: two layers of six linear ones


def recipes(kind: str) -> list[dict[str, Any]]:
    head = "crf" if kind.startswith("tagging") else "linear"
    one = LoraRecipe(head, "slow", learning_rate=1e-2, epochs=2, batch_size=8, rank=2, alpha=4.0)
    return [plain(recipe) for recipe in (one, replace(one, name="fast", learning_rate=3e-2, dropout=0.0))]


class Heard(Quiet):
    """What ran."""

    def __init__(self) -> None:
        self.begun: list[str] = []

    def begin(self, what: str, left: int) -> None:
        self.begun.append(what)


@pytest.fixture(scope="module", params=["classification", "tagging-BIO"])
def three(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, dict[str, Any]]:
    """A finished comparison of all three: its task kind, and values of its plan."""
    folder, kind = tmp_path_factory.mktemp("three"), request.param
    data, encoder = tiny.write_data(folder / "data", kind), tiny.make_encoder(folder / "encoder")
    values = tiny.plan_values(data, encoder, folder / "out", kind, methods=list(ALL))
    values["recipes"] += recipes(kind)
    compare(unfreeze.plan.plan_from(values))
    return kind, values


def test_all_three_are_judged_and_what_lora_keeps_is_adapters_and_head(three: tuple[str, dict[str, Any]]) -> None:
    kind, values = three
    out = Path(values["out"])
    result = json.loads((out / "result.json").read_text(encoding="utf-8"))
    arms = {arm["method"]: arm for arm in result["arms"]}
    assert set(arms) == set(ALL)
    assert len(result["differences"]) == 3
    assert result["verdict"]["use"] in ALL
    cost = {method: arm["cost"] for method, arm in arms.items()}
    head = cost["lora"]["trained_parameters"] - EACH
    assert head == {"classification": 2 * 16 + 2, "tagging-BIO": 4 * 16 + 4 + 4 * 4 + 8}[kind]
    assert cost["lora"]["stored_mb"] == pytest.approx(4 * (EACH + head) / 1e6, rel=0.05)
    assert cost["lora"]["stored_mb"] < cost["fine-tuning"]["stored_mb"] / 4
    assert cost["lora"]["trained_parameters"] < cost["fine-tuning"]["trained_parameters"] / 2
    records = [json.loads(path.read_text(encoding="utf-8")) for path in out.glob("runs/lora.*/record.json")]
    assert {record["recipe"]["name"] for record in records} == {"slow", "fast"}
    piece_work = tiny.encoder(result)["piece_work"]
    for record in records:
        assert record["states"] == {}
        epochs = record["curve"][-1]["epoch"]
        assert 2 * epochs * 48 * 6 * piece_work < record["work"] < 4 * epochs * 100 * 40 * (piece_work + EACH)
    assert "LoRA" in (out / "report.html").read_text(encoding="utf-8")


def test_what_is_finished_is_not_run_again(three: tuple[str, dict[str, Any]]) -> None:
    heard = Heard()
    path = Path(three[1]["out"]) / "result.json"
    before = tiny.numbers(json.loads(path.read_text(encoding="utf-8")))
    compare(unfreeze.plan.plan_from(three[1]), heard)
    assert heard.begun == []
    assert tiny.numbers(json.loads(path.read_text(encoding="utf-8"))) == before


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The output folder of LoRA alone, on pairs, with adapters in the top layer only."""
    folder, kind = tmp_path_factory.mktemp("alone"), "pair-regression"
    data, encoder = tiny.write_data(folder / "data", kind), tiny.make_encoder(folder / "encoder")
    values = tiny.plan_values(data, encoder, folder / "out", kind, methods=["lora"], unfreeze_top=1)
    values["recipes"] = recipes(kind)
    compare(unfreeze.plan.plan_from(values))
    return folder


def test_a_bundle_has_the_encoder_as_it_was_and_adapters_beside_it(alone: Path) -> None:
    bundle = alone / "out" / "bundle"
    assert {path.name for path in bundle.iterdir()} == {
        "adapter",
        "bundle.json",
        "encoder",
        "head.safetensors",
        "sample.json",
    }
    files = {path.name for path in (bundle / "adapter").iterdir()}
    assert files == {"adapter_config.json", "adapter_model.safetensors"}
    plain_one = load_encoder(str(alone / "encoder"))
    assert load_encoder(str(bundle / "encoder")).fingerprint() == plain_one.fingerprint()
    tensors = read_tensors(bundle / "adapter" / "adapter_model.safetensors")
    assert all(name.startswith("base_model.model.encoder.layer.1.") for name in tensors)
    assert (bundle / "adapter" / "adapter_model.safetensors").stat().st_size < 20_000


def test_a_bundle_repeats_the_predictions_that_were_judged_also_without_peft(
    alone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "peft", None)
    predictor = unfreeze.load(alone / "out" / "bundle")
    run = json.loads((alone / "out" / "bundle" / "bundle.json").read_text(encoding="utf-8"))["run"]
    judged = pq.read_table(alone / "out" / "runs" / run / "test.parquet")["prediction"].to_pylist()
    rows = [line.split("\t") for line in (alone / "data" / "test.tsv").read_text(encoding="utf-8").splitlines()[1:]]
    assert predictor.predict([(first, second) for first, second, _ in rows]) == pytest.approx(judged, abs=1e-5)


def test_adapters_that_are_torn_missing_or_of_another_rank_are_told_in_a_line(alone: Path, tmp_path: Path) -> None:
    import shutil

    for name, spoil, told in (
        ("torn", lambda file: file.write_bytes(file.read_bytes()[:-40]), "cannot be loaded"),
        ("missing", lambda file: file.unlink(), "cannot be loaded"),
        ("rank", lambda file: _other_rank(file.parents[1] / "bundle.json"), "has the shape"),
    ):
        bundle = tmp_path / name
        shutil.copytree(alone / "out" / "bundle", bundle)
        spoil(bundle / "adapter" / "adapter_model.safetensors")
        with pytest.raises(InputError, match=told) as caught:
            unfreeze.load(bundle)
        assert "adapter_model.safetensors" in str(caught.value)
        assert "\n" not in str(caught.value)


def _other_rank(path: Path) -> None:
    values = json.loads(path.read_text(encoding="utf-8"))
    values["recipe"]["rank"] = 3
    path.write_text(json.dumps(values), encoding="utf-8")


def test_an_encoder_that_it_is_not_for_is_refused_where_it_was_asked_for(alone: Path) -> None:
    with pytest.raises(InputError, match=r"--methods: elmo-mini cannot have adapters"):
        compare(unfreeze.Plan(data=str(alone / "data"), encoder="elmo-mini", methods=("lora",), out=str(alone / "no")))
