"""Sets, encoders and short recipes for studies."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import made_studies
import pytest

from unfreeze.runs.watching import Quiet
from unfreeze.studies import recipes
from unfreeze.studies.asked import Asked
from unfreeze.studies.desk import Desk

MakeDesk = Callable[..., Desk]


@pytest.fixture(scope="session")
def data_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Tiny standard sets."""
    return made_studies.write_sets(tmp_path_factory.mktemp("sets"))


@pytest.fixture(scope="session")
def encoders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Tiny encoders by role."""
    return made_studies.write_encoders(tmp_path_factory.mktemp("encoders"))


@pytest.fixture
def few_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every recipe of the table takes a few steps."""
    monkeypatch.setattr(recipes, "recipes", made_studies.short)


@pytest.fixture
def make_desk(data_root: Path, encoders: dict[str, str], tmp_path: Path, few_steps: None) -> MakeDesk:
    """A desk over the tiny sets; settings of `Asked` go over the defaults; `said` collects what it tells."""

    def make(said: list[str] | None = None, **settings: Any) -> Desk:
        given = {"data_root": data_root, "encoders": (encoders["BERT"],), "out": tmp_path / "out", "seeds": 2,
                 "device": "cpu", **settings}  # fmt: skip
        return Desk(Asked(**given), Quiet(), (said if said is not None else []).append)

    return make
