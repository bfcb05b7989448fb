"""The page of a run: what it says, and that it needs nothing else."""

from __future__ import annotations

import re
import shlex
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from made_record import ASKED, RECORD
from typer.main import get_command

from unfreeze.pretraining.page import command, curve_svg, write_page
from unfreeze.pretraining.settings import pretraining_from
from unfreeze.terminal.cli import app


def test_the_command_says_what_is_not_usual() -> None:
    assert command(ASKED) == "unfreeze pretrain 'a<b>.txt' 'c d.txt' --out my-elmo --objective bilm --tokens 500"
    assert command(replace(ASKED, start="x", half=True)).endswith("--from x --tokens 500 --half")


OTHER: dict[str, Any] = {
    "size": "my size.yaml", "architecture": "bert", "hours": 1.5, "most": 7, "seed": 3, "device": "cpu",
    "learning_rate": 1e-5, "batch": 9, "dropout": 0.25, "masking": "all", "mask_share": 0.3, "whole_words": True,
    "next_sentence": True, "lower_case": True, "half": True, "checkpoint_minutes": 2.0,
}  # fmt: skip


@pytest.mark.parametrize("changes", [
    {"objective": "mlm", "tokens": None, **OTHER}, {"start": "x y"},
    {"passes": 2.0, "tokens": None, "tokenizer": "whitespace"},
])  # fmt: skip
def test_the_command_gives_the_same_settings_again(changes: dict[str, Any]) -> None:
    asked = replace(ASKED, **changes)
    words = shlex.split(command(asked))
    told = get_command(app).commands["pretrain"].make_context("pretrain", words[2:]).params  # type: ignore[attr-defined]
    given = {name: value for name, value in told.items() if value is not None}
    assert pretraining_from({**given, "corpus": tuple(told["corpus"])}) == asked


def test_the_curve_has_both_lines() -> None:
    svg = ElementTree.fromstring(curve_svg(RECORD))
    lines = [p for p in svg.iter("{http://www.w3.org/2000/svg}path") if (p.get("d") or "").count("L") >= 2]
    assert {(p.get("d") or "").count("L") + 1 for p in lines if p.get("stroke") in ("#9aa5b1", "#2f7ed8")} == {5, 3}


def test_the_page_needs_nothing_and_says_what_came_of_it(tmp_path: Path) -> None:
    path = write_page(tmp_path, RECORD)
    assert path == tmp_path / "pretraining.html"
    page = path.read_text(encoding="utf-8")
    assert page.count("<svg") == 1
    for tag in ("<script", "<link", "<img", "<iframe", "src=", "@import", "url(http"):
        assert tag not in page
    links = set(re.findall(r"https?://[^\"' <>)]+", page))
    assert all(link.startswith("http://www.w3.org/") for link in links)  # names of SVG's vocabularies
    assert "a&lt;b&gt;.txt" in page
    for said in (
        "loss 1.600 after 500 words",
        "25% of the",
        "1,234 words",
        "forward 1.500 (perplexity 4.5)",
        "Finished",
    ):
        assert said in page
    assert "Not finished" not in page
    assert "Not finished" in write_page(tmp_path, replace(RECORD, finished=False)).read_text(encoding="utf-8")


def test_a_page_before_the_first_held_out_loss(tmp_path: Path) -> None:
    begun = {**RECORD.curve[0], "held_out": None}
    page = write_page(tmp_path, replace(RECORD, curve=(begun,), share_of_peak=None)).read_text(encoding="utf-8")
    assert "loss 5.500 after 100 words" in page
    assert "perplexity" not in page
    assert "of the matrix-multiply peak" not in page
