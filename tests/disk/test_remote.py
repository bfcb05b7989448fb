"""Folders at a URL: what is a URL, files put and fetched whole, a run with its record last, what cannot be reached."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import fsspec
import pytest
from fsspec.registry import known_implementations

from unfreeze.disk import remote
from unfreeze.disk.remote import Remote, is_remote, joined
from unfreeze.errors import InputError

Make = Callable[[], Remote]


@pytest.fixture(params=["file", "memory"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Remote]:
    """A folder that does not exist yet, of a file system with renames and of one without."""
    memory = fsspec.filesystem("memory")
    yield Remote(f"file://{tmp_path / 'there'}/out" if request.param == "file" else "memory://there/out")
    if memory.exists("/there"):
        memory.rm("/there", recursive=True)


def filled(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def content(folder: Path) -> dict[str, str]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8") for path in files}


@pytest.mark.parametrize("text", ["s3://a/b", "gs://a", "file:///a", "memory://a", "simplecache::s3://a/b", "hf://x/y"])
def test_a_url_is_one(text: str) -> None:
    assert is_remote(text)


@pytest.mark.parametrize("text", ["out", "/data/out", "a:b", "C:/out", r"C:\out", "x/s3://a", ""])
def test_a_path_is_none(text: str) -> None:
    assert not is_remote(text)


def test_names_are_joined_below_a_url_and_below_a_folder() -> None:
    assert joined("s3://a/b/", "runs", "x") == "s3://a/b/runs/x"
    assert joined("s3://a/b?endpoint_override=localhost", "x") == "s3://a/b/x?endpoint_override=localhost"
    assert joined("a/b", "x") == str(Path("a/b/x"))
    assert joined("", "x") == "x"


def test_what_is_put_is_fetched(place: Remote, tmp_path: Path) -> None:
    files = {
        "comparison.json": "{}",
        "runs/a/record.json": "{}",
        "runs/a/x": "1",
        "folds/fold-1/runs/b/record.json": "2",
    }
    place.push(filled(tmp_path / "local", {**files, ".lock": "mine", "runs/.half/record.json": "0"}))
    assert sorted(place.names()) == sorted(files)
    pickle.loads(pickle.dumps(place)).pull(tmp_path / "other")
    assert content(tmp_path / "other") == files


def test_there_is_nothing_before_it_is_made(place: Remote, tmp_path: Path) -> None:
    assert place.names() == []
    assert not place.has_run("a")
    place.check(("comparison.json",))
    place.pull(tmp_path / "local")
    assert not (tmp_path / "local").exists()


def test_a_run_is_there_once_its_record_is(place: Remote, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = filled(tmp_path / "runs" / "a", {"record.json": "{}", "weights.safetensors": "w", "z": "z"})
    put, seen = Remote._put, []

    def watched(self: Remote, local: Path, name: str) -> None:
        seen.append((name, place.has_run("a")))
        if name == "record.json" and len(seen) == 3:
            raise InputError("lost")
        put(self, local, name)

    monkeypatch.setattr(Remote, "_put", watched)
    with pytest.raises(InputError, match="lost"):
        place.put_run(run)
    assert seen == [("weights.safetensors", False), ("z", False), ("record.json", False)]
    place.pull(tmp_path / "local")
    assert content(tmp_path / "local") == {}, "half a run is none"
    place.put_run(run)
    assert place.has_run("a")
    assert not place.has_run("b")
    place.pull(tmp_path / "local")
    assert content(tmp_path / "local" / "runs" / "a") == content(run)


def test_runs_that_are_here_are_kept_and_completed_and_all_else_is_fetched_again(place: Remote, tmp_path: Path) -> None:
    files = {"choice.json": "new", "runs/a/record.json": "there", "runs/a/test.json": "t", "runs/b/record.json": "b"}
    place.push(filled(tmp_path / "there-now", files))
    here = filled(tmp_path / "here", {"choice.json": "old", "runs/a/record.json": "here", "runs/c/record.json": "c"})
    place.pull(here)
    assert content(here) == {**files, "runs/a/record.json": "here", "runs/c/record.json": "c"}


def test_runs_alone_can_be_fetched(place: Remote, tmp_path: Path) -> None:
    place.push(
        filled(tmp_path / "x", {"choice.json": "there", "runs/a/record.json": "a", "runs/a/t": "t", "runs/b/t": "b"})
    )
    here = filled(tmp_path / "here", {"choice.json": "mine"})
    place.pull_runs(here)
    assert content(here) == {"choice.json": "mine", "runs/a/record.json": "a", "runs/a/t": "t"}


def test_one_file_is_put_by_its_name_and_replaced_and_deleted(place: Remote, tmp_path: Path) -> None:
    file = filled(tmp_path, {"x.json": "1"}) / "x.json"
    place.push(file)
    place.push(file, "below/y.json")
    filled(tmp_path, {"x.json": "2"})
    place.push(file)
    place.pull(tmp_path / "local")
    assert content(tmp_path / "local") == {"x.json": "2", "below/y.json": "1"}
    place.delete("x.json")
    assert place.names() == ["below/y.json"]


def test_a_folder_of_something_else_is_refused_before_it_is_fetched(place: Remote, tmp_path: Path) -> None:
    place.push(filled(tmp_path / "x", {"holiday.jpg": "1"}))
    with pytest.raises(InputError, match="already exists and contains no comparison") as refused:
        place.check(("comparison.json", "folds.json"))
    assert refused.value.where == place.url
    place.push(filled(tmp_path / "y", {"folds.json": "1"}))
    place.check(("comparison.json", "folds.json"))


def test_no_name_leads_out_of_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Hostile:
        def invalidate_cache(self) -> None: ...

        def exists(self, path: str) -> bool:
            return True

        def find(self, path: str) -> list[str]:
            return [f"{path}/runs/../../../evil"]

    monkeypatch.setattr(remote, "_opened", lambda url: (Hostile(), "bucket/x"))
    with pytest.raises(InputError, match="leads out of it"):
        Remote("s3://bucket/x").pull(tmp_path)


def test_a_rename_of_a_half_written_file_never_happens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place, file = Remote(f"file://{tmp_path}/out"), filled(tmp_path, {"x.json": "whole"}) / "x.json"
    place.push(file)
    files: Any = remote._opened(place.url)[0]

    def torn(local: str, path: str) -> None:
        Path(path).write_text("ha", encoding="utf-8")
        raise OSError("no network")

    monkeypatch.setattr(files, "put_file", torn)
    with pytest.raises(InputError, match="cannot be read or written: no network"):
        place.push(file)
    assert (tmp_path / "out" / "x.json").read_text(encoding="utf-8") == "whole"
    assert place.names() == ["x.json"]


def test_a_missing_package_and_an_unknown_protocol_are_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(
        known_implementations, "lake", {"class": "no_lake.Files", "err": "Install nolake to read lakes"}
    )
    with pytest.raises(InputError, match="needs a package that is not installed: Install nolake to read lakes"):
        Remote("lake://a/b").names()
    with pytest.raises(InputError, match="cannot be read or written: Protocol not known: nothing-like-it"):
        Remote("nothing-like-it://a/b").names()
