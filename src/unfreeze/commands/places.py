"""Where a command works for a place that a person named: that folder, or the mirror of a URL."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from unfreeze.data.examples import Dataset
from unfreeze.disk.mirror import COMPARISONS, mirrored
from unfreeze.disk.remote import is_remote
from unfreeze.errors import InputError
from unfreeze.features.cache import cache_folder
from unfreeze.plan import Plan


def out_of(plan: Plan, dataset: Dataset) -> str:
    """The output folder or URL of a plan, by default one named after data and encoders."""
    return plan.out or str(Path("unfreeze-out") / f"{dataset.name}-{_short(plan.encoders)}")


def _short(encoders: Sequence[str]) -> str:
    """A name for encoders in that of the output folder: `minilm`, `minilm+glove`, `5-encoders`."""
    return "+".join(Path(name).name for name in encoders) if len(encoders) < 4 else f"{len(encoders)}-encoders"


def shared_folder(place: str) -> Path:
    """A folder that several processes work in. Raises `InputError` where it is a URL."""
    if is_remote(place):
        raise InputError("is a URL; parts share a folder of a disk that all of them see", where=place)
    return Path(place)


@contextmanager
def working_folder(place: str, marks: Sequence[str] = COMPARISONS) -> Iterator[Path]:
    """The folder to work in; of a URL it is fetched first, and what has changed is sent at the end.

    Args:
        marks: files of which one must be at the URL, where anything is.

    Raises:
        InputError: the URL cannot be reached, contains something else, or another process of this machine is at it.
    """
    if is_remote(place):
        with mirrored(place, cache_folder(), marks) as folder:
            yield folder
    else:
        yield Path(place)
