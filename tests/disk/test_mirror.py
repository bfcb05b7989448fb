"""A mirror: what is at a URL and what is here after each start and end, and what a person is shown."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import fsspec
import pytest

from unfreeze.disk.lock import locked
from unfreeze.disk.mirror import mirrored, sent, shown_place
from unfreeze.disk.remote import Remote
from unfreeze.disk.unfinished import make_folder
from unfreeze.errors import InputError

URL = "memory://mirrors/out"


@pytest.fixture(autouse=True)
def memory() -> Iterator[None]:
    yield
    files = fsspec.filesystem("memory")
    if files.exists("/mirrors"):
        files.rm("/mirrors", recursive=True)


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")


def content(folder: Path) -> dict[str, str]:
    files = (path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))
    return {path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8") for path in files}


def there(tmp_path: Path) -> dict[str, str]:
    Remote(URL).pull(tmp_path / "looked")
    found = content(tmp_path / "looked")
    shutil.rmtree(tmp_path / "looked", ignore_errors=True)
    return found


FIRST = {"comparison.json": "c", "runs/a/record.json": "a", "runs/a/weights.safetensors": "w"}


def test_what_changed_is_sent_and_what_was_deleted_is_deleted(tmp_path: Path) -> None:
    with mirrored(URL, tmp_path) as folder:
        assert content(folder) == {}
        write(folder, FIRST)
    assert there(tmp_path) == FIRST
    with mirrored(URL, tmp_path / "another") as folder:
        assert content(folder) == FIRST
        (folder / "runs/a/weights.safetensors").unlink()
        write(folder, {"runs/a/test.json": "t", "comparison.json": "d"})
    left = {"comparison.json": "d", "runs/a/record.json": "a", "runs/a/test.json": "t"}
    assert there(tmp_path) == left
    with mirrored(URL, tmp_path) as folder:
        assert content(folder) == {**left, "runs/a/weights.safetensors": "w"}, "of a run nothing is deleted here"
        (folder / "runs/a/weights.safetensors").unlink()
        (folder / "comparison.json").unlink()
        write(folder, {"folds.json": "f"})
    assert there(tmp_path) == {"folds.json": "f", "runs/a/record.json": "a", "runs/a/test.json": "t"}


def test_weights_that_were_sent_with_their_run_and_then_deleted_are_deleted(tmp_path: Path) -> None:
    with mirrored(URL, tmp_path) as folder:
        write(folder, FIRST)
        sent(folder / "comparison.json")
        sent(folder / "runs" / "a")
        assert there(tmp_path) == FIRST
        (folder / "runs/a/weights.safetensors").unlink()
    assert there(tmp_path) == {"comparison.json": "c", "runs/a/record.json": "a"}


def test_runs_that_others_put_there_meanwhile_stay(tmp_path: Path) -> None:
    with mirrored(URL, tmp_path) as folder:
        write(folder, FIRST)
        write(tmp_path / "b", {"record.json": "b", "weights.safetensors": "w"})
        Remote(URL).put_run(tmp_path / "b")
    assert there(tmp_path) == {**FIRST, "runs/b/record.json": "b", "runs/b/weights.safetensors": "w"}


def test_after_an_error_only_what_was_sent_is_there_and_runs_that_were_not_follow(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), mirrored(URL, tmp_path) as folder:
        write(folder, {**FIRST, "choice.json": "x", "runs/b/record.json": "b", "runs/c/weights.safetensors": "half"})
        sent(folder / "comparison.json")
        sent(folder / "runs" / "a")
        raise RuntimeError
    assert there(tmp_path) == FIRST
    with mirrored(URL, tmp_path) as folder:
        assert content(folder) == {**FIRST, "runs/b/record.json": "b"}
        assert there(tmp_path) == {**FIRST, "runs/b/record.json": "b"}


def test_a_run_that_was_deleted_at_the_url_is_gone_here_too(tmp_path: Path) -> None:
    with mirrored(URL, tmp_path) as folder:
        write(folder, FIRST)
        sent(folder / "runs" / "a")
    for name in ("record.json", "weights.safetensors"):
        Remote(URL).delete(f"runs/a/{name}")
    with mirrored(URL, tmp_path) as folder:
        assert content(folder) == {"comparison.json": "c"}


def test_two_urls_have_two_mirrors(tmp_path: Path) -> None:
    with mirrored(URL, tmp_path) as one, mirrored(f"{URL}2", tmp_path) as other:
        assert one != other
        write(one, FIRST)
        assert content(other) == {}


def test_a_person_is_shown_the_url(tmp_path: Path) -> None:
    with mirrored(URL, tmp_path) as folder:
        assert shown_place(folder) == URL
        assert shown_place(folder / "runs" / "a") == f"{URL}/runs/a"
        assert shown_place(tmp_path / "x") == str(tmp_path / "x")
    with pytest.raises(InputError) as refused, mirrored(URL, tmp_path) as folder:
        raise InputError(f"see {folder / 'runs' / 'b'}", where=str(folder / "runs" / "a"))
    assert str(refused.value) == f"{URL}/runs/a: see {URL}/runs/b"


def test_a_mirror_that_is_in_use_is_refused_with_the_url(tmp_path: Path) -> None:
    with mirrored(URL, tmp_path) as folder:
        write(folder, {"comparison.json": "mine"})
        with pytest.raises(InputError, match="is in use") as refused, mirrored(URL, tmp_path):
            pass
        assert refused.value.where == URL
        assert content(folder) == {"comparison.json": "mine"}
    with locked(folder.parent):
        pass


def test_nothing_is_sent_from_other_folders(tmp_path: Path) -> None:
    write(tmp_path / "mirrors" / "x" / "files", {"record.json": "a"})
    sent(tmp_path / "mirrors" / "x" / "files" / "record.json")
    assert there(tmp_path) == {}


@pytest.mark.parametrize("path", ["s3:/bucket/out", "memory:/x"])
def test_a_url_is_never_taken_for_a_path(path: str) -> None:
    with pytest.raises(InputError, match="is a URL; a folder of this machine is needed here"):
        make_folder(Path(path), [])
    assert not Path(path).exists()


def test_what_was_fetched_is_not_sent_again(tmp_path: Path) -> None:
    """It is whole there; sending it again would only take time."""
    place = tmp_path / "place"
    (place / "runs" / "a").mkdir(parents=True)
    (place / "comparison.json").write_text("{}")
    record = place / "runs" / "a" / "record.json"
    record.write_text("{}")
    before = record.stat().st_mtime_ns
    for _ in range(2):
        with mirrored(f"file://{place}", tmp_path / "cache") as folder:
            assert (folder / "runs" / "a" / "record.json").exists()
    assert record.stat().st_mtime_ns == before
