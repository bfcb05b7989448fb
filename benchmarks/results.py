"""What a benchmark found, as data: tables, ratios and charts, printed for people and kept as JSON. No torch here."""

from __future__ import annotations

import argparse
import shlex
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import TypeAdapter
from pydantic.dataclasses import dataclass as checked

from unfreeze.disk.files import new_file

ROOT = Path(__file__).resolve().parents[1]
RESULTS = Path(__file__).resolve().parent / "results"
Cell = str | int | float | None


@dataclass(frozen=True)
class Machine:
    """Where and with what a benchmark ran; `load` is what ran beside it before it began."""

    date: str
    processor: str
    cores: int
    threads: int
    load: float
    versions: Mapping[str, str]

    def line(self) -> str:
        """All of it, for people."""
        versions = ", ".join(f"{name} {number}" for name, number in self.versions.items())
        cores = f"{self.cores} cores, {self.threads} torch threads, load {self.load:.1f} before the start"
        return f"{self.date}; {self.processor}, {cores}; {versions}"


@dataclass(frozen=True)
class Table:
    """Rows of cells under columns; `note` says how they are to be read."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""

    def __post_init__(self) -> None:
        if wrong := [row for row in self.rows if len(row) != len(self.columns)]:
            raise ValueError(f"table '{self.title}' has {len(self.columns)} columns, but a row {wrong[0]}")

    def text(self) -> str:
        """With aligned columns."""
        lines = [self.columns, *(tuple(cell_text(cell) for cell in row) for row in self.rows)]
        widths = [max(len(line[i]) for line in lines) for i in range(len(self.columns))]
        first, *rest = widths
        body = ["  ".join([line[0].ljust(first), *(c.rjust(w) for c, w in zip(line[1:], rest, strict=True))]).rstrip()
                for line in lines]  # fmt: skip
        return "\n".join([self.title, *body, *([self.note] if self.note else [])])


@dataclass(frozen=True)
class Ratio:
    """How many times as good as a peer, or as a limit, in one run.

    Attributes:
        name: what, on which data, against whom. The page and the check know a ratio by it.
        ours, peer: the figures in `unit`: rates, or seconds, where the ratio is the peer's to ours.
        ratio: median over the turns; `low` and `high` are the least and the greatest.
        processor: the same in processor time; None where that says nothing.
        share_of_peak: of the matrix-multiply peak in `precision`, reached by ours.
    """

    name: str
    ours: float
    peer: float
    unit: str
    ratio: float
    low: float | None = None
    high: float | None = None
    processor: float | None = None
    share_of_peak: float | None = None
    precision: str | None = None

    def text(self) -> str:
        """One line."""
        said = f"{self.name}: {cell_text(self.ours)} to {cell_text(self.peer)} {self.unit}, ratio {self.spread()}"
        said += f", by processor time {self.processor:.2f}" if self.processor is not None else ""
        return said + (f", {self.share()}" if self.share_of_peak is not None else "")

    def spread(self) -> str:
        """The ratio with its range over the turns."""
        within = "" if self.low is None or self.high is None else f" ({self.low:.2f} to {self.high:.2f})"
        return f"{self.ratio:.2f}{within}"

    def share(self) -> str:
        """Of the peak, in words; empty where it was not measured."""
        return "" if self.share_of_peak is None else f"{self.share_of_peak:.0%} of {self.precision}"


@dataclass(frozen=True)
class Chart:
    """A small chart: `bars` lie, one a point's `x`, which is a name; `lines` go from number to number.

    Attributes:
        x, y: titles; of bars, `y` is what their length says.
        points: (series, x, y).
        log: both axes logarithmic; for lines.
    """

    title: str
    kind: Literal["bars", "lines"]
    x: str
    y: str
    points: tuple[tuple[str, str | float, float], ...]
    log: bool = False


@dataclass(frozen=True)
class Findings:
    """What one or several parts of a benchmark found, in the order in which they ran."""

    tables: tuple[Table, ...] = ()
    ratios: tuple[Ratio, ...] = ()
    charts: tuple[Chart, ...] = ()

    def __add__(self, more: Findings) -> Findings:
        return Findings(self.tables + more.tables, self.ratios + more.ratios, self.charts + more.charts)

    def text(self) -> str:
        """Tables and ratios, for people."""
        return "\n\n".join([*(t.text() for t in self.tables), "\n".join(r.text() for r in self.ratios)]).rstrip() + "\n"


@checked(frozen=True)
class Result:
    """A finished run of one script, as its JSON file has it.

    Attributes:
        name: of the script, or what the file was called where one script ran more than once.
        command: that makes it again; paths of data sets begin with `DIR`.
    """

    name: str
    command: str
    machine: Machine
    seconds: float
    tables: tuple[Table, ...] = ()
    ratios: tuple[Ratio, ...] = ()
    charts: tuple[Chart, ...] = ()


_RESULT = TypeAdapter(Result)


def write_result(path: Path, result: Result) -> None:
    """Write the file whole or not at all."""
    with new_file(path) as unfinished:
        unfinished.write_bytes(_RESULT.dump_json(result, indent=1) + b"\n")


def read_result(path: Path) -> Result:
    """Read a file of `write_result`. Raises `pydantic.ValidationError` for anything else."""
    return _RESULT.validate_json(path.read_bytes())


def add_json_option(parser: argparse.ArgumentParser) -> None:
    """`--json FILE`, the same in every script."""
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write what was found to this file")


class Run:
    """A script's run: says at once what its parts find, and keeps all of it for the file.

    The clock starts when it is made.
    """

    def __init__(self, machine: Machine, file: Path | None) -> None:
        self.machine, self.file, self.found = machine, file, Findings()
        self._began = time.perf_counter()
        print(machine.line(), flush=True)

    def add(self, part: Findings) -> None:
        """Print a part, and keep it."""
        print(f"\n{part.text()}", end="", flush=True)
        self.found += part

    def close(self) -> None:
        """Write the file, if one was asked for."""
        if self.file is None:
            return
        found, seconds = self.found, round(time.perf_counter() - self._began, 1)
        tables, ratios, charts = found.tables, found.ratios, found.charts
        result = Result(self.file.stem, shown_command(sys.argv), self.machine, seconds, tables, ratios, charts)
        write_result(self.file, result)


def shown_command(words: Sequence[str]) -> str:
    """A script's command as a page can show it.

    Paths in the repository are relative to it, others begin with `DIR`; `--json` and other people's interpreters, which
    do not affect any number, are left out.
    """
    kept: list[str] = []
    for word, before in zip(words[1:], words, strict=False):
        if word not in _SILENT and before not in _SILENT:
            kept.append(_shown(word))
    return shlex.join(["python", f"benchmarks/{Path(words[0]).name}", *kept])


_SILENT = ("--json", "--flair-python")


def _shown(word: str) -> str:
    path = Path(word)
    if not ("/" in word or word in (".", "..")) or not path.exists():
        return word
    full = path.resolve()
    if full.is_relative_to(ROOT):
        return str(full.relative_to(ROOT))
    if full.is_file():
        return f"DIR/{full.parent.name}/{full.name}"
    return f"DIR/{full.name}" if any(full.glob("train.*")) else "DIR"


def cell_text(value: Cell) -> str:
    """A cell as people read it: thousands apart, about three digits of a fraction."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, int) or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2g}" if abs(value) < 0.1 else f"{value:.2f}"
