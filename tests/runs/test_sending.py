"""What is sent once is kept: in a process the last thing, on a machine each folder; other weights are noticed."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from unfreeze.disk.unfinished import hidden, unfinished
from unfreeze.errors import InputError
from unfreeze.features.cache import cache_folder
from unfreeze.plan import Plan
from unfreeze.runs.bench import Workbench
from unfreeze.runs.parcels import Parcel
from unfreeze.runs.sending import Last, check_version, encoder_of, kept_folder, packed_encoder, passing_folder, tidy

MakeBench = Callable[..., Workbench]


def test_only_the_last_thing_is_kept_and_is_gone_before_the_next_is_made() -> None:
    last = Last[str, list[str]]()
    first = last.get("a", lambda: ["a"])
    assert last.get("a", lambda: ["other"]) is first
    assert last.get("b", lambda: [str(last._kept)]) == ["None"], "there is room for one"
    assert last.get("a", lambda: ["again"]) == ["again"]


def test_what_cannot_be_made_is_asked_for_again() -> None:
    last = Last[str, str]()
    with pytest.raises(ZeroDivisionError):
        last.get("a", lambda: str(1 / 0))
    assert last.get("a", lambda: "made") == "made"


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of the test's own."""
    monkeypatch.setenv("UNFREEZE_CACHE", str(tmp_path / "cache"))
    return cache_folder()


def test_a_folder_is_fetched_once(own: Path) -> None:
    fetched: list[str] = []

    def files() -> Parcel:
        fetched.append("x")
        return {"deep/x.bin": np.arange(3, dtype=np.uint8)}

    folders = [kept_folder("things", "digest", files) for _ in range(2)]
    assert folders == [own / "things" / "digest"] * 2
    assert (folders[0] / "deep" / "x.bin").read_bytes() == b"\0\1\2"
    assert fetched == ["x"]


def test_an_encoder_of_no_package_travels_as_its_files(own: Path, bench: MakeBench) -> None:
    encoder = bench().encoder
    sent = encoder_of(Plan(encoder="an encoder of mine", max_length=24, device="cpu"), encoder.fingerprint())
    assert not sent.packaged
    there = sent.loaded(lambda: packed_encoder(encoder))
    assert (there.fingerprint(), there.name, there.max_length) == (encoder.fingerprint(), "an encoder of mine", 24)
    assert (own / "encoders" / sent.fingerprint).is_dir()


def test_a_package_with_other_weights_is_refused(own: Path) -> None:
    sent = encoder_of(Plan(encoder="bert-mini", device="cpu"), "0123")
    assert sent.packaged
    with pytest.raises(InputError, match=r"encoder bert-mini: has other weights on .*; install the same version"):
        sent.loaded(dict)
    assert not own.exists()


def test_all_that_an_encoder_depends_on_tells_it_from_others() -> None:
    plans = [
        Plan(encoder="bert-mini"),
        Plan(encoder="minilm"),
        Plan(encoder="bert-mini", prefix="query: "),
        Plan(encoder="bert-mini", max_length=9),
        Plan(encoder="bert-mini", device="cpu"),
    ]
    assert len({encoder_of(plan, fingerprint) for plan in plans for fingerprint in "fg"}) == 10


def test_another_version_is_refused() -> None:
    with pytest.raises(InputError, match=r"the command 0\.0\.0; install the same on all machines"):
        check_version("0.0.0")


@pytest.mark.parametrize("room", [".", "encoders", "passing"])
def test_what_killed_processes_left_is_deleted_and_what_living_ones_write_stays(
    room: str, own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        ended.wait()
    finished, living = own / room / "one", hidden(own / room / "one")
    with monkeypatch.context() as patch:
        patch.setattr(os, "getpid", lambda: ended.pid)
        left = hidden(own / room / "one")
    for folder in (finished, living, left):
        folder.mkdir(parents=True)
    tidy()
    assert finished.exists()
    assert living.exists()
    assert not left.exists()


def test_a_cache_that_is_not_there_is_tidy(own: Path) -> None:
    tidy()
    assert not own.exists()


def test_a_passing_folder_is_one_that_would_be_tidied_and_is_gone_after_its_block(own: Path) -> None:
    with pytest.raises(ZeroDivisionError), passing_folder("run") as folder:
        assert folder.is_dir()
        assert (folder, "run") in list(unfinished(own / "passing"))
        raise ZeroDivisionError
    assert not list((own / "passing").iterdir())
