"""A folder at a URL worked on in a folder of this machine, its mirror: fetched at the start, and sent as it grows.

`mirrors/DIGEST/url` says which URL it is, `mirrors/DIGEST/files` is the mirror. At the start it becomes what is at the
URL, but for runs that were finished here and could not be sent: those are sent. Runs are sent when they are finished
(`sent`), all else that has changed at the end.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from unfreeze.disk.files import write_text
from unfreeze.disk.lock import locked
from unfreeze.disk.remote import RECORD, Remote, joined, run_of, shown_files
from unfreeze.disk.unfinished import discard
from unfreeze.errors import InputError

COMPARISONS = ("comparison.json", "encoders.json", "folds.json")
_MIRRORS, _FILES, _URL, _SENT = "mirrors", "files", "url", ".sent"
_WEIGHTS = "weights.safetensors"
Stamps = dict[str, tuple[int, int]]


@contextmanager
def mirrored(url: str, caches: Path, marks: Sequence[str] = COMPARISONS) -> Iterator[Path]:
    """The mirror of a URL; where the block ends without an error, what has changed in it is sent.

    Args:
        caches: folder for what can be fetched or computed again.
        marks: files of which one must be at the URL, where anything is.

    Raises:
        InputError: the URL cannot be reached, contains something else, or another process of this machine is at it.
    """
    remote = Remote(url)
    home = caches / _MIRRORS / hashlib.blake2b(url.encode(), digest_size=16).hexdigest()
    with _with_url(url, home):
        remote.check(marks)
        folder = home / _FILES
        folder.mkdir(parents=True, exist_ok=True)
        write_text(home / _URL, url)
        with locked(home):
            _become(folder, remote)
            before = _stamps(folder)
            yield folder
            _send_changes(folder, remote, before)


@contextmanager
def _with_url(url: str, home: Path) -> Iterator[None]:
    """Errors name the URL in place of its mirror."""
    try:
        yield
    except InputError as error:
        places = ((f"{home / _FILES}/", f"{joined(url)}/"), (str(home / _FILES), url), (str(home), url))
        problem, where = error.problem, error.where or ""
        for path, name in places:
            problem, where = problem.replace(path, name), where.replace(path, name)
        raise InputError(problem, where=where or None) from None


def _become(folder: Path, remote: Remote) -> None:
    """Make a mirror what is at the URL, but for runs that were finished here and never sent, which are sent."""
    runs = {run for name in shown_files(folder) if (run := run_of(name)) and name == f"{run}/{RECORD}"}
    unsent = {run for run in runs if not (folder / run / _SENT).exists()}
    kept = unsent | {run for run in runs - unsent if remote.has(f"{run}/{RECORD}")}
    for name in list(shown_files(folder)):
        if run_of(name) not in kept:
            (folder / name).unlink()
    for run in runs - kept:
        discard(folder / run)
    remote.pull(folder)
    for run in {run for name in shown_files(folder) if (run := run_of(name))} - unsent:
        (folder / run / _SENT).touch()
    for run in sorted(unsent):
        sent(folder / run)


def sent(path: Path) -> None:
    """Send a file, or the folder of a finished run, where it is in a mirror; else do nothing.

    Raises:
        InputError: the URL cannot be reached or written.
    """
    if (place := _place(path)) is None:
        return
    url, name = place
    if path.is_dir():
        Remote(url).below(name).push(path)
        (path / _SENT).touch()
    else:
        Remote(url).push(path, name)


def fetched(folder: Path) -> None:
    """Fetch the folder of a run that another process has put at the URL of the mirror which it is in.

    Raises:
        InputError: the URL cannot be reached, or the run is not there.
    """
    remote = Remote(shown_place(folder.parent.parent))
    if not remote.pull_run(folder.parent.parent, folder.name):
        raise InputError("has been put there and is gone", where=shown_place(folder))
    (folder / _SENT).touch()


def shown_place(path: Path) -> str:
    """A path for people and records: its URL where it is in a mirror."""
    if (place := _place(path)) is None:
        return str(path)
    url, name = place
    return joined(url, name) if name else url


def _place(path: Path) -> tuple[str, str] | None:
    """The URL of the mirror that a path is in, and its path from there; None where it is in none."""
    for folder in (path, *path.parents):
        if folder.name == _FILES and folder.parent.parent.name == _MIRRORS:
            with suppress(OSError):
                url = (folder.parent / _URL).read_text(encoding="utf-8")
                name = path.relative_to(folder).as_posix()
                return url, "" if name == "." else name
    return None


def _stamps(folder: Path) -> Stamps:
    found = {name: (folder / name).stat() for name in shown_files(folder)}
    return {name: (about.st_size, about.st_mtime_ns) for name, about in found.items()}


def _send_changes(folder: Path, remote: Remote, before: Stamps) -> None:
    """Send what is new or other than before, records of runs last, and delete what has been deleted."""
    now = _stamps(folder)
    for name in sorted(now, key=lambda name: (Path(name).name == RECORD, name)):
        if now[name] != before.get(name):
            remote.push(folder / name, name)
    gone = set(before) - set(now)
    gone |= {f"{run}/{_WEIGHTS}" for name in now if (run := run_of(name)) and f"{run}/{_WEIGHTS}" not in now}
    for name in sorted(gone.intersection(remote.names())):
        remote.delete(name)
