"""How far scores can be trusted: each finding of data set and audit changes one value, and no other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from unfreeze.data.audit import Overlap
from unfreeze.data.unread import Unread
from unfreeze.judging.evidence import data_trust
from unfreeze.judging.read import Comparison, read_comparison

Make = Callable[..., Path]
OVERLAPS = (Overlap("train", "dev", 9), Overlap("train", "test", 4), Overlap("dev", "test", 7))


def trust(read: Comparison, data: dict[str, Any] | None = None, audit: dict[str, Any] | None = None) -> dict[str, Any]:
    """What is concluded from a comparison with other facts."""
    setting = read.setting
    facts = {"data": replace(setting.data, **(data or {})), "audit": replace(setting.audit, **(audit or {}))}
    return asdict(data_trust(replace(read, setting=replace(setting, **facts))))


@pytest.mark.parametrize(
    ("part", "facts", "expected"),
    [
        ("audit", {"overlaps": OVERLAPS}, {"test_in_train": 4, "test_in_dev": 7}),
        ("audit", {"overlaps": OVERLAPS[:1]}, {}),
        ("audit", {"rare": {"spam": 1, "ham": 0}}, {"rare_labels": ("spam", "ham")}),
        ("data", {"truncated": {"train": 0.1, "dev": 0.0, "test": 0.0}}, {"truncated": 100 / 1440}),
        ("data", {"truncated": {"train": 0.0, "dev": 0.5, "test": 0.5}}, {"truncated": 220 / 1440}),
        ("data", {"truncated": {"dev": 0.25}}, {"truncated": 0.25}),
        ("data", {"sizes": {"train": 1000, "dev": 7, "test": 240}}, {"dev_size": 7}),
        ("data", {"sizes": {"train": 1000, "dev": 1, "test": 240}}, {"dev_size": 1, "dev_is_blind": True}),
        ("audit", {"unread": {"train": Unread("pieces", 90, 9), "test": Unread("pieces", 10, 3)}}, {"unread": 0.12}),
        ("audit", {"unread": None}, {}),
    ],
)
def test_a_fact_changes_what_it_bears_on_alone(
    part: str, facts: dict[str, Any], expected: dict[str, Any], comparison: Make
) -> None:
    read = read_comparison(comparison("classification"))
    clean: dict[str, Any] = {"data": {"truncated": {}}, "audit": {"overlaps": ()}}
    before = trust(read, **clean)
    assert before == {
        "test_in_train": 0, "test_in_dev": 0, "rare_labels": (), "truncated": 0.0, "unread": 0.0, "dev_size": 200,
        "dev_is_blind": False,
    }  # fmt: skip
    after = trust(read, **{**clean, part: {**clean[part], **facts}})
    assert after == {**before, **expected}
