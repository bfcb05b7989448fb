"""Data sets of the hub: what a URL names, and what is written down about them. The hub itself is not reached."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pytest

from unfreeze.data import hub_sets
from unfreeze.data.hub_sets import HubSet, fetched, hub_set
from unfreeze.data.read import read_dataset
from unfreeze.errors import InputError
from unfreeze.plan import Plan, read_plan
from unfreeze.runs.question import read_data

ROWS = pa.table({"text": [f"text {n}" for n in range(20)], "label": ["a", "b"] * 10})


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("hf://datasets/me/mine", HubSet("me/mine")),
        ("hf://datasets/me/my.set-2/config_1", HubSet("me/my.set-2", "config_1")),
        ("hf://datasets/me/mine@v1.0", HubSet("me/mine", None, "v1.0")),
        ("hf://datasets/me/mine/en@refs/pr/1", HubSet("me/mine", "en", "refs/pr/1")),
    ],
)
def test_a_url_names_a_set(url: str, expected: HubSet) -> None:
    assert hub_set(url) == expected


@pytest.mark.parametrize(
    "url", ["hf://me/mine", "hf://datasets/mine", "hf://datasets/me/..", "hf://datasets/a/b@", "hf://"]
)
def test_other_urls_are_refused(url: str) -> None:
    with pytest.raises(InputError, match="hf://datasets/OWNER/NAME"):
        hub_set(url)


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A hub that has one set, at commit `c0ffee`."""
    asked = SimpleNamespace(sets=[], commit="c0ffee", splits={"train": ROWS, "test": ROWS, "unsupervised": ROWS})

    def load(one: HubSet) -> Any:
        asked.sets.append(one)
        return asked.splits

    monkeypatch.setattr(hub_sets, "load", load)
    monkeypatch.setattr(hub_sets, "_newest", lambda one: asked.commit)
    return asked


def test_the_revision_is_written_down(hub: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNFREEZE_CACHE", str(tmp_path))
    dataset = read_data(Plan(data="hf://datasets/me/mine/en@main"))
    assert hub.sets == [HubSet("me/mine", "en", "c0ffee")]
    assert dataset.name == "mine-en"
    assert dataset.notes[0] == "Data set me/mine of the Hugging Face hub, revision c0ffee; without unsupervised."
    assert len(dataset.test) == 20


def test_without_a_hub_what_was_fetched_before_will_do(hub: Any, tmp_path: Path) -> None:
    hub.commit = None
    path, _, said = fetched("hf://datasets/me/mine", tmp_path)
    assert hub.sets == [HubSet("me/mine")]
    assert "of the last time it was fetched" in said
    assert len(read_dataset(path).test) == 20
    assert "revision v2" in fetched("hf://datasets/me/mine@v2", tmp_path)[2]


def test_what_goes_wrong_is_one_line(hub: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.splits = {"unsupervised": ROWS}
    with pytest.raises(InputError, match="no split that is known by its name: unsupervised"):
        fetched("hf://datasets/me/mine", tmp_path)
    for error, problem in (
        (ImportError("no module"), r"pip install 'unfreeze\[datasets\]'"),
        (ValueError("Config name\nis missing"), "cannot be fetched: Config name is missing"),
    ):

        def load(one: HubSet, error: Exception = error) -> Any:
            raise error

        monkeypatch.setattr(hub_sets, "load", load)
        with pytest.raises(InputError, match=problem):
            fetched("hf://datasets/me/mine", tmp_path)


def test_a_plan_file_keeps_a_url(tmp_path: Path) -> None:
    """Its other paths are relative to its folder."""
    file = tmp_path / "plan.yaml"
    file.write_text("data: hf://datasets/me/mine\ntest: test.csv\n")
    plan = read_plan(file)
    assert plan.data == "hf://datasets/me/mine"
    assert plan.test == str(tmp_path / "test.csv")
