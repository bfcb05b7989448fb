"""The plan of the paper's experiments runs as it stands, over small encoders in folders of the published shapes."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from made_studies import short

from unfreeze.encoders.elmo import published
from unfreeze.encoders.elmo.hdf5 import write_hdf5
from unfreeze.runs.watching import Quiet
from unfreeze.studies import recipes
from unfreeze.studies.asked import TRIALS
from unfreeze.studies.catalogue import STUDIES, run_studies, studies_named
from unfreeze.studies.page import Page
from unfreeze.studies.page_of import NAMES
from unfreeze.studies.published import WAYS
from unfreeze.studies.study_plan import StudyPlan, study_plan

PLAN = Path(__file__).parents[2] / "studies" / "paper.yaml"
ELMO = "elmo_2x4096_512_2048cnn_2xhighway"


@pytest.fixture
def planned(encoders: dict[str, str], data_root: Path, tmp_path: Path) -> Callable[..., StudyPlan]:
    """The plan beside stand-ins under the names that it has for them."""
    shutil.copy(PLAN, tmp_path)
    for name, role in zip(study_plan({}, PLAN).encoders, ("BERT", "ELMo"), strict=True):
        shutil.copytree(encoders[role], tmp_path / name)
    elmo = tmp_path / ELMO
    options = published.read_options(elmo)
    weights = published.read_weights(elmo, options)
    write_hdf5(elmo / f"{ELMO}_weights.hdf5", weights, options.cnn, options.lstm)
    (elmo / "weights.safetensors").unlink()
    (elmo / "options.json").rename(elmo / f"{ELMO}_options.json")

    def with_options(**given: object) -> StudyPlan:
        own = {"data_root": str(data_root), "out": str(tmp_path / "out"), "device": "cpu"}
        return study_plan({**own, **given}, tmp_path / PLAN.name)

    return with_options


def test_the_stand_ins_have_the_files_of_the_published_folders(planned: Callable[..., StudyPlan]) -> None:
    bert, elmo = (Path(name) for name in planned().encoders)
    assert {"config.json", "model.safetensors", "tokenizer.json"} <= {path.name for path in bert.iterdir()}
    assert {f"{ELMO}_options.json", f"{ELMO}_weights.hdf5"} <= {path.name for path in elmo.iterdir()}


def test_its_table_is_that_of_the_paper(planned: Callable[..., StudyPlan], monkeypatch: pytest.MonkeyPatch) -> None:
    """Two of its sets; the sizes of the runs alone are cut."""
    monkeypatch.setattr(recipes, "recipes", short)
    plan = planned(studies="table2", tasks="sst2,sick-e", seeds=2)
    (page,) = run_studies(studies_named(plan.studies), plan.asked(), Quiet())
    (table,) = page.tables
    assert table.columns == ("", "SST-2", "SICK-E")
    names = [row[0] for row in table.rows]
    assert names == [
        f"{encoder}, {what}" for encoder in ("bert-base-uncased", ELMO)
        for what in (*(NAMES[way] for way in WAYS), "difference")
    ]  # fmt: skip
    assert _published(page) == [["93.0", "84.8"], ["93.5", "85.8"], ["91.8", "86.3"], ["91.2", "83.3"]]


def _published(page: Page) -> list[list[str]]:
    rows = [row for row in page.tables[0].rows if "difference" not in str(row[0])]
    return [[str(entry.published) for entry in row[1:] if not isinstance(entry, str)] for row in rows]


def test_it_names_what_there_is() -> None:
    plan = study_plan({}, PLAN)
    assert set(studies_named(plan.studies)) == set(STUDIES) - {"domains", "label-count"}
    assert plan.seeds == 5
    assert TRIALS[plan.budget] == 2
