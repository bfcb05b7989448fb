"""What all pages say."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from test_evidence import measured

from unfreeze.studies.asked import Measured
from unfreeze.studies.desk import Desk
from unfreeze.studies.page import Claim, Page
from unfreeze.studies.page_of import page_of

MakeDesk = Callable[..., Desk]


@pytest.fixture
def scored(encoders: dict[str, str]) -> Callable[..., Measured]:
    """A measured cell of the tiny BERT with a share of right answers."""

    def make(share: float, **changes: object) -> Measured:
        one = measured(share)
        return replace(one, cell=replace(one.cell, encoder=encoders["BERT"]), **changes)  # type: ignore[arg-type]

    return make


def test_scores_that_a_constant_answer_reaches_are_named(make_desk: MakeDesk, scored: Callable[..., Measured]) -> None:
    def said(*results: Measured) -> list[str]:
        page = page_of(make_desk(), "table2", "Which?", "Table 2", (), (), results)
        return [line for line in page.differs if "constant answer" in line]

    clear, useless = scored(0.9, constant=0.6), scored(0.6, constant=0.6)
    assert said(clear) == []
    assert said(clear, useless)[0].endswith("bert, SST-2, tuned.")
    assert said(useless, useless)[0].endswith("bert, SST-2, tuned (2 cells).")


def test_fewer_minimum_steps_are_reported(make_desk: MakeDesk, scored: Callable[..., Measured]) -> None:
    def page(**asked: object) -> tuple[str, str]:
        made = page_of(make_desk(**asked), "table2", "Which?", "Table 2", (), (), [scored(0.9)])
        return " ".join(made.differs), dict(made.settings)["minimum steps of a run"]

    assert "minimum number of steps" not in page()[0]
    assert page()[1] == "the table's"
    assert "is capped at 100" in page(min_steps=100)[0]
    assert page(min_steps=100)[1] == "the table's, at most 100"


def test_findings_of_a_page_are_judged_together_and_the_page_says_so(make_desk: MakeDesk) -> None:
    def page(*values: float | None) -> Page:
        claims = [Claim("t", "a", "holds", "e", None, p) for p in values]
        return page_of(make_desk(), "table2", "Which?", "Table 2", (), claims)

    several = page(0.01, 0.04, 0.04, None)
    assert [claim.held for claim in several.claims] == ["holds", "open", "open", "holds"]
    assert several.lead == "Of 4 findings put to the test here, 2 hold, 0 do not, 2 stay open."
    assert any(line.startswith("3 findings are judged together (Holm)") for line in several.differs)
    assert not any("Holm" in line for line in page(0.01, *[None] * 9).differs)
    assert not any("by chance" in line for line in page(*[None] * 9).differs)
    alone = "One in twenty intervals misses by chance; 10 findings are judged each alone."
    assert alone in page(*[None] * 10, 0.1).differs
