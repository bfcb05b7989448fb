from __future__ import annotations

from pathlib import Path

from made_record import ASKED, RECORD

from unfreeze.pretraining.card import write_card
from unfreeze.pretraining.page import command


def test_the_card_says_how_to_make_it_again(tmp_path: Path) -> None:
    write_card(tmp_path, RECORD)
    card = (tmp_path / "README.md").read_text(encoding="utf-8")
    assert f"    {command(ASKED)}\n" in card
    for said in ("500 words of 1,234", "in all 1.600", "2026-01-02", "from scratch", "hidden 12"):
        assert said in card
