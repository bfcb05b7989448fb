"""The record of a run, and what is made from it: page and card."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from unfreeze.errors import InputError
from unfreeze.pretraining.card import write_card
from unfreeze.pretraining.page import command, curve_svg, write_page
from unfreeze.pretraining.record import Record, check_same, read_record, write_record
from unfreeze.pretraining.settings import pretraining_from

ASKED = pretraining_from({"corpus": ("a<b>.txt", "c d.txt"), "out": "my-elmo", "objective": "bilm", "tokens": 500})
CURVE = tuple(
    {"step": 10 * i, "tokens": 100 * i, "loss": 6.5 - i, "rate": 1e-3, "seconds": 2.0 * i,
     "held_out": {"loss": 6.6 - i, "forward": 6.5 - i, "backward": 6.7 - i} if i % 2 else None}
    for i in range(1, 6)
)  # fmt: skip
RECORD = Record(
    ASKED, "2026-01-02", "2 cores", "bf16", {"hidden": 12}, "words", 1234, 56, 7890, True, CURVE, 50.0, 0.25
)  # fmt: skip


def test_it_is_read_as_it_was_written(tmp_path: Path) -> None:
    write_record(tmp_path, RECORD)
    assert read_record(tmp_path) == RECORD
    (tmp_path / "pretraining.json").write_text("{}", encoding="utf-8")
    with pytest.raises(InputError, match="no record"):
        read_record(tmp_path)


@pytest.mark.parametrize(("change", "where"), [
    ({"tokens": 400}, "--tokens"), ({"corpus": ("other.txt",)}, "CORPUS"), ({"seed": 1}, "--seed"),
    ({"start": "x"}, "--from"),
])  # fmt: skip
def test_other_settings_are_told(change: dict[str, object], where: str) -> None:
    check_same(ASKED, replace(ASKED, device="cpu", checkpoint_minutes=1.0))
    with pytest.raises(InputError, match="was begun with") as error:
        check_same(ASKED, replace(ASKED, **change))
    assert error.value.where == where


def test_the_command_says_what_is_not_usual() -> None:
    assert command(ASKED) == "unfreeze pretrain 'a<b>.txt' 'c d.txt' --out my-elmo --objective bilm --tokens 500"
    assert command(replace(ASKED, start="x", half=True)).endswith("--from x --tokens 500 --half")


def test_the_curve_has_both_lines() -> None:
    svg = ElementTree.fromstring(curve_svg(RECORD))
    lines = [p for p in svg.iter("{http://www.w3.org/2000/svg}path") if (p.get("d") or "").count("L") >= 2]
    assert {(p.get("d") or "").count("L") + 1 for p in lines if p.get("stroke") in ("#9aa5b1", "#2f7ed8")} == {5, 3}


def test_the_page_needs_nothing_and_says_what_came_of_it(tmp_path: Path) -> None:
    page = write_page(tmp_path, RECORD).read_text(encoding="utf-8")
    assert "<script" not in page
    assert "src=" not in page
    assert "a&lt;b&gt;.txt" in page
    for said in (
        "loss 1.600 after 500 words",
        "25% of the",
        "1,234 words",
        "forward 1.500 (perplexity 4.5)",
        "Finished",
    ):
        assert said in page
    assert "Not finished" in write_page(tmp_path, replace(RECORD, finished=False)).read_text(encoding="utf-8")


def test_the_card_says_how_to_make_it_again(tmp_path: Path) -> None:
    write_card(tmp_path, RECORD)
    card = (tmp_path / "README.md").read_text(encoding="utf-8")
    assert f"    {command(ASKED)}\n" in card
    for said in ("500 words of 1,234", "in all 1.600", "2026-01-02", "from nothing", "hidden 12"):
        assert said in card
