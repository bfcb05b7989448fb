"""Pickles of options: plain data is read, nothing in them is run."""

from __future__ import annotations

import os
import pickle
from pathlib import Path
from typing import Any

import pytest
from skip_folder import python2_pickle, write_folder

from unfreeze.encoders.load import load_encoder
from unfreeze.encoders.skip_thoughts.plain_pickle import read_plain_pickle
from unfreeze.errors import InputError


class _Makes:
    """An object whose unpickling makes a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return os.mkdir, (str(self.path),)


def test_options_of_python_2(tmp_path: Path) -> None:
    values = {"dim": 2400, "name": "caf\xe9", "on": True, "rate": 0.5, "none": None}
    (tmp_path / "x.pkl").write_bytes(python2_pickle(values))
    assert read_plain_pickle(tmp_path / "x.pkl") == values


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_plain_data_of_any_protocol(protocol: int, tmp_path: Path) -> None:
    values = {"dim": 2400, "long": 1 << 80, "parts": [1, (2.5, "x")], "none": None}
    (tmp_path / "x.pkl").write_bytes(pickle.dumps(values, protocol))
    assert read_plain_pickle(tmp_path / "x.pkl") == values


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_nothing_in_a_pickle_runs(protocol: int, tmp_path: Path) -> None:
    made = tmp_path / "made"
    evil = pickle.dumps({"dim_word": 5, "dim": 8, "evil": _Makes(made)}, protocol)
    pickle.loads(pickle.dumps(_Makes(tmp_path / "control")))
    assert (tmp_path / "control").exists()  # the trick works where pickles are simply loaded
    folder = write_folder(tmp_path / "skip")
    (folder / "uni_skip.npz.pkl").write_bytes(evil)
    with pytest.raises(InputError, match=r"uni_skip\.npz\.pkl: is not a pickle of plain options: it asks for"):
        load_encoder(str(folder))
    assert not made.exists()


@pytest.mark.parametrize("content", [
    b"ios\nmkdir\n(S'%b'\no.", b"(S'%b'\nios\nmkdir\n.", b"cos\nmkdir\n(S'%b'\ntR.", b"\x82\x01.", b"(lp0\nP5\n.",
])  # fmt: skip
def test_other_ways_to_a_name_are_refused(content: bytes, tmp_path: Path) -> None:
    made = tmp_path / "made"
    (tmp_path / "x.pkl").write_bytes(content.replace(b"%b", str(made).encode()))
    with pytest.raises(InputError, match="is not a pickle of plain options"):
        read_plain_pickle(tmp_path / "x.pkl")
    assert not made.exists()


def test_torn_large_and_missing(tmp_path: Path) -> None:
    path = tmp_path / "x.pkl"
    with pytest.raises(InputError, match="cannot be read: No such file"):
        read_plain_pickle(path)
    path.write_bytes(pickle.dumps({"dim": 5})[:-4])
    with pytest.raises(InputError, match="is not a pickle of plain options"):
        read_plain_pickle(path)
    path.write_bytes(pickle.dumps("x" * (1 << 20)))
    with pytest.raises(InputError, match="larger than 1 MB"):
        read_plain_pickle(path)
