"""`folds.json` comes back, and other folds than those begun are refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from unfreeze.errors import InputError
from unfreeze.records.folds import FILE, FoldsRecord, fold_folder, read_folds, write_folds


def test_what_is_written_comes_back(tmp_path: Path) -> None:
    assert read_folds(tmp_path) is None
    for folds in (FoldsRecord(5), FoldsRecord(2, "author")):
        (tmp_path / FILE).unlink(missing_ok=True)
        write_folds(tmp_path, folds)
        write_folds(tmp_path, folds)
        assert read_folds(tmp_path) == folds


def test_folds_are_numbered_from_one(tmp_path: Path) -> None:
    assert fold_folder(tmp_path, 1) == tmp_path / "folds" / "fold-1"


@pytest.mark.parametrize("other", [FoldsRecord(4, "author"), FoldsRecord(5, "document"), FoldsRecord(5)])
def test_other_folds_than_those_begun_are_refused(other: FoldsRecord, tmp_path: Path) -> None:
    write_folds(tmp_path, FoldsRecord(5, "author"))
    with pytest.raises(InputError, match="holds a comparison in 5 folds with --group author; choose another --out"):
        write_folds(tmp_path, other)
    assert read_folds(tmp_path) == FoldsRecord(5, "author")


@pytest.mark.parametrize("number", [1, 0, -3, 10**6])
def test_a_number_that_no_version_writes_is_refused(number: int, tmp_path: Path) -> None:
    (tmp_path / FILE).write_text(json.dumps({"number": number, "group": None}), encoding="utf-8")
    with pytest.raises(InputError, match="is not as this version"):
        read_folds(tmp_path)
