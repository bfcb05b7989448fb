"""The trackers that there are: the only list; nothing slow here."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec

from unfreeze.errors import InputError, nearest
from unfreeze.halves import half_named
from unfreeze.language.message import say
from unfreeze.tracking.tracked import Logged, Tracked


@dataclass(frozen=True)
class Tracker:
    """A tracker.

    Attributes:
        name: of the tracker, its package and our extra.
        writer: module and name of what writes to it: `(tracked, project, address) -> Logged`.
    """

    name: str
    writer: str

    def log(self, tracked: Tracked, project: str, address: str | None) -> Logged:
        """Log a comparison; runs that are already logged are skipped.

        Args:
            project: what the tracker calls a project or experiment.
            address: where the tracker keeps it; None takes its own default.

        Raises:
            InputError: the tracker is not installed, or nothing can be written there.
        """
        if find_spec(self.name) is None:
            problem = f"needs the package {self.name}: pip install 'unfreeze[{self.name}]'"
            raise InputError(problem, where=f"--to {self.name}")
        logged: Logged = half_named(self.writer)(tracked, project, address)
        return logged


TRACKERS = {
    tracker.name: tracker
    for tracker in (
        Tracker("trackio", "unfreeze.tracking.trackio_log:log_to_trackio"),
        Tracker("mlflow", "unfreeze.tracking.mlflow_log:log_to_mlflow"),
        Tracker("tensorboard", "unfreeze.tracking.tensorboard_log:log_to_tensorboard"),
    )
}


def tracker_named(name: str) -> Tracker:
    """The tracker of this name. Raises `InputError` naming the nearest known one."""
    if name not in TRACKERS:
        raise InputError(
            say("unknown tracker '{name}'{name2}", name=name[:60], name2=nearest(name, TRACKERS)), where="--to"
        )
    return TRACKERS[name]
