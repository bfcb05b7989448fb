"""docs/performance.md from its template and the results beside it: text is written by hand, numbers never are.

    python benchmarks/page.py

`performance.md.j2` asks for `{{ targets() }}`, the ratios with a target, for `{{ result("extraction") }}`, all that one
file in `results/` has, and for `{{ runs() }}`, what the last run of all of them did; `measured(name)` says whether
there is such a result. Charts go to docs/images/performance.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from drawing import svg, targets_svg
from jinja2 import Environment, StrictUndefined
from pydantic import TypeAdapter
from pydantic.dataclasses import dataclass as checked
from results import RESULTS, ROOT, Cell, Ratio, Result, Table, cell_text, read_result

from unfreeze.disk.files import new_file

TEMPLATE = Path(__file__).resolve().parent / "performance.md.j2"
PAGE = ROOT / "docs" / "performance.md"
IMAGES = "images/performance"  # beside the page
RUNS = "runs.json"  # beside the results


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


def read_results(folder: Path) -> dict[str, Result]:
    """Every result in a folder by the name of its file."""
    return {file.stem: read_result(file) for file in sorted(folder.glob("*.json")) if file.name != RUNS}


def page(template: str, results: Mapping[str, Result], outcomes: Sequence[Outcome]) -> str:
    """The whole page as Markdown."""
    environment = Environment(undefined=StrictUndefined, keep_trailing_newline=True, trim_blocks=True)
    environment.globals.update(
        targets=lambda: targets(results),
        result=lambda name: section(name, results, outcomes),
        runs=lambda: runs(outcomes),
        measured=lambda name: name in results,
    )
    return environment.from_string(template).render()


def with_target(results: Mapping[str, Result]) -> list[Ratio]:
    """Ratios that the project has set itself a target for."""
    return [ratio for result in results.values() for ratio in result.ratios if ratio.target is not None]


def targets(results: Mapping[str, Result]) -> str:
    """Table and chart of every ratio with a target; machines stand beside the tables that they are from."""
    ratios = with_target(results)
    if not ratios:
        return "No result with a target is there yet."
    image = f"![Ratios and their targets]({IMAGES}/{image_name('targets', 0)})"
    return f"{markdown(_ratio_table('', ratios))}\n\n{image}"


def section(name: str, results: Mapping[str, Result], outcomes: Sequence[Outcome]) -> str:
    """All that a result has: its command, ratios, tables with their machine, charts."""
    missing = next((o for o in outcomes if o.name == name and o.became != "ran"), None)
    said = f"In the last run of all scripts this one {_became(missing)}." if missing else ""
    if name not in results:
        return said or "Not measured yet."
    result = results[name]
    parts = [f"    {result.command}", said]
    for table in result.tables:
        parts += [markdown(table), f"*{result.machine.line()}*"]
    if result.ratios:
        parts += [markdown(_ratio_table("Ratios", result.ratios)), f"*{result.machine.line()}*"]
    parts += [f"![{c.title}]({IMAGES}/{image_name(name, i)})" for i, c in enumerate(result.charts)]
    return "\n\n".join(part for part in parts if part)


def runs(outcomes: Sequence[Outcome]) -> str:
    """What became of every script, and how long it took."""
    rows = tuple((f"`{o.command}`", _became(o), o.minutes if o.became == "ran" else None) for o in outcomes)
    return markdown(Table("", ("script", "", "minutes"), rows)) if rows else "They have not been run together yet."


def _became(outcome: Outcome) -> str:
    words = {"ran": "ran", "skipped": "was skipped", "failed": "failed"}[outcome.became]
    return words + (f", because {outcome.because}" if outcome.because else "")


def _ratio_table(title: str, ratios: Sequence[Ratio]) -> Table:
    columns = ("ratio", "ours", "peer", "", "ratio (least to greatest)", "by processor time", "of the peak",
               "target (aim)", "")  # fmt: skip
    rows: list[tuple[Cell, ...]] = [
        (r.name, r.ours, r.peer, r.unit, r.spread(), r.processor, r.share(), r.wanted(), r.verdict()) for r in ratios
    ]
    return Table(title, columns, tuple(rows))


def markdown(table: Table) -> str:
    """A table with its title above and its note below."""
    lines = [_row(table.columns), _row(["---", *["---:"] * (len(table.columns) - 1)])]
    lines += [_row([cell_text(cell) for cell in row]) for row in table.rows]
    return "\n\n".join(
        part for part in (f"**{table.title}**" * bool(table.title), "\n".join(lines), table.note) if part
    )


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def image_name(result: str, number: int) -> str:
    """File of a result's chart, counted from 0."""
    return f"{result}-{number}.svg"


def images(results: Mapping[str, Result]) -> dict[str, str]:
    """File name to SVG of every chart that the page may show."""
    drawn = {image_name(name, i): svg(c) for name, result in results.items() for i, c in enumerate(result.charts)}
    ratios = with_target(results)
    return drawn | ({image_name("targets", 0): targets_svg(ratios)} if ratios else {})


def write_page(results: Path = RESULTS, file: Path = PAGE) -> None:
    """Rewrite the page and its charts, which lie beside it; charts that it no longer shows go."""
    found, folder = read_results(results), file.parent / IMAGES
    drawn = images(found)
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.svg"):
        if old.name not in drawn:
            old.unlink()
    for name, text in drawn.items():
        (folder / name).write_text(text, encoding="utf-8")
    text = page(TEMPLATE.read_text(encoding="utf-8"), found, read_outcomes(results))
    file.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write_page()
