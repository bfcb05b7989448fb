"""docs/performance.md from its template and the results beside it: text is written by hand, numbers never are.

    python benchmarks/page.py

Results are kept by class of processor (`processors.py`), in `results/CLASS/NAME.json`; each class keeps what was last
measured on such a machine. `performance.md.j2` asks for `{{ targets() }}`, a table of targets for each class, for
`{{ result("extraction") }}`, all that the files of this name have, and for `{{ runs() }}`, what the last runs of all
scripts did; `measured(name)` says whether there is such a result. Charts go to docs/images/performance.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from drawing import svg, targets_svg
from jinja2 import Environment, StrictUndefined
from processors import CLASSES, ProcessorClass
from pydantic import TypeAdapter
from pydantic.dataclasses import dataclass as checked
from results import RESULTS, ROOT, Cell, Ratio, Result, Table, cell_text, read_result
from targets import Judged, judged

from unfreeze.disk.files import new_file

TEMPLATE = Path(__file__).resolve().parent / "performance.md.j2"
PAGE = ROOT / "docs" / "performance.md"
IMAGES = "images/performance"  # beside the page
RUNS = "runs.json"  # beside the results of a class


@checked(frozen=True)
class Outcome:
    """What became of one script when all were run: `ran`, `skipped` or `failed`, and why."""

    name: str
    command: str
    became: str
    because: str = ""
    minutes: float = 0.0


_OUTCOMES = TypeAdapter(tuple[Outcome, ...])


def write_outcomes(folder: Path, outcomes: Sequence[Outcome]) -> None:
    """Keep what became of every script."""
    with new_file(folder / RUNS) as unfinished:
        unfinished.write_bytes(_OUTCOMES.dump_json(tuple(outcomes), indent=1) + b"\n")


def read_outcomes(folder: Path) -> tuple[Outcome, ...]:
    """Of the last run; none where there was none."""
    file = folder / RUNS
    return _OUTCOMES.validate_json(file.read_bytes()) if file.exists() else ()


@dataclass(frozen=True)
class Measured:
    """What is known of one class of processors: results by the name of their file, what became of each script."""

    results: Mapping[str, Result] = field(default_factory=dict)
    outcomes: tuple[Outcome, ...] = ()


All = Mapping[ProcessorClass, Measured]


def read_measured(folder: Path) -> dict[ProcessorClass, Measured]:
    """Of every class, from its folder in `folder`."""
    return {c: Measured(read_results(folder / c.folder), read_outcomes(folder / c.folder)) for c in CLASSES}


def read_results(folder: Path) -> dict[str, Result]:
    """Every result in a folder by the name of its file."""
    return {file.stem: read_result(file) for file in sorted(folder.glob("*.json")) if file.name != RUNS}


def page(template: str, measured: All) -> str:
    """The whole page as Markdown."""
    environment = Environment(undefined=StrictUndefined, keep_trailing_newline=True, trim_blocks=True)
    environment.globals.update(
        targets=lambda: "\n\n".join(targets(c, known.results) for c, known in measured.items()),
        result=lambda name: result(name, measured),
        runs=lambda: runs(measured),
        measured=lambda name: any(name in known.results for known in measured.values()),
    )
    return environment.from_string(template).render()


def targets(processor: ProcessorClass, results: Mapping[str, Result]) -> str:
    """Table and chart of a class's targets and what was measured of them, with the date of each run."""
    title = f"### {processor.title}\n\nThese are {processor.about}."
    rows = judged(results, processor)
    if not any(row.ratio for row in rows):
        return f"{title} **No run on such a machine yet.**\n\n{markdown(_target_table(rows))}"
    image = f"![Ratios and their targets]({IMAGES}/{image_name(processor, 'targets', 0)})"
    lines = "\n".join(f"*{line}*" for line in dict.fromkeys(r.result.machine.line() for r in rows if r.result))
    return "\n\n".join([title, markdown(_target_table(rows)), lines, image])


def _target_table(rows: Sequence[Judged]) -> Table:
    columns = ("target", "ratio", "ours", "peer", "", "ratio (least to greatest)", "by processor time", "wanted", "",
               "measured")  # fmt: skip
    return Table("", columns, tuple(_target_row(row) for row in rows))


def _target_row(row: Judged) -> tuple[Cell, ...]:
    number, wanted, ratio = f"{row.target.number}", row.target.wanted(), row.ratio
    if ratio is None or row.result is None:
        return (number, row.target.ratio, None, None, "", "", None, wanted, "not measured", "")
    figures = (ratio.ours, ratio.peer, ratio.unit, ratio.spread(), ratio.processor)
    return (number, ratio.name, *figures, wanted, row.target.verdict(ratio), row.result.machine.date)


def result(name: str, measured: All) -> str:
    """All that the results of this name have, by class of processor."""
    parts = [section(name, processor, known) for processor, known in measured.items()]
    return "\n\n".join(part for part in parts if part) or "Not measured yet."


def section(name: str, processor: ProcessorClass, known: Measured) -> str:
    """All that a result has: its command, ratios, tables with their machine, charts; empty where nothing is known."""
    missing = next((o for o in known.outcomes if o.name == name and o.became != "ran"), None)
    said = f"In the last run of all scripts this one {_became(missing)}." if missing else ""
    found = known.results.get(name)
    if found is None:
        return said and f"#### {processor.title}\n\n{said}"
    line = f"*{found.machine.line()}*"
    parts = [f"#### {processor.title}", f"    {found.command}", said]
    for table in found.tables:
        parts += [markdown(table), line]
    if found.ratios:
        parts += [markdown(_ratio_table("Ratios", found.ratios)), line]
    parts += [f"![{c.title}]({IMAGES}/{image_name(processor, name, i)})" for i, c in enumerate(found.charts)]
    return "\n\n".join(part for part in parts if part)


def runs(measured: All) -> str:
    """What became of every script, and how long it took, by class of processor."""
    parts = [
        f"#### {processor.title}\n\n{markdown(Table('', ('script', '', 'minutes'), _run_rows(known.outcomes)))}"
        for processor, known in measured.items() if known.outcomes
    ]  # fmt: skip
    return "\n\n".join(parts) or "They have not been run together yet."


def _run_rows(outcomes: Sequence[Outcome]) -> tuple[tuple[Cell, ...], ...]:
    return tuple((f"`{o.command}`", _became(o), o.minutes if o.became == "ran" else None) for o in outcomes)


def _became(outcome: Outcome) -> str:
    words = {"ran": "ran", "skipped": "was skipped", "failed": "failed"}[outcome.became]
    return words + (f", because {outcome.because}" if outcome.because else "")


def _ratio_table(title: str, ratios: Sequence[Ratio]) -> Table:
    columns = ("ratio", "ours", "peer", "", "ratio (least to greatest)", "by processor time", "of the peak")
    rows = tuple((r.name, r.ours, r.peer, r.unit, r.spread(), r.processor, r.share()) for r in ratios)
    return Table(title, columns, rows)


def markdown(table: Table) -> str:
    """A table with its title above and its note below."""
    lines = [_row(table.columns), _row(["---", *["---:"] * (len(table.columns) - 1)])]
    lines += [_row([cell_text(cell) for cell in row]) for row in table.rows]
    return "\n\n".join(
        part for part in (f"**{table.title}**" * bool(table.title), "\n".join(lines), table.note) if part
    )


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def image_name(processor: ProcessorClass, name: str, number: int) -> str:
    """File of a result's chart, counted from 0."""
    return f"{processor.folder}-{name}-{number}.svg"


def images(measured: All) -> dict[str, str]:
    """File name to SVG of every chart that the page may show."""
    drawn = {}
    for processor, known in measured.items():
        for name, found in known.results.items():
            drawn |= {image_name(processor, name, i): svg(chart) for i, chart in enumerate(found.charts)}
        rows = judged(known.results, processor)
        if any(row.ratio for row in rows):
            drawn[image_name(processor, "targets", 0)] = targets_svg(rows)
    return drawn


def write_page(results: Path = RESULTS, file: Path = PAGE) -> None:
    """Rewrite the page and its charts, which lie beside it; charts that it no longer shows go."""
    measured, folder = read_measured(results), file.parent / IMAGES
    drawn = images(measured)
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.svg"):
        if old.name not in drawn:
            old.unlink()
    for name, text in drawn.items():
        (folder / name).write_text(text, encoding="utf-8")
    file.write_text(page(TEMPLATE.read_text(encoding="utf-8"), measured), encoding="utf-8")


if __name__ == "__main__":
    write_page()
