"""Options of `unfreeze study` from a file and from the command line over it."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from unfreeze.errors import InputError
from unfreeze.studies.study_plan import StudyPlan, study_plan

OTHER: dict[str, Any] = {
    "studies": ("layers",), "data_root": "sets", "encoders": ("a", "b"), "seeds": 7, "tasks": ("sst2",),
    "train_size": 100, "train_sizes": ("mnli=40", "ner=50"), "before": "pages",
    "test_size": 200, "min_steps": 3, "budget": "thorough", "corpus": ("text",), "device": "cpu",
    "cache_gb": 3.5, "engine": "ray", "cpus_per_run": 3, "gpus_per_run": 0.5, "out": "there",
}  # fmt: skip


def written(folder: Path, text: str) -> Path:
    path = folder / "plan.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def as_yaml(name: str, value: Any) -> str:
    return f"{name}: {list(value) if isinstance(value, tuple) else value}\n"


def test_every_setting_is_tried_below() -> None:
    assert set(OTHER) == {field.name for field in fields(StudyPlan)}
    assert all(getattr(StudyPlan(), name) != value for name, value in OTHER.items())


@pytest.mark.parametrize("name", OTHER)
def test_a_setting_of_the_file_arrives_and_no_other_changes(name: str, tmp_path: Path) -> None:
    found = study_plan({}, written(tmp_path, as_yaml(name, OTHER[name])))
    assert found == StudyPlan(**{name: OTHER[name]})


@pytest.mark.parametrize("name", OTHER)
def test_the_command_line_goes_over_the_file(name: str, tmp_path: Path) -> None:
    value = OTHER[name]
    given = ",".join(value) if isinstance(value, tuple) else value
    file = written(tmp_path, "".join(as_yaml(key, "x" if key == "out" else OTHER[key]) for key in ("seeds", "out")))
    expected = {"seeds": 7, "out": "x"} | {name: value}
    assert study_plan({name: given}, file) == StudyPlan(**expected)


def test_all_settings_reach_the_studies(tmp_path: Path) -> None:
    for name in ("sets", "pages"):
        (tmp_path / name).mkdir()
    asked = StudyPlan(**{**OTHER, "data_root": str(tmp_path / "sets"), "before": str(tmp_path / "pages")}).asked()
    assert [asked.most_rows(task) for task in ("mnli", "ner", "sst2")] == [40, 50, 100]
    assert asked.before == tmp_path / "pages"
    assert (asked.rows, asked.tested, asked.min_steps, asked.seeds, asked.budget) == (100, 200, 3, 7, "thorough")
    assert (asked.data_root, asked.out, asked.encoders) == (tmp_path / "sets", Path("there"), ("a", "b"))
    assert (asked.tasks, asked.corpus) == (("sst2",), ("text",))
    assert asked.place == {"device": "cpu", "cache_gb": 3.5, "engine": "ray", "cpus_per_run": 3, "gpus_per_run": 0.5}


def test_folders_beside_the_file_are_found_from_anywhere(tmp_path: Path) -> None:
    (tmp_path / "sets").mkdir()
    (tmp_path / "bert").mkdir()
    found = study_plan({}, written(tmp_path, "data_root: sets\nencoders: [bert, minilm]\ncorpus: nowhere\n"))
    assert found.data_root == str(tmp_path / "sets")
    assert found.encoders == (str(tmp_path / "bert"), "minilm")
    assert found.corpus == ("nowhere",)


@pytest.mark.parametrize(("text", "said"), [
    ("sedes: 3", r"plan\.yaml: unknown key 'sedes'.*seeds"), ("- a", "expected a mapping"),
    ("seeds: many", "seeds: Input should be a valid integer"), ("encoders: [1]", r"encoders\.0"),
])  # fmt: skip
def test_wrong_files_are_one_line(text: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=said) as raised:
        study_plan({}, written(tmp_path, text))
    assert "\n" not in str(raised.value)
