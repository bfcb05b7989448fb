"""Folders as values."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from unfreeze.errors import InputError
from unfreeze.runs.parcels import digest_of, packed, unpacked


def test_a_folder_is_the_same_after_the_journey(tmp_path: Path) -> None:
    there = tmp_path / "there"
    (there / "deep" / ".hidden").mkdir(parents=True)
    (there / "a.bin").write_bytes(bytes(range(256)))
    (there / "empty").touch()
    (there / "deep" / "b").write_text("x")
    (there / "deep" / ".unfinished").write_text("not this")
    (there / "deep" / ".hidden" / "c").write_text("nor this")
    parcel = packed(there)
    assert sum(map(len, parcel.values())) == 257
    unpacked(parcel, tmp_path / "here")
    files = {path.relative_to(tmp_path / "here").as_posix() for path in (tmp_path / "here").rglob("*")}
    assert files == {"a.bin", "empty", "deep", "deep/b"}
    assert (tmp_path / "here" / "a.bin").read_bytes() == bytes(range(256))


@pytest.mark.parametrize("name", ["../out", "/out", "deep/../../out", "deep\\..\\out", "C:/out"])
def test_a_name_that_leads_out_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="outside"):
        unpacked({name: np.zeros(1, np.uint8)}, tmp_path / "deep" / "er")
    assert not (tmp_path / "out").exists()


def test_a_digest_tells_names_and_contents_apart_and_no_order() -> None:
    a, b = np.frombuffer(b"a", np.uint8), np.frombuffer(b"b", np.uint8)
    digests = [digest_of(p) for p in ({"x": a, "y": b}, {"x": b, "y": a}, {"x": a}, {"xy": a}, {"x": a, "z": b}, {})]
    assert len(set(digests)) == len(digests)
    assert digest_of({"y": b, "x": a}) == digests[0]
