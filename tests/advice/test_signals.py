"""What is seen of a data set and an encoder before tuning: of the right rows, and never of the test set."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tiny

from unfreeze.advice import signals as module
from unfreeze.advice.gather import gathered
from unfreeze.advice.signals import probed_data
from unfreeze.errors import InputError
from unfreeze.plan import Plan
from unfreeze.probes.transferability import log_evidence
from unfreeze.runs.question import read_data
from unfreeze.tasks.metrics import best_constant

KINDS = (
    "classification",
    "regression",
    "pair-classification",
    "pair-regression",
    "tagging",
    "multilabel-classification",
)


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(tiny.make_encoder(tmp_path_factory.mktemp("advice") / "encoder"))


@pytest.mark.parametrize("kind", KINDS)
def test_signals_of_every_kind_of_task(kind: str, encoder: str, tmp_path: Path) -> None:
    plan = Plan(data=str(tiny.write_data(tmp_path / "data", kind, (80, 30, 20))), encoder=encoder)
    dataset = read_data(plan)
    found = gathered(plan, dataset)
    assert found.kind == kind
    assert found.rows == 80
    assert found.answers == max(1, len(dataset.labels.names))
    assert [rows for rows, _ in found.probes] == [round(64 * share) for share in module.SHARES]
    assert all(-1 <= score <= 1 for score in (found.words, found.top, *(score for _, score in found.probes)))
    assert found.constant == best_constant(dataset.task, [e.label for e in dataset.dev], dataset.labels)[1]
    assert np.isfinite(found.log_evidence)
    assert (found.h_score is None) == (kind in ("regression", "pair-regression", "multilabel-classification"))
    assert 0 <= found.layer < found.layers


def test_the_test_set_is_not_read(encoder: str, tmp_path: Path) -> None:
    plan = Plan(data=str(tiny.write_data(tmp_path / "data", "classification", (60, 30, 20))), encoder=encoder)
    dataset = read_data(plan)
    other = replace(dataset, test=tuple(replace(e, text="x", label=dataset.labels.names[0]) for e in dataset.test))
    assert gathered(plan, other) == gathered(plan, dataset)


def test_probes_choose_on_training_rows_and_are_scored_on_dev(encoder: str, tmp_path: Path) -> None:
    data = read_data(Plan(data=str(tiny.write_data(tmp_path / "data", "classification", (60, 30, 20)))))
    probed = probed_data(data)
    assert probed.test == data.dev
    assert {id(e) for e in (*probed.train, *probed.dev)} == {id(e) for e in data.train}
    assert len(probed.dev) == round(module.CHOSEN_ON * 60)


def test_many_rows_are_read_in_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_TEXTS", 20)
    monkeypatch.setattr(module, "MOST_SCORED", 10)
    data = read_data(Plan(data=str(tiny.write_data(tmp_path / "data", "classification", (60, 30, 20)))))
    probed = probed_data(data)
    assert (len(probed.train), len(probed.test)) == (20, 10)


def test_the_evidence_is_that_of_the_best_layer(encoder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of centred labels; those of the probe's layer, which is another than the top one here."""
    seen: list[tuple[int, ...]] = []

    def spy(vectors: np.ndarray, columns: np.ndarray) -> float:
        seen.append((*vectors.shape, *columns.shape))
        assert abs(columns.mean(0)).max() < 1e-9
        return log_evidence(vectors, columns)

    monkeypatch.setattr(module, "log_evidence", spy)
    plan = Plan(data=str(tiny.write_data(tmp_path / "data", "classification", (60, 30, 20))), encoder=encoder)
    found = gathered(plan, read_data(plan))
    assert seen == [(48, found.width, 48, found.answers)]


def test_an_encoder_that_cannot_be_tuned_is_refused(tmp_path: Path) -> None:
    plan = Plan(data=str(tiny.write_data(tmp_path / "data", "classification", (60, 30, 20))), encoder="skip-mini")
    with pytest.raises(InputError, match="nothing is to be foretold"):
        gathered(plan, read_data(plan))
