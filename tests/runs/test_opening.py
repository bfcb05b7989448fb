"""A question opened: the precision that is used is the one that is said and recorded."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import tiny
from families import make_model, make_tokenizer, save_folder

from unfreeze.records.setting import read_setting
from unfreeze.runs.opening import opened
from unfreeze.runs.question import read_data


def test_fp32_where_bf16_does_not_suit_the_encoder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """FNet's Fourier transform has no kernel for bf16: `compare` ended in a traceback."""
    monkeypatch.setattr("unfreeze.runs.opening.precision_to_use", lambda device, begun: "bf16")
    data = tiny.write_data(tmp_path / "data", "classification")
    asked = tiny.tiny_plan(data, tmp_path / "fnet", tmp_path / "out", "classification")
    precisions = []
    for family in ("fnet", "bert"):
        save_folder(tmp_path / family, make_model(family), make_tokenizer())
        plan = replace(asked, encoder=str(tmp_path / family), out=str(tmp_path / f"out-{family}"))
        lines: list[str] = []
        with opened(plan, read_data(plan), Path(plan.out or ""), tell=lines.append) as it:
            precisions.append(it.bench.precision)
        setting = read_setting(Path(plan.out or ""))
        assert setting.environment.precision == precisions[-1]
        said = [line for line in lines if "is computed in fp32" in line]
        assert len(said) == (family == "fnet")
        assert set(said) <= set(setting.encoder.said)
    assert precisions == ["fp32", "bf16"]
