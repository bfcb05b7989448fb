"""What the pages of all studies share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from importlib.metadata import version

from unfreeze.methods.table import METHODS
from unfreeze.recipe import MethodName
from unfreeze.studies.asked import Asked, Cell, Measured
from unfreeze.studies.desk import Desk
from unfreeze.studies.jointly import judged_together
from unfreeze.studies.page import Claim, Figure, Page, Table
from unfreeze.studies.sets import SETS

NAMES: dict[MethodName, str] = {method.name: method.words.short for method in METHODS}
FEW_SEEDS = "With fewer than five seeds an interval covers the luck of training only roughly."
SOURCE = "Peters, Ruder & Smith 2019"


def page_of(
    desk: Desk,
    name: str,
    question: str,
    where: str,
    tables: Sequence[Table],
    claims: Sequence[Claim],
    results: Sequence[Measured] = (),
    looked_into: Sequence[Cell] = (),
    figure: Figure | None = None,
    differs: Sequence[str] = (),
) -> Page:
    """The page, with what every study reports about sizes, encoders, recipes and intervals.

    Args:
        results: those that the page is made from.
        looked_into: cells whose layers it is made from.
    """
    claims = judged_together(claims)
    cells = [*(one.cell for one in results), *looked_into]
    sizes: dict[str, set[int]] = {}
    for task, size in (
        *((one.cell.task, one.train_examples) for one in results),
        *((cell.task, len(desk.dataset(cell).train)) for cell in looked_into),
    ):
        sizes.setdefault(task, set()).add(size)
    used = dict.fromkeys(cell.encoder for cell in cells)
    trained = "; ".join(f"{SETS[task].title} {_range(counts)}" for task, counts in sizes.items())
    about = [f"{desk.about(e).shown}: {desk.about(e).layers} layer states of width {desk.about(e).width}" for e in used]
    found = {task: desk.found(task) for task in sizes}
    notes = [f"{SETS[task].title}: {one.note}." for task, one in found.items() if one is not None and one.note]
    diverged = sum(one.diverged for one in results)
    usual = [
        f"Encoders: {'; '.join(about)}." if about else "",
        f"Training examples: {trained}." if trained else "",
        *notes,
        f"Recipes are those of the budgets' table, {_recipes(cells)}, not tuned for a result." if cells else "",
        f"Their minimum number of steps for small training sets is capped at {desk.asked.min_steps} (but for "
        "frozen linear heads); their numbers of epochs are as they are." if desk.asked.min_steps is not None else "",
        _nothing_learned(desk, results),
        f"{diverged} runs diverged; each counts with what it had learned before." if diverged else "",
        FEW_SEEDS if desk.asked.seeds < 5 else "",
        *_chance(claims),
    ]  # fmt: skip
    return Page(
        name, question, f"{SOURCE}, {where}", tally(claims), tuple(tables), tuple(claims),
        tuple(line for line in (*differs, *usual) if line), _settings(desk, results), figure,
    )  # fmt: skip


def _chance(claims: Sequence[Claim]) -> list[str]:
    """How findings are kept from holding by chance."""
    jointly = sum(claim.p is not None for claim in claims)
    alone = len(claims) - jointly
    said = []
    if jointly > 1:
        said.append(
            f"{jointly} findings are judged together (Holm): one holds, or does not, where its p over the page is at "
            "most 0.05, so that where none is true a page has one by chance in at most one case of twenty. Intervals "
            "are shown as they are for each alone."
        )
    if alone > 9:
        said.append(f"One in twenty intervals misses by chance; {alone} findings are judged each alone.")
    return said


def _settings(desk: Desk, results: Sequence[Measured]) -> tuple[tuple[str, str], ...]:
    asked = desk.asked
    return (
        ("encoders", ", ".join(asked.encoders)),
        ("sets under", str(asked.data_root)),
        ("only these sets", ", ".join(asked.tasks) if asked.tasks else "no: each study's own"),
        ("maximum training and dev examples", _all_rows(asked)),
        ("maximum test examples", _most(asked.tested)),
        ("seeds", str(asked.seeds)),
        (
            "minimum steps of a run",
            "the table's" if asked.min_steps is None else f"the table's, at most {asked.min_steps}",
        ),
        ("budget", asked.budget),
        ("pretraining text", ", ".join(asked.corpus) or "not given"),
        ("device and precision", f"{asked.device}, {desk.precision}"),
        ("unfreeze", version("unfreeze")),
        ("training time", _time(results)),
    )


def _time(results: Sequence[Measured]) -> str:
    """`3.2 h on MACHINE`: of all final runs, one after the other."""
    seconds = sum(one.train_s for one in results)
    told = f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"
    machines = dict.fromkeys(machine for one in results for machine in one.machines)
    return f"{told} on {'; '.join(machines)}" if machines else told


def tally(claims: Sequence[Claim]) -> str:
    """How many findings hold."""
    if not claims:
        return "Nothing that the paper concludes could be put to the test with these sets and encoders."
    counts = Counter(claim.held for claim in claims)
    total = f"Of {len(claims)} findings put to the test here"
    return f"{total}, {counts['holds']} hold, {counts['does not hold']} do not, {counts['open']} stay open."


def _nothing_learned(desk: Desk, results: Sequence[Measured]) -> str:
    """Where the encoder was of no use: scores that cannot be distinguished from a constant answer's."""
    found: Counter[str] = Counter()
    for one in results:
        if not one.learned:
            where = f"{desk.about(one.cell.encoder).shown}, {SETS[one.cell.task].title}, {NAMES[one.recipe.method]}"
            found[where] += 1
    if not found:
        return ""
    places = "; ".join(f"{where} ({count} cells)" if count > 1 else where for where, count in found.items())
    return f"Not above the best constant answer beyond doubt, so comparing them shows little: {places}."


def _most(count: int | None) -> str:
    return "all" if count is None else f"{count:,}"


def _all_rows(asked: Asked) -> str:
    single = "".join(f"; {SETS[task].title} {most:,}" for task, most in asked.rows_of)
    return f"{_most(asked.rows)}{single}"


def _range(counts: set[int]) -> str:
    low, high = min(counts), max(counts)
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"


def _recipes(cells: Sequence[Cell]) -> str:
    most = max(len(cell.recipes) for cell in cells)
    return "one per cell" if most == 1 else f"chosen on dev from up to {most} per cell"
