"""What was seen while final runs were made until a difference was decided: `looks.json`. No torch here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from unfreeze.disk.files import write_json
from unfreeze.disk.typed import read_typed
from unfreeze.errors import InputError
from unfreeze.language.message import say

FILE = "looks.json"
REMEDY = say("delete it and start the same command again; runs that are finished stay")
LARGEST_ERROR = 0.05 + 1e-6
Outcome = Literal["decided", "hopeless", "open"]


@dataclass(frozen=True)
class Look:
    """A look at the test scores, see `unfreeze.judging.looks`.

    Attributes:
        seeds: final runs of the arms that got more of them last; others have fewer, or the most from the start where
            all train at once.
        runs: arm to the ids of the final runs that were looked at, of all folds.
        error: of the differences' intervals at this look.
        spent: the errors of this look and those before.
        outcome: of the leader beside every other arm; `hopeless` if more seeds would not decide it.
    """

    seeds: int
    runs: Mapping[str, tuple[str, ...]]
    error: float
    spent: float
    outcome: Outcome


def write_looks(folder: Path, looks: Sequence[Look]) -> None:
    """Write `looks.json`."""
    write_json(folder / FILE, [asdict(look) for look in looks])


def read_looks(folder: Path) -> tuple[Look, ...]:
    """The looks of a comparison, in their order; none where there is no file.

    Raises:
        InputError: the file is torn, or an error in it cannot be.
    """
    path = folder / FILE
    if not path.exists():
        return ()
    looks = read_typed(path, tuple[Look, ...], remedy=REMEDY)
    for look in looks:
        if not 0 < look.error <= look.spent <= LARGEST_ERROR:
            raise InputError(
                say(
                    "has a look with the error {error:g} of {spent:g}; {remedy}",
                    error=look.error,
                    spent=look.spent,
                    remedy=REMEDY,
                ),
                where=str(path),
            )
    return looks
