"""`folds.json`: in how many folds a question is answered, and the folder of each one. No torch here.

folds.json                  this file
folds/fold-<k>/             a fold's comparison, as `records.comparison` describes it, from 1
whole/                      the runs of the chosen recipe on all labelled examples, of which one goes into the bundle
result.json, report.html    of all folds together
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

from unfreeze.disk.files import write_json
from unfreeze.disk.typed import read_typed
from unfreeze.errors import InputError
from unfreeze.language.message import say
from unfreeze.plan import MOST_FOLDS
from unfreeze.records.comparison import AGAIN

FILE = "folds.json"
WHOLE = "whole"


@dataclass(frozen=True)
class FoldsRecord:
    """How a question is divided.

    Attributes:
        number: of folds.
        group: the column whose values no fold shares with another; None where there is none.
    """

    number: int
    group: str | None = None


def fold_folder(out: Path, fold: int) -> Path:
    """Where a fold's comparison is; folds count from 1."""
    return out / "folds" / f"fold-{fold}"


def write_folds(out: Path, folds: FoldsRecord) -> None:
    """Write `folds.json`.

    Raises:
        InputError: the folder is of other folds.
    """
    known = read_folds(out)
    if known is not None and known != folds:
        group = "" if known.group is None else say(" with --group {group}", group=known.group)
        problem = say(
            "holds a comparison in {number} folds{group}; choose another --out or remove it",
            number=known.number,
            group=group,
        )
        raise InputError(problem, where=str(out))
    write_json(out / FILE, asdict(folds))


def read_folds(out: Path) -> FoldsRecord | None:
    """The folds of a comparison; None where it has none.

    Raises:
        InputError: the file is torn.
    """
    path = out / FILE
    if not path.exists():
        return None
    folds = read_typed(path, FoldsRecord, remedy=AGAIN)
    if not 2 <= folds.number <= MOST_FOLDS:
        raise InputError(say("is not as this version of unfreeze writes it; {again}", again=AGAIN), where=str(path))
    return folds
