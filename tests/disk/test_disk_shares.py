"""Claims on runs: one process at a time has a run, the dead here are followed, those elsewhere are believed."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import pytest

from unfreeze.disk.claim import claimed
from unfreeze.disk.lock import LOCK, holder_of, locked
from unfreeze.disk.owner import Owner, this_process
from unfreeze.disk.shares import CLAIMS, at_work, claim_of, forget_dead
from unfreeze.disk.unfinished import hidden

ELSEWHERE = replace(this_process(), machine="other", host="node7", process=12)
DEAD = replace(this_process(), process=2**30)


def claim(folder: Path, name: str, owner: Owner) -> Path:
    file = folder / CLAIMS / name / ".lock-0"
    file.parent.mkdir(parents=True)
    file.write_bytes(owner.line())
    return file


def test_one_has_a_run_and_the_next_hears_who(tmp_path: Path) -> None:
    with claim_of(tmp_path, "a") as first:
        assert first is None
        with claim_of(tmp_path, "a") as second, claim_of(tmp_path, "b") as other:
            assert second is not None
            assert second.owner is not None
            assert second.owner.process == this_process().process
            assert other is None
        with claim_of(tmp_path, "a") as third:
            assert third is not None, "asking does not end it"
        assert len(at_work(tmp_path)) == 1
    assert at_work(tmp_path) == []
    assert not (tmp_path / CLAIMS).exists()


def test_a_claim_ends_with_an_error(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), claim_of(tmp_path, "a"):
        raise RuntimeError
    with claim_of(tmp_path, "a") as again:
        assert again is None


def test_the_dead_here_are_followed_and_those_elsewhere_believed(tmp_path: Path) -> None:
    claim(tmp_path, "dead", DEAD)
    file = claim(tmp_path, "far", ELSEWHERE)
    assert at_work(tmp_path) == [ELSEWHERE]
    with claim_of(tmp_path, "dead") as one, claim_of(tmp_path, "far") as other:
        assert one is None
        assert other is not None
        assert (other.owner, other.file) == (ELSEWHERE, ".lock-0")
    assert file.exists()
    file.unlink()
    with claim_of(tmp_path, "far") as free:
        assert free is None


def test_what_the_dead_left_on_finished_runs_goes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        claim(tmp_path, name, DEAD)
    claim(tmp_path, "far", ELSEWHERE)
    forget_dead(tmp_path, ["a", "far", "never"])
    assert sorted(path.name for path in (tmp_path / CLAIMS).iterdir()) == ["b", "far"]


def test_of_many_at_once_one_is_inside(tmp_path: Path) -> None:
    inside, most, changing = 0, [0], threading.Lock()
    got = []

    def enter() -> None:
        nonlocal inside
        for _ in range(20):
            with claim_of(tmp_path, "a") as held:
                if held is None:
                    with changing:
                        inside += 1
                        most[0] = max(most[0], inside)
                    got.append(1)
                    with changing:
                        inside -= 1

    threads = [threading.Thread(target=enter) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1]
    assert len(got) >= 20


def test_what_a_living_part_is_writing_is_not_swept(tmp_path: Path) -> None:
    with claimed(tmp_path):
        (tmp_path / "comparison.json").write_text("{}", encoding="utf-8")
    writing = hidden(tmp_path / "runs" / "a")
    writing.mkdir(parents=True)
    file = claim(tmp_path, "a", ELSEWHERE)
    with claimed(tmp_path):
        assert writing.exists()
        assert file.exists()
    file.write_bytes(DEAD.line())
    with claimed(tmp_path):
        assert not writing.exists()
        assert not (tmp_path / CLAIMS).exists()


def test_who_holds_a_folder_is_seen_from_outside(tmp_path: Path) -> None:
    assert holder_of(tmp_path) is None
    with locked(tmp_path):
        held = holder_of(tmp_path)
        assert held is not None
        assert held.file == LOCK
        assert held.owner is not None
        assert held.owner.process == this_process().process
    assert holder_of(tmp_path) is None
    (tmp_path / LOCK).write_bytes(DEAD.line())
    assert holder_of(tmp_path) is None
    (tmp_path / LOCK).unlink()
    (tmp_path / ".lock-0").write_bytes(ELSEWHERE.line())
    held = holder_of(tmp_path)
    assert held is not None
    assert (held.owner, held.file) == (ELSEWHERE, ".lock-0")
