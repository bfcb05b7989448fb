"""Folders at a URL, `s3://`, `gs://`, `file://` or any other that fsspec knows: listed, fetched, filled file by file.

Such places have no lock and, most of them, no rename. So a run's folder is put there with `record.json` last: a run
counts only once that is there. Where files can be written half, they are written under a hidden name and renamed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any

from unfreeze.disk.files import new_file, new_folder
from unfreeze.disk.json_files import in_words
from unfreeze.disk.unfinished import hidden
from unfreeze.errors import InputError, shown
from unfreeze.language.message import say

RECORD = "record.json"
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+(::[a-z0-9+.:-]+)*://")
_RUN = re.compile(r"((?:.+/)?runs/[^/]+)/.+")
_OF_ARROW = ("file", "s3", "gs", "gcs")  # that pyarrow reads, so that no other package is needed
_RENAMES = ("file", "local", "sftp", "ssh", "smb", "hdfs", "ftp")  # where a file can be written half


def is_remote(text: str) -> bool:
    """Whether a name is a URL rather than a path."""
    return _URL.match(text) is not None


def joined(place: str, *names: str) -> str:
    """A name below a URL or a folder."""
    if not is_remote(place):
        return str(Path(place, *names))
    before, sign, options = place.partition("?")
    return "/".join([before.rstrip("/"), *names]) + sign + options


def run_of(name: str) -> str | None:
    """The run's folder that a file is in, `runs/ID` or one further below; None where it is in none."""
    match = _RUN.fullmatch(name)
    return match[1] if match else None


@dataclass(frozen=True)
class Remote:
    """A folder at a URL; it need not exist yet."""

    url: str

    def below(self, *names: str) -> Remote:
        """A folder in it."""
        return Remote(joined(self.url, *names))

    def has_run(self, run: str) -> bool:
        """Whether a run, by its id, is there and whole. Raises `InputError` where the place cannot be reached."""
        return self.has(f"runs/{run}/{RECORD}")

    def has(self, name: str) -> bool:
        """Whether a file is there. Raises `InputError` where the place cannot be reached."""
        with _reached(self.url) as (files, root):
            return bool(files.exists(f"{root}/{name}"))

    def names(self) -> list[str]:
        """All its files as paths from it, hidden ones left out.

        Raises:
            InputError: it cannot be reached, or a file's name leads out of it.
        """
        with _reached(self.url) as (files, root):
            files.invalidate_cache()
            found = [_relative(name, root) for name in (files.find(root) if files.exists(root) else ())]
        outside = [name for name in found if ".." in PurePosixPath(name).parts or "\\" in name]
        if outside:
            raise InputError(
                say("has a file whose name leads out of it: {outside}", outside=shown(outside[0])), where=self.url
            )
        return [name for name in found if not any(part.startswith(".") for part in name.split("/"))]

    def check(self, marks: Sequence[str]) -> None:
        """Raise `InputError` where there is something, but none of the files `marks`."""
        with _reached(self.url) as (files, root):
            files.invalidate_cache()
            names = [str(name).rstrip("/").rpartition("/")[2] for name in _listed(files, root)]
        if names and not set(names) & set(marks):
            found = say("already exists and contains no {stem}; choose another", stem=Path(marks[0]).stem)
            raise InputError(found, where=self.url)

    def pull(self, local: Path) -> None:
        """Fetch what is there: runs that are whole and not in `local` yet, and every other file.

        Of a run that is in `local`, files that are missing there.

        Raises:
            InputError: the place cannot be reached, or the disk is full.
        """
        names = self.names()
        whole = {run for name in names if (run := run_of(name)) is not None and name == f"{run}/{RECORD}"}
        for run in sorted(whole):
            self._pull_run(local, run, [name for name in names if run_of(name) == run])
        for name in names:
            if run_of(name) is None:
                self._fetch(name, local / name)

    def pull_runs(self, local: Path) -> None:
        """Fetch runs that are whole and not in `local` yet; the rest of `local` stays as it is."""
        Remote(joined(self.url, "runs"))._pull_each(local / "runs")

    def pull_run(self, local: Path, run: str) -> bool:
        """Fetch one run by its id into `local/runs`, where it is whole; whether it is."""
        runs = self.below("runs")
        names = self.below("runs", run).names()
        if RECORD not in names:
            return False
        runs._pull_run(local / "runs", run, [f"{run}/{name}" for name in names])
        return True

    def _pull_each(self, local: Path) -> None:
        names = self.names()
        for run in sorted({name.partition("/")[0] for name in names if name.endswith(f"/{RECORD}")}):
            self._pull_run(local, run, [name for name in names if name.startswith(f"{run}/")])

    def _pull_run(self, local: Path, run: str, names: Sequence[str]) -> None:
        if (local / run / RECORD).exists():
            for name in names:
                if not (local / name).exists():
                    self._fetch(name, local / name)
            return
        with new_folder(local / run) as folder:
            for name in names:
                self._get(name, folder / name.removeprefix(f"{run}/"))

    def _fetch(self, name: str, to: Path) -> None:
        with new_file(to) as temporary:
            self._get(name, temporary)

    def _get(self, name: str, to: Path) -> None:
        to.parent.mkdir(parents=True, exist_ok=True)
        with _reached(self.url) as (files, root):
            files.get_file(f"{root}/{name}", str(to))

    def put_run(self, folder: Path) -> None:
        """Put a run's folder into `runs` there, its record last."""
        self.below("runs", folder.name).push(folder)

    def push(self, local: Path, name: str | None = None) -> None:
        """Put a file there, or the files of a folder, hidden ones left out and the records of runs last.

        Args:
            name: of the file there; None takes its own.

        Raises:
            InputError: the place cannot be reached or written.
        """
        if local.is_dir():
            for file in sorted(shown_files(local), key=lambda file: (Path(file).name == RECORD, file)):
                self._put(local / file, file)
        else:
            self._put(local, name or local.name)

    def _put(self, local: Path, name: str) -> None:
        with _reached(self.url) as (files, root):
            path = PurePosixPath(f"{root}/{name}")
            if self.url.partition("://")[0] not in _RENAMES:
                files.put_file(str(local), str(path))
                return
            temporary = path.with_name(hidden(Path(path.name)).name)
            files.makedirs(str(path.parent), exist_ok=True)
            files.put_file(str(local), str(temporary))
            files.mv(str(temporary), str(path))

    def delete(self, name: str) -> None:
        """Delete a file that is there."""
        with _reached(self.url) as (files, root):
            files.rm_file(f"{root}/{name}")


def shown_files(local: Path) -> Iterator[str]:
    """The files of a folder of this machine as paths from it, hidden ones left out."""
    for path in local.rglob("*"):
        name = path.relative_to(local).as_posix()
        if path.is_file() and not any(part.startswith(".") for part in name.split("/")):
            yield name


@contextmanager
def _reached(url: str) -> Iterator[tuple[Any, str]]:
    """The file system of a URL, and its path there; what goes wrong with them is an `InputError`."""
    try:
        yield _opened(url)
    except InputError:
        raise
    except ImportError as error:
        raise InputError(
            say("needs a package that is not installed: {error}", error=in_words(error)), where=url
        ) from None
    except Exception as error:  # of whatever package reads this kind of place, and its network
        raise InputError(say("cannot be read or written: {error}", error=in_words(error)), where=url) from None


def _opened(url: str) -> tuple[Any, str]:
    protocol, _, place = url.partition("://")
    if protocol in _OF_ARROW:
        path, sign, options = place.partition("?")
        bucket = "/" if protocol == "file" else path.partition("/")[0]
        return _of_arrow(f"{protocol}://{bucket}{sign}{options}"), path.rstrip("/")
    from fsspec.core import url_to_fs

    files, path = url_to_fs(url)
    return files, str(path).rstrip("/")


@cache
def _of_arrow(root: str) -> Any:
    from fsspec.implementations.arrow import ArrowFSWrapper
    from pyarrow.fs import FileSystem

    return ArrowFSWrapper(FileSystem.from_uri(root)[0])


def _listed(files: Any, root: str) -> Sequence[str]:
    try:
        return list(files.ls(root, detail=False))
    except FileNotFoundError:
        return []


def _relative(name: str, root: str) -> str:
    return str(name).lstrip("/").removeprefix(root.lstrip("/")).lstrip("/")
