"""A metric that was asked for chooses, judges and is named, from the plan to the report."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import tiny

from unfreeze.commands.compare import compare
from unfreeze.errors import InputError
from unfreeze.judging.judge import judge
from unfreeze.terminal.summary import summary

CASES = {
    "classification": ("f1:True", "F1 of &#39;True&#39;"),
    "multilabel-classification": ("macro_f1", "macro F1"),
    "pair-classification": ("average_precision:same", "average precision of &#39;same&#39;"),
    "regression": ("spearman", "Spearman correlation"),
    "tagging-BIO": ("accuracy", "accuracy"),
}


@pytest.mark.parametrize("kind", CASES)
def test_a_comparison_by_a_metric_that_was_asked_for(
    kind: str, tmp_path: Path, encoder: Path, data_of: Callable[[str], Path]
) -> None:
    metric, words = CASES[kind]
    out = tmp_path / "out"
    plan = tiny.tiny_plan(data_of(kind), encoder, out, kind, metric=metric)
    result = compare(plan)
    assert result.metric == result.plan.metric == json.loads((out / "result.json").read_text())["metric"] == metric
    records = [json.loads(path.read_text()) for path in out.glob("runs/*/record.json")]
    assert all(next(iter(record["dev"])) == metric for record in records)
    for record in records:
        reached = [point["dev"] for point in record["curve"]]
        assert not reached or max(reached) <= record["dev"][metric] + 1e-9
    assert result.floor is not None
    assert result.floor.dev >= 0
    probes = json.loads((out / "probes.json").read_text())
    assert probes["metric"] == metric
    page = (out / "report.html").read_text(encoding="utf-8")
    assert words in page
    assert any(f"test {words.replace('&#39;', chr(39))}" in line for line in summary(result))
    assert judge(out).to_dict() == result.to_dict()
    with pytest.raises(InputError, match=r"holds a comparison of other data, or with another .* metric"):
        compare(tiny.tiny_plan(data_of(kind), encoder, out, kind))
