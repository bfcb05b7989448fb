"""Where a study's cells are measured: each once, in the folder of its question, whatever study asks for it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from unfreeze.data.examples import Dataset
from unfreeze.data.measurable import check_parts
from unfreeze.disk.claim import claimed
from unfreeze.disk.files import write_json
from unfreeze.disk.lock import LOCK
from unfreeze.disk.typed import read_typed
from unfreeze.encoders.load import load_encoder
from unfreeze.errors import InputError
from unfreeze.language.message import say
from unfreeze.methods.checks import check_recipes
from unfreeze.plan import Plan, plain, plan_from
from unfreeze.recipe import Recipe, recipe_from
from unfreeze.records.comparison import (
    AGAIN,
    TestRecord,
    read_items,
    read_record,
    read_test,
)
from unfreeze.records.fitting import check_record, check_setting, check_test, check_test_items
from unfreeze.records.forecasts import likely_of
from unfreeze.records.setting import begun_precision, read_setting
from unfreeze.runs.bench import WEIGHTS
from unfreeze.runs.jobs import FORMAT
from unfreeze.runs.opening import Opened, drop_weights, opened
from unfreeze.runs.place import precision_for
from unfreeze.runs.question import read_data, with_fewer, with_size
from unfreeze.runs.runner import follow
from unfreeze.runs.trials import choosing, runs_to_choose, score_on_test
from unfreeze.runs.watching import Watcher
from unfreeze.studies.asked import About, Asked, Cell, Measured
from unfreeze.studies.genres import genres_in, genres_of, of_genre
from unfreeze.studies.kept import SUFFIX, read_kept, write_kept
from unfreeze.studies.kept import About as KeptAbout
from unfreeze.studies.sets import HUB, SETS, Found, find_set, standard_set
from unfreeze.tasks import metrics
from unfreeze.tasks.kinds import task as task_called

CELLS = "cells"
K = TypeVar("K")


class Desk:
    """Measures the cells of studies.

    Args:
        tell: called with a line about each thing that is missing or begins.
    """

    def __init__(self, asked: Asked, watcher: Watcher, tell: Callable[[str], None]) -> None:
        self.asked, self.watcher, self.tell = asked, watcher, tell
        self._about: dict[str, About] = {}
        self._folders: set[Path] = set()
        self._found: dict[str, Found | None] = {}
        self._whole: dict[str, Dataset] = {}
        self._genres: dict[str, dict[str, str]] = {}
        self.precision = precision_for(Plan(**asked.place), _begun(asked.out))

    def about(self, encoder: str) -> About:
        """What recipes must know about an encoder. Raises `InputError` where it cannot be loaded."""
        if encoder not in self._about:
            it = load_encoder(encoder)
            self._about[encoder] = About(
                encoder, it.family, it.layers, it.width, it.reads_pairs, it.fixed is None, it.fingerprint(), it.causal,
                it.wordless is None,
            )  # fmt: skip
        return self._about[encoder]

    def encoders(self, *roles: str) -> list[About]:
        """The requested encoders that take one of these roles; all of them where none is named."""
        every = [self.about(name) for name in self.asked.encoders]
        return [one for one in every if not roles or one.role in roles]

    def tasks(self, *names: str) -> list[str]:
        """The requested ones of these sets that are available; missing ones are reported once, with their source."""
        wanted = [name for name in names if self.asked.tasks is None or name in self.asked.tasks]
        return [name for name in wanted if self.found(name) is not None]

    def found(self, name: str) -> Found | None:
        """A standard set, None where it is missing."""
        if name not in self._found:
            standard = standard_set(name)
            downloads = self.asked.out / "sets"
            found = self._found[name] = find_set(standard, self.asked.data_root, downloads)
            if found is None:
                hub = ", or install unfreeze[datasets]" if standard.hub else ""
                self.tell(
                    f"{standard.title} is missing: nothing known under {self.asked.data_root}; get it from "
                    f"{standard.where}{hub}. The others still run."
                )
            elif Path(found.files["train"]).is_relative_to(downloads):
                self.tell(f"{standard.title} is that of the Hugging Face hub ({HUB}), kept in {downloads}.")
        return self._found[name]

    def cell(self, task: str, one: About, recipes: tuple[Recipe, ...] = ()) -> Cell:
        """A cell with the requested seeds and examples."""
        return Cell(
            task, one.name, recipes, tuple(range(self.asked.seeds)), self.asked.most_rows(task), self.asked.tested
        )

    def measured(self, cells: Mapping[K, Cell]) -> dict[K, Measured]:
        """Every cell's result; what was measured before, by whatever study, is not measured again.

        Raises:
            InputError: a set, an encoder or a recipe is invalid.
        """
        missing = [cell for cell in cells.values() if not (self._mark(cell).exists() or self._kept(cell).exists())]
        for question in dict.fromkeys(cell.question for cell in missing):
            self._measure([cell for cell in missing if cell.question == question])
        return {key: self._read_cell(cell) for key, cell in cells.items()}

    def dataset(self, cell: Cell) -> Dataset:
        """What a cell is measured on: dev has no more examples than training may have."""
        found = self.whole(cell)
        if cell.rows is not None:
            found = with_fewer(with_size(found, cell.rows, cell.subset), "dev", cell.rows, cell.subset)
        found = found if cell.tested is None else with_fewer(found, "test", cell.tested)
        return check_parts(found, SETS[cell.task].title)

    def whole(self, cell: Cell) -> Dataset:
        """All examples of a cell's set and genre; sets are read once."""
        if cell.task not in self._whole:
            self._whole[cell.task] = read_data(replace(self.plan(cell), train_size=None))
        whole = self._whole[cell.task]
        if cell.genre is not None:
            whole = of_genre(whole, self._genre_of(cell.task), cell.genre)
        return whole

    def genres(self, cell: Cell, least: int) -> list[str]:
        """Genres with at least that many examples in train and in test. Raises `InputError` where the set has none."""
        return genres_in(self.whole(replace(cell, genre=None)), self._genre_of(cell.task), least)

    def _genre_of(self, task: str) -> dict[str, str]:
        if task not in self._genres:
            self._genres[task] = genres_of(self._there(task).files)
        return self._genres[task]

    def plan(self, cell: Cell) -> Plan:
        """The plan of a cell's question."""
        values: dict[str, Any] = {
            **self._there(cell.task).settings, "encoder": cell.encoder, "train_size": cell.rows, "subset": cell.subset,
            **self.asked.place,
        }  # fmt: skip
        return plan_from(values, where=f"study of {SETS[cell.task].title}")

    def folder(self, cell: Cell) -> Path:
        """The folder of the runs of a cell's question."""
        sizes = ["all" if most is None else str(most) for most in (cell.rows, cell.tested)]
        parts = (cell.task, self.about(cell.encoder).shown, *sizes, str(cell.subset), cell.genre or "")
        name = "-".join(re.sub(r"[^\w.]+", "_", part).strip("_")[:40] for part in parts if part)
        folder = self.asked.out / "runs" / f"{name}-{blake2b(self.stamp(cell).encode(), digest_size=4).hexdigest()}"
        self._folders.add(folder)
        return folder

    def tidy(self) -> None:
        """Delete what a killed process left in the folders of cells that it had finished: weights, a lock.

        Only for cells that are all measured, since unscored runs need their weights.
        """
        for folder in sorted(self._folders):
            if any(folder.glob(f"{LOCK}*")) or any(folder.glob(f"runs/*/{WEIGHTS}")):
                with claimed(folder):
                    drop_weights(folder)

    def stamp(self, cell: Cell) -> str:
        """Digest of what all numbers of a question depend on besides the cell: weights, files, precision, format."""
        files = [_stamp(path) for path in self._there(cell.task).files.values()]
        return json.dumps([self.about(cell.encoder).fingerprint, files, self.precision, FORMAT[self.precision]])

    def open(self, cell: Cell) -> Any:
        """A context manager that gives the cell's question `Opened`."""
        return opened(self.plan(cell), self.dataset(cell), self.folder(cell), self.watcher, begun=self.precision)

    def _measure(self, cells: Sequence[Cell]) -> None:
        with self.open(cells[0]) as it:
            task, encoder = it.bench.dataset.task, it.bench.encoder
            for cell in cells:
                check_recipes(cell.recipes, task, encoder.traits)
            it.bench.planned = len(it.bench.reached) + sum(
                runs_to_choose(len(cell.recipes), len(cell.seeds)) for cell in cells
            )
            for together in side_by_side(cells):
                self._measure_together(it, together)

    def _measure_together(self, it: Opened, cells: Sequence[Cell]) -> None:
        for cell in cells:
            recipe = cell.recipes[0].name or cell.recipes[0].head
            self.watcher.say(f"{SETS[cell.task].title}, {cell.encoder}: {cell.recipes[0].method} {recipe}")
        every = follow(it.bench, [choosing(it.bench, it.question, cell.recipes, cell.seeds) for cell in cells])
        for cell, chosen in zip(cells, every, strict=True):
            score_on_test(it.bench, chosen.finals)
            mark = {
                "folder": self.folder(cell).name, "runs": [job.id for job in chosen.finals],
                "train_examples": len(it.bench.dataset.train), "precision": self.precision,
            }  # fmt: skip
            write_json(self._mark(cell), mark)
            self._keep(cell)

    def _keep(self, cell: Cell) -> None:
        """Write what the runs of a cell came to beside its mark, see `kept`."""
        found = self._from_runs(cell)
        write_kept(
            self._kept(cell),
            KeptAbout(
                plain(found.recipe), found.task.kind, found.task.asked, found.labels, found.train_examples,
                found.train_s, found.layer_weights, found.diverged, found.constant, self.precision, found.machines,
            ),
            found.statistics,
        )  # fmt: skip

    def _kept(self, cell: Cell) -> Path:
        return self._mark(cell).with_suffix(SUFFIX)

    def _mark(self, cell: Cell) -> Path:
        """The file that says that a cell is finished, and where."""
        return self.asked.out / CELLS / f"{cell.task}-{cell.digest(self.stamp(cell))}.json"

    def _there(self, task: str) -> Found:
        """A set that `tasks` has named."""
        found = self.found(task)
        assert found is not None, task
        return found

    def _read_cell(self, cell: Cell) -> Measured:
        """A cell's results: of its runs, or what was kept of them where they are not there."""
        if self._mark(cell).exists():
            return self._from_runs(cell)
        about, statistics = read_kept(self._kept(cell))
        recipe = recipe_from(about.recipe, str(self._kept(cell)))
        return Measured(
            cell, recipe, replace(task_called(about.kind), asked=about.asked), statistics, about.train_examples,
            about.train_s, about.layer_weights, about.diverged, about.constant, about.labels, about.machines,
        )  # fmt: skip

    def _from_runs(self, cell: Cell) -> Measured:
        """The same from the run folders alone."""
        mark = _read_mark(self._mark(cell))
        folder = self.asked.out / "runs" / mark.folder
        with _with_the_cells(folder):
            setting, items = read_setting(folder), read_items(folder)
            check_setting(folder, setting)
            check_test_items(folder, setting, items)
            records, tests = [read_record(folder / "runs" / run) for run in mark.runs], []
            for run, record in zip(mark.runs, records, strict=True):
                check_record(folder, setting, run, record)
                tests.append(_tested(folder / "runs" / run))
                check_test(folder, setting, run, tests[-1], items)
        gold = [item.label for item in items]
        statistics = [
            metrics.item_statistics(setting.task, gold, test.predictions, setting.labels, likely_of(test.forecasts))
            for test in tests
        ]
        mixed = [record.layer_weights for record in records if record.layer_weights is not None]
        return Measured(
            cell, records[0].recipe, setting.task, np.stack(statistics), mark.train_examples,
            sum(record.train_s for record in records), tuple(mixed) or None, sum(record.diverged for record in records),
            metrics.best_constant(setting.task, gold, setting.labels)[1], setting.labels,
            tuple(dict.fromkeys(record.machine for record in records if record.machine is not None)),
        )  # fmt: skip


def side_by_side(cells: Iterable[Cell]) -> Iterator[list[Cell]]:
    """Cells of a question in lots; those of a lot have no run in common, so that none is made twice at a time."""
    left = list(dict.fromkeys(cells))
    while left:
        lot: list[Cell] = []
        taken: set[Recipe] = set()
        for cell in left:
            recipes = {replace(recipe, name="", source="") for recipe in cell.recipes}
            if not taken & recipes:
                lot.append(cell)
                taken |= recipes
        yield lot
        left = [cell for cell in left if cell not in lot]


def _begun(out: Path) -> str | None:
    """The precision in which the studies of a folder were begun.

    Its cells record it; those of older versions do not, but a question is in bf16 only where all were begun in it.
    """
    for path in sorted((out / CELLS).glob("*.json")):
        if (precision := read_typed(path, _Mark, remedy=AGAIN).precision) is not None:
            return precision
    for path in sorted((out / CELLS).glob(f"*{SUFFIX}")):
        return read_kept(path)[0].precision
    found = set(map(begun_precision, sorted(out.glob("runs/*"))))
    return "bf16" if "bf16" in found else "fp32" if "fp32" in found else None


@dataclass(frozen=True)
class _Mark:
    """A cell that is finished, and where its runs are."""

    folder: str
    runs: tuple[str, ...]
    train_examples: int
    precision: str | None = None


def _read_mark(path: Path) -> _Mark:
    mark = read_typed(path, _Mark, remedy=AGAIN)
    names = (mark.folder, *mark.runs)
    if not mark.runs or any(not name or name.startswith(".") or Path(name).name != name for name in names):
        raise InputError(say("names no runs, or runs that are elsewhere; {again}", again=AGAIN), where=str(path))
    return mark


@contextmanager
def _with_the_cells(folder: Path) -> Iterator[None]:
    """Mark a cell as unfinished: what is run again must not be taken for finished."""
    try:
        yield
    except InputError as error:
        also = f"delete the folder {CELLS} of the study too, so that it is measured again"
        raise InputError(
            say("{problem}; {also}", problem=error.message, also=also), where=error.where or str(folder)
        ) from None


def _tested(run: Path) -> TestRecord:
    found = read_test(run)
    if found is None:
        raise InputError("has no test scores", where=str(run))
    return found


@cache
def _stamp(path: str) -> str:
    """Digest of a file's content."""
    return blake2b(Path(path).read_bytes(), digest_size=8).hexdigest()
