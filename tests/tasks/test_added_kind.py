"""A kind of answer that somebody adds runs to a verdict, a report and a bundle; nobody else has to know of it."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tiny
from sklearn.metrics import cohen_kappa_score
from tasks.grades import GRADING

import unfreeze
from unfreeze.tasks import metrics
from unfreeze.tasks.kinds import TASKS


@pytest.fixture
def _with_grades(monkeypatch: pytest.MonkeyPatch) -> None:
    """The line that adds a kind, and what follows from it when the program starts."""
    monkeypatch.setitem(TASKS, GRADING.kind, GRADING)
    for metric in GRADING.target.measures:
        monkeypatch.setitem(metrics.METRICS, metric.name, metric)


def _grades(folder: Path) -> Path:
    """Texts with one to five good words of five, as their grade says."""
    draw = random.Random(0)
    folder.mkdir()
    for split, size in (("train", 60), ("dev", 30), ("test", 30)):
        rows = ["text\tlabel"]
        for _ in range(size):
            grade = draw.randint(1, 5)
            words = ["good"] * grade + ["bad"] * (5 - grade) + draw.choices(tiny.FILLERS, k=3)
            draw.shuffle(words)
            rows.append(f"{' '.join(words)}\t{grade}")
        (folder / f"{split}.tsv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return folder


@pytest.mark.usefixtures("_with_grades")
def test_an_added_kind_of_answer_runs_to_a_verdict(tmp_path: Path) -> None:
    frozen, _, tuned, _ = tiny.recipes("classification")
    plan = tiny.tiny_plan(
        _grades(tmp_path / "data"), tiny.make_encoder(tmp_path / "encoder"), tmp_path / "out", "classification",
        task="grading", recipes=[tiny.plain(frozen), tiny.plain(replace(tuned, epochs=2))],
    )  # fmt: skip
    result = unfreeze.compare(plan=plan)
    assert result.metric == "weighted_kappa"
    assert result.methods["feature-extraction"].test.mean > 0.5
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert r"test weighted kappa (\u00d7 100)" in page
    assert "A bag of words under ridge regression" in page
    bundle = unfreeze.load(tmp_path / "out" / "bundle", "cpu")
    low, high = bundle.predict(["the bad bad bad bad bad film", "the good good good good good film"])
    assert int(low) < int(high)


def test_the_statistics_give_the_metric_of_scikit_learn() -> None:
    draw = np.random.default_rng(0)
    gold, predicted = ([str(n) for n in draw.integers(1, 6, 50)] for _ in range(2))
    ours = metrics.score(GRADING, gold, predicted)["weighted_kappa"]
    assert ours == pytest.approx(cohen_kappa_score(gold, predicted, weights="quadratic"))
