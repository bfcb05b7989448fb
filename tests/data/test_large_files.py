"""Large files part by part: the same texts and places as read whole, or read whole where that cannot be known."""

from __future__ import annotations

import csv
import json
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from unfreeze.data import large_files
from unfreeze.data.unlabelled import Wanted, read_unlabelled, unlabelled_parts
from unfreeze.errors import InputError
from unfreeze.tasks.kinds import TASKS

SINGLE = Wanted(TASKS["classification"])
TEXTS = st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\r\0"), min_size=1, max_size=12), min_size=3)


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Divides files from that many bytes on, at a few rows."""

    def from_bytes(least: int) -> None:
        monkeypatch.setattr(large_files, "LARGE", least)
        monkeypatch.setattr(large_files, "ROWS", 3)

    return from_bytes


def _write(path: Path, texts: list[str]) -> None:
    rows = [{"id": i, "text": text} for i, text in enumerate(texts)]
    if path.suffix == ".jsonl":
        path.write_text("".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows), encoding="utf-8")
    elif path.suffix == ".parquet":
        pq.write_table(pa.Table.from_pylist(rows), path, row_group_size=4)
    elif path.suffix in (".arrow", ".arrows"):
        table = pa.Table.from_pylist(rows)
        new = pa.ipc.new_file if path.suffix == ".arrow" else pa.ipc.new_stream
        with pa.OSFile(str(path), "wb") as sink, new(sink, table.schema) as writer:
            writer.write_table(table, max_chunksize=4)
    elif path.suffix == ".txt":
        path.write_text("".join(f"{text}\n" for text in texts), encoding="utf-8")
    else:
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, ["id", "text"], delimiter="\t" if path.suffix == ".tsv" else ",")
            writer.writeheader()
            writer.writerows(rows)


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".jsonl", ".txt", ".parquet", ".arrow", ".arrows"])
@given(texts=TEXTS)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_parts_hold_what_the_whole_file_holds(
    suffix: str, texts: list[str], tmp_path: Path, small_parts: Callable[[int], None]
) -> None:
    path = tmp_path / f"a{suffix}"
    if suffix == ".txt":
        texts = [" ".join(text.split()) for text in texts]
    _write(path, texts)

    def found(least: int) -> object:
        small_parts(least)
        try:
            return read_unlabelled(path, task=SINGLE.task)
        except InputError as error:
            return str(error)

    assert found(0) == found(1 << 30)


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".jsonl", ".txt", ".parquet", ".arrow", ".arrows"])
def test_a_large_file_comes_in_parts_of_few_rows(
    suffix: str, tmp_path: Path, small_parts: Callable[[int], None]
) -> None:
    path = tmp_path / f"a{suffix}"
    _write(path, [f"text {i}, of some" if suffix != ".tsv" else f"text {i}" for i in range(10)])
    small_parts(0)
    parts = list(unlabelled_parts(path, SINGLE))
    assert max(map(len, parts)) <= 4
    assert sum(map(len, parts)) == 10
    first = 2 if suffix in (".csv", ".tsv") else 1
    assert [e.where for part in parts for e in part] == [f"{path}:{i + first}" for i in range(10)]


@pytest.mark.parametrize(
    "rows",
    [
        ["id,text", '1,"over\ntwo lines"', "2,b", "3,c"],
        ["id,text", '1,"he said \\"so\\", yes"', "2,b", "3,c"],
        ["id,text", '1,a "mark', "2,b", '3,"c'],
        ["sep=;", "id;text", "1;a", "2;b", "3;c"],
        ["id,text", "1,a,b", "2,b", "3,c"],
        ["id,text", "1,a\rb", "2,b", "3,c"],
    ],
)
def test_what_is_seen_in_a_whole_file_only_is_read_as_a_whole(
    rows: list[str], tmp_path: Path, small_parts: Callable[[int], None]
) -> None:
    (tmp_path / "a.csv").write_bytes("\n".join(rows).encode())
    small_parts(0)
    assert large_files.large_tables(tmp_path / "a.csv", set(), True) is None


def test_a_bad_line_far_down_is_reported_by_its_number(tmp_path: Path, small_parts: Callable[[int], None]) -> None:
    _write(tmp_path / "a.jsonl", [f"text {i}" for i in range(20)])
    lines = (tmp_path / "a.jsonl").read_text(encoding="utf-8").splitlines()
    (tmp_path / "a.jsonl").write_text("\n".join([*lines[:11], "{torn", *lines[11:]]), encoding="utf-8")
    small_parts(0)
    with pytest.raises(InputError, match=r"a\.jsonl:12: is not JSON"):
        read_unlabelled(tmp_path / "a.jsonl", task=SINGLE.task)


def test_memory_does_not_grow_with_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(large_files, "LARGE", 0)
    monkeypatch.setattr(large_files, "ROWS", 500)

    def peak(texts: int) -> int:
        path = tmp_path / f"{texts}.csv"
        _write(path, [f'a text of some words, and a "mark", number {i}' for i in range(texts)])
        tracemalloc.start()
        assert sum(len(part) for part in unlabelled_parts(path, SINGLE)) == texts
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    peak(1000)  # what is imported once
    assert peak(12_000) < 1.3 * peak(2_000)
