"""Folders that version 0.1 wrote are read as before.

`of_version_0_1.tar.xz` holds comparisons that commit a1d0fb5 made with the encoder, data (24, 8 and 10 rows) and
recipes of `tiny.py`, two seeds, without their reports; of one the bundle too.
"""

from __future__ import annotations

import json
import tarfile
from pathlib import Path

import pytest

import unfreeze
from unfreeze.judging.judge import judge
from unfreeze.report.render import render

KINDS = ("classification", "tagging-BIO", "pair-regression")


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of these folders."""
    folder = tmp_path_factory.mktemp("old")
    with tarfile.open(Path(__file__).with_name("of_version_0_1.tar.xz")) as packed:
        packed.extractall(folder, filter="data")
    return folder


@pytest.mark.parametrize("kind", KINDS)
def test_an_old_comparison_is_judged_and_shown(kind: str, old: Path) -> None:
    before = json.loads((old / kind / "result.json").read_text(encoding="utf-8"))
    after = judge(old / kind)
    for method, values in before["methods"].items():
        assert after.methods[method].test.mean == pytest.approx(values["test"]["mean"])
        assert [run.test for run in after.methods[method].runs] == [run["test"] for run in values["runs"]]
    values = after.to_dict()
    assert values["floor"]["test"] == before["floor"]["test"]
    (encoder,) = values["encoders"].values()
    for layer, older in zip(encoder["probes"]["layers"], before["probes"]["layers"], strict=True):
        same = {key: value for key, value in older.items() if not key.endswith("ci95")}  # intervals are those of now
        assert {key: layer[key] for key in same} == same
    assert render(old / kind).exists()


def test_an_old_bundle_predicts(old: Path) -> None:
    predictor = unfreeze.load(old / "classification" / "bundle", device="cpu")
    assert predictor.labels.names == ("False", "True")
    assert set(predictor.predict(["a really good film", "an awful story"])) <= {"False", "True"}
