"""Which process is recorded, and when it is considered dead."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace

import pytest

from unfreeze.disk.owner import began_at, host_part, owner_from, this_process


@pytest.fixture
def other() -> Iterator[subprocess.Popen[bytes]]:
    """A process that runs until its input ends."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        yield process


def test_owner_comes_back_as_it_was_written() -> None:
    ours = this_process()
    assert owner_from(ours.line()) == ours
    assert owner_from(b" " + ours.line()) == ours
    assert this_process() != ours, "two claims of one process differ"
    assert replace(this_process(), random=ours.random) == ours


@pytest.mark.parametrize(
    "told",
    [b"", b"\xff", b"[]", b"{}", b"12", b"null", b"[" * 100_000, b'{"host": "a"}', b"\0"],
)
def test_what_is_not_an_owner_or_a_cut_one_is_none(told: bytes) -> None:
    whole = this_process().line()
    assert owner_from(told) is None
    assert owner_from(whole[: len(whole) // 2]) is None
    assert owner_from(whole.replace(str(os.getpid()).encode(), b'"' + str(os.getpid()).encode() + b'"')) is None


def test_living_process_is_not_dead_and_an_ended_one_is(other: subprocess.Popen[bytes]) -> None:
    owner = replace(this_process(), process=other.pid, start=began_at(other.pid) or "")
    assert owner.start
    assert not owner.is_dead()
    assert not this_process().is_dead()
    other.kill()
    other.wait()
    assert began_at(other.pid) is None
    assert owner.is_dead()


def test_killed_process_that_nobody_has_asked_after_is_dead(other: subprocess.Popen[bytes]) -> None:
    owner = replace(this_process(), process=other.pid, start=began_at(other.pid) or "")
    other.kill()
    os.waitid(os.P_PID, other.pid, os.WEXITED | os.WNOWAIT)
    assert owner.is_dead()


def test_number_that_was_given_again_is_recognised_by_the_start() -> None:
    ours = this_process()
    assert replace(ours, start=ours.start + "0").is_dead()
    assert not replace(ours, start="").is_dead(), "a start that is not told says nothing"


def test_process_of_another_machine_or_boot_is_never_dead() -> None:
    ours = this_process()
    assert not replace(ours, machine="0123abcd", process=1 << 22).is_dead()
    assert replace(ours, process=1 << 22).is_dead()


@pytest.mark.parametrize("process", [0, -1, 1 << 31, 1 << 80])
def test_number_that_no_process_can_have_is_dead(process: int) -> None:
    assert replace(this_process(), process=process).is_dead()


def test_host_in_a_file_name_has_nothing_that_ends_a_part() -> None:
    assert set(host_part()) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-")
