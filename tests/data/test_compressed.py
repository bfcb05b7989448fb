"""Compressed files: the bytes that were packed, in time and memory that a bad file cannot blow up."""

from __future__ import annotations

import bz2
import gzip
import lzma
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from unfreeze.data import compressed
from unfreeze.data.compressed import opened
from unfreeze.errors import InputError

PACKED: dict[str, Callable[[bytes], bytes]] = {
    ".gz": gzip.compress,
    ".xz": lzma.compress,
    ".bz2": bz2.compress,
    ".zst": zstandard.ZstdCompressor().compress,
}


def _whole(file: Path) -> bytes:
    with opened(file) as stream:
        return stream.read()


@pytest.mark.parametrize("suffix", PACKED)
@given(parts=st.lists(st.binary(max_size=3000), max_size=4), times=st.integers(1, 400))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_was_packed_comes_out_also_of_several_frames(
    suffix: str, parts: list[bytes], times: int, tmp_path: Path
) -> None:
    file = tmp_path / f"a.txt{suffix}"
    parts = [part * times for part in parts] or [b""]
    file.write_bytes(b"".join(map(PACKED[suffix], parts)))
    assert _whole(file) == b"".join(parts)


def test_a_plain_file_is_read_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"\x1f\x8b without magic")
    assert _whole(tmp_path / "a.txt") == b"\x1f\x8b without magic"


@pytest.mark.parametrize("suffix", PACKED)
def test_a_torn_file_is_reported_wherever_it_ends(suffix: str, tmp_path: Path) -> None:
    file = tmp_path / f"a.txt{suffix}"
    whole = PACKED[suffix](b"one line of text\n" * 300 + bytes(range(256)))
    for end in range(1, len(whole), max(1, len(whole) // 20)):
        file.write_bytes(whole[:end])
        with pytest.raises(InputError, match="cannot be read"):
            _whole(file)


@pytest.mark.parametrize("suffix", PACKED)
def test_a_file_that_unpacks_to_far_more_than_its_size_is_refused_on_the_way(
    suffix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compressed, "ALWAYS", 1 << 20)
    file = tmp_path / f"a.txt{suffix}"
    file.write_bytes(PACKED[suffix](bytes(30 << 20)))
    taken = 0
    with pytest.raises(InputError, match="unpacks to more than 200 times its size"), opened(file) as stream:
        while part := stream.read(1 << 16):
            taken += len(part)
    assert (1 << 20) - (1 << 16) <= taken <= max(1 << 20, 200 * file.stat().st_size)
    monkeypatch.setattr(compressed, "ALWAYS", 1 << 25)
    assert len(_whole(file)) == 30 << 20


def test_memory_stays_flat_and_time_grows_as_the_text_does_where_little_unpacks_to_much(tmp_path: Path) -> None:
    files = {megabytes: tmp_path / f"{megabytes}.txt.zst" for megabytes in (4, 32)}
    for megabytes, file in files.items():
        file.write_bytes(zstandard.ZstdCompressor().compress((b"x" * 99 + b"\n") * (10_000 * megabytes)))

    def seconds(megabytes: int) -> float:
        began = time.process_time()
        with opened(files[megabytes]) as stream:
            assert sum(len(line) for line in iter(lambda: stream.readline(1 << 24), b"")) == megabytes * 1_000_000
        return time.process_time() - began

    assert min(seconds(32) for _ in range(2)) < 24 * min(seconds(4) for _ in range(2))  # 8 where linear, 64 where not
    tracemalloc.start()
    seconds(4)
    few = tracemalloc.get_traced_memory()[1]
    tracemalloc.reset_peak()
    seconds(32)
    many = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert many < max(2 * few, 20 << 20)


def test_a_missing_file_is_reported(tmp_path: Path) -> None:
    for name in ("a.txt", "a.txt.gz", "a.txt.zst"):
        with pytest.raises(InputError, match="cannot be read: No such file"):
            _whole(tmp_path / name)
