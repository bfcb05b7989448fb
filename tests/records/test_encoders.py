"""`encoders.json`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from unfreeze.errors import InputError
from unfreeze.records.encoders import FILE, Encoders, encoders_of, folder_of, read_encoders, write_encoders


def test_short_names_are_unique_and_folders_are_safe() -> None:
    encoders = encoders_of(("minilm", "org/model", "other/model", "/data/my enc:1", "...", ".", "/"))
    assert list(encoders.folders) == ["minilm", "model", "model-2", "my enc:1", "...", ".", "/"]
    assert list(encoders.folders.values()) == ["minilm", "model", "model-2", "my_enc_1", "encoder", "encoder_", "_"]


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    encoders = Encoders({"a": "a", "b": "b"}, {"b": "far behind"})
    write_encoders(tmp_path, encoders)
    assert read_encoders(tmp_path) == encoders
    assert encoders.trained == ("a",)
    assert folder_of(tmp_path, encoders, "b") == tmp_path / "encoders" / "b"
    assert read_encoders(tmp_path / "none") is None


@pytest.mark.parametrize(
    "values",
    [
        {"folders": {"a": "../elsewhere"}},
        {"folders": {"a": "a", "b": ".."}},
        {"folders": {"a": "/etc"}},
        {"folders": {"a": ".."}},
        {"folders": {}},
        {"folders": {"a": "x", "b": "x"}},
        {"folders": {"a": "x"}, "dropped": {"a": "all are dropped"}},
        {"folders": {"a": "x"}, "dropped": {"c": "is not there"}},
        {"folders": ["a"]},
    ],
)
def test_damaged_files_are_refused(tmp_path: Path, values: object) -> None:
    (tmp_path / FILE).write_text(json.dumps(values), encoding="utf-8")
    with pytest.raises(InputError, match=r"encoders\.json: .*; delete it and start the same command again"):
        read_encoders(tmp_path)
