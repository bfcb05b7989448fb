"""Where a command works for a place that a person named: that folder, or the mirror of a URL."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from unfreeze.disk.mirror import COMPARISONS, mirrored
from unfreeze.disk.remote import is_remote
from unfreeze.features.cache import cache_folder


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
