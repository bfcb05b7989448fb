"""Parts of a file stay until it is whole: whoever asks for the same goes on, whoever asks for something else begins."""

from __future__ import annotations

from pathlib import Path

import pytest

from unfreeze.disk.in_parts import parts_of
from unfreeze.errors import InputError

OF = {"texts": "a", "form": "b"}


def _stopped(out: Path, of: dict[str, str], *numbers: int) -> None:
    """Some parts made by a process that then stopped."""
    with pytest.raises(KeyboardInterrupt), parts_of(out, of) as parts:
        for number in numbers:
            parts.put(number, f"part {number}")
        (parts.folder / "beside").touch()
        raise KeyboardInterrupt


def test_parts_are_there_for_the_next_process_in_order_of_their_numbers(tmp_path: Path) -> None:
    out = tmp_path / "deep" / "x.tsv"
    _stopped(out, OF, 10, 2)
    with parts_of(out, OF) as parts:
        assert parts.finished() == [2, 10]
        assert [parts.path(n).read_text(encoding="utf-8") for n in parts.finished()] == ["part 2", "part 10"]
        assert (parts.folder / "beside").exists()
        out.touch()
    assert list(out.parent.iterdir()) == [out]


@pytest.mark.parametrize("of", [{**OF, "texts": "c"}, {**OF, "more": "d"}, {"texts": "a"}])
def test_parts_of_anything_else_are_deleted(tmp_path: Path, of: dict[str, str]) -> None:
    _stopped(tmp_path / "x.tsv", OF, 0)
    with parts_of(tmp_path / "x.tsv", of) as parts:
        assert parts.finished() == []
        assert not (parts.folder / "beside").exists()
    _stopped(tmp_path / "x.tsv", of, 1)
    with parts_of(tmp_path / "x.tsv", of) as parts:
        assert parts.finished() == [1]


def test_parts_that_do_not_say_what_they_are_of_are_deleted(tmp_path: Path) -> None:
    _stopped(tmp_path / "x.tsv", OF, 0)
    (mark,) = tmp_path.glob(".x.tsv.parts/of.json")
    mark.write_text("{", encoding="utf-8")
    with parts_of(tmp_path / "x.tsv", OF) as parts:
        assert parts.finished() == []


def test_another_file_beside_it_has_parts_of_its_own(tmp_path: Path) -> None:
    _stopped(tmp_path / "x.tsv", OF, 0)
    with parts_of(tmp_path / "y.tsv", OF) as parts:
        assert parts.finished() == []


def test_where_nothing_was_finished_nothing_is_left(tmp_path: Path) -> None:
    _stopped(tmp_path / "deep" / "x.tsv", OF)
    assert list(tmp_path.iterdir()) == []


def test_one_process_at_a_time(tmp_path: Path) -> None:
    with parts_of(tmp_path / "x.tsv", OF) as parts:
        parts.put(0)
        with pytest.raises(InputError, match="is in use by process"), parts_of(tmp_path / "x.tsv", OF):
            pass
        assert parts.finished() == [0]


def test_a_part_that_cannot_be_written_whole_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UnicodeEncodeError), parts_of(tmp_path / "x.tsv", OF) as parts:
        parts.put(0, "first")
        parts.put(1, "half of \ud800")
    with parts_of(tmp_path / "x.tsv", OF) as parts:
        assert parts.finished() == [0]
        assert {path.name for path in parts.folder.iterdir()} <= {"of.json", "00000000", ".lock"}


def test_cleared_parts_are_still_of_the_same(tmp_path: Path) -> None:
    _stopped(tmp_path / "x.tsv", OF, 0)
    with pytest.raises(KeyboardInterrupt), parts_of(tmp_path / "x.tsv", OF) as parts:
        parts.clear()
        assert [path.name for path in parts.folder.iterdir() if not path.name.startswith(".lock")] == ["of.json"]
        parts.put(5)
        raise KeyboardInterrupt
    with parts_of(tmp_path / "x.tsv", OF) as parts:
        assert parts.finished() == [5]
