"""The runs and the verdict of a comparison, logged to an experiment tracker."""

from __future__ import annotations

from pathlib import Path

from unfreeze.commands.places import working_folder
from unfreeze.disk.mirror import shown_place
from unfreeze.tracking.read import read_tracked
from unfreeze.tracking.tracked import Logged
from unfreeze.tracking.trackers import tracker_named

PROJECT = "unfreeze"


def log(folder: str, to: str, project: str | None = None, address: str | None = None) -> Logged:
    """Log what is finished of a comparison; runs that are already logged are skipped.

    Args:
        folder: of a comparison or study, or the URL of one.
        to: the tracker.
        project, address: see `Tracker.log`; the project is `unfreeze` where none is named.

    Raises:
        InputError: it is not a comparison, the tracker is unknown or not installed, or nothing can be written there.
    """
    tracker = tracker_named(to)
    with working_folder(folder) as local:
        name = Path(shown_place(local.resolve()).partition("?")[0].rstrip("/")).name
        return tracker.log(read_tracked(local, name), project or PROJECT, address)
