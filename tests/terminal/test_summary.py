"""The summary of many arms: a line each, aligned, the highest score first; what was dropped; where everything is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from made_arms import add_patching, make_encoders

from unfreeze.judging.judge import judge
from unfreeze.terminal.summary import summary


def test_every_arm_has_an_aligned_line_by_score(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    add_patching(monkeypatch)
    reason = "it is far behind"
    harder = {"a-rather-long-name": 1.0, "b": 2.0, "c": 3.0}
    result = judge(make_encoders(tmp_path, "classification", harder, dropped={"c": reason}, items=80, seeds=1))
    lines = summary(replace(result, plan=replace(result.plan, out=str(tmp_path))))
    rows = [line for line in lines if line.startswith(("  a-rather-long-name/", "  b/", "  bag of words "))]
    by_score = sorted(result.arms, key=lambda arm: -arm.test.mean)
    assert [row.split()[0] for row in rows[:-1]] == [arm.id for arm in by_score]
    assert [f"{100 * arm.test.mean:.1f}" for arm in by_score] == [row.split()[1] for row in rows[:-1]]
    assert len({row.index("]") for row in rows}) == 1
    assert len({row.index("(") for row in rows}) == 1
    assert [row.split()[0] for row in rows if row.endswith("to use")] == [result.verdict.use]
    assert f"c was dropped before any training: {reason}." in lines
    assert lines[-2:] == [f"Report: {tmp_path / 'report.html'}", f"Bundle: {tmp_path / 'bundle'}"]
