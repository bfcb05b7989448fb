"""The record of a run: back from disk, and against what is asked for when the run goes on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from made_record import ASKED, RECORD

from unfreeze.errors import InputError
from unfreeze.pretraining.record import check_same, read_record, write_record


def test_it_is_read_as_it_was_written(tmp_path: Path) -> None:
    for record in (RECORD, replace(RECORD, finished=False, curve=(), share_of_peak=None)):
        write_record(tmp_path, record)
        assert read_record(tmp_path) == record


@pytest.mark.parametrize(
    "text", ["{}", "null", "[]", '"text"', '{"settings": {}}', '{"settings": null}', "{", "\x89", None]
)
def test_what_is_not_a_record_is_reported(text: str | None, tmp_path: Path) -> None:
    if text is not None:
        (tmp_path / "pretraining.json").write_text(text, encoding="latin-1")
    with pytest.raises(InputError, match=r"is not a record of a pretraining|cannot be read") as error:
        read_record(tmp_path)
    assert error.value.where == str(tmp_path / "pretraining.json")


@pytest.mark.parametrize(("change", "where"), [
    ({"tokens": 400}, "--tokens"), ({"corpus": ("other.txt",)}, "CORPUS"), ({"seed": 1}, "--seed"),
    ({"start": "x"}, "--from"), ({"batch": 5}, "--batch"),
])  # fmt: skip
def test_other_settings_are_reported(change: dict[str, Any], where: str) -> None:
    with pytest.raises(InputError, match="was started with") as error:
        check_same(ASKED, replace(ASKED, **change))
    assert error.value.where == where


def test_how_and_where_it_runs_may_change() -> None:
    check_same(ASKED, ASKED)
    check_same(ASKED, replace(ASKED, device="cpu", checkpoint_minutes=1.0, half=True, out="moved", learning_rate=1e-4))
