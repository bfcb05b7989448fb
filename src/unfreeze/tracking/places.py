"""Where the runs of a comparison are: folders with a `comparison.json`, of each encoder and fold. No torch here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from unfreeze.errors import InputError
from unfreeze.records.encoders import folder_of, read_encoders
from unfreeze.records.folds import WHOLE, fold_folder, read_folds
from unfreeze.records.setting import NO_COMPARISON

SETTING = "comparison.json"


@dataclass(frozen=True)
class Place:
    """A folder with runs.

    Attributes:
        described: the folder whose `comparison.json` describes these runs, where that is another one.
        encoder: its name among those that are compared; None where there is one.
        part: `fold 1`, or `whole` for runs on all labelled examples; None where the data was not divided.
        question: of a study, the name of the question's folder.
    """

    folder: Path
    described: Path | None = None
    encoder: str | None = None
    part: str | None = None
    question: str | None = None

    @property
    def setting(self) -> Path:
        """The folder with its `comparison.json`."""
        return self.described or self.folder


def places_in(folder: Path) -> tuple[Place, ...]:
    """The folders with runs of a comparison or a study, those that were opened already.

    Raises:
        InputError: it is neither, or a file of it is torn.
    """
    if not folder.is_dir():
        raise InputError("no such folder", where=str(folder))
    found = tuple(place for place in _places(folder) if (place.setting / SETTING).exists())
    if not found:
        raise InputError(NO_COMPARISON, where=str(folder / SETTING))
    return found


def _places(folder: Path) -> Iterator[Place]:
    encoders = read_encoders(folder)
    if encoders is not None:
        for name in encoders.folders:
            yield from (replace(place, encoder=name) for place in _parts(folder_of(folder, encoders, name)))
    elif (folder / SETTING).exists() or read_folds(folder) is not None:
        yield from _parts(folder)
    else:
        for path in sorted(folder.glob(f"runs/[!.]*/{SETTING}")):
            yield Place(path.parent, question=path.parent.name)


def _parts(folder: Path) -> Iterator[Place]:
    folds = read_folds(folder)
    if folds is None:
        yield Place(folder)
        return
    for fold in range(1, folds.number + 1):
        yield Place(fold_folder(folder, fold), part=f"fold {fold}")
    yield Place(folder / WHOLE, described=fold_folder(folder, 1), part=WHOLE)
