"""What the pages of all studies share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from unfreeze.plan import Method
from unfreeze.studies.asked import Measured
from unfreeze.studies.desk import Desk
from unfreeze.studies.page import Claim, Figure, Page, Table
from unfreeze.studies.sets import SETS

NAMES: dict[Method, str] = {"feature-extraction": "frozen", "fine-tuning": "tuned"}
SOURCE = "Peters, Ruder & Smith 2019"


def seeds_of(desk: Desk) -> tuple[int, ...]:
    """Of every cell."""
    return tuple(range(desk.asked.seeds))


def rows_of(desk: Desk, task: str) -> int | None:
    """Training examples of a cell."""
    return desk.asked.rows


def page_of(
    desk: Desk,
    name: str,
    question: str,
    where: str,
    tables: Sequence[Table],
    claims: Sequence[Claim],
    results: Sequence[Measured],
    figure: Figure | None = None,
    differs: Sequence[str] = (),
) -> Page:
    """The page, with what every study has to say of sizes, encoders and recipes."""
    sizes: dict[str, set[int]] = {}
    for one in results:
        sizes.setdefault(one.cell.task, set()).add(one.train_examples)
    used = dict.fromkeys(one.cell.encoder for one in results)
    notes = [f"{SETS[task].title}: {SETS[task].note}." for task in sizes if SETS[task].note]
    trained = "; ".join(f"{SETS[task].title} {_range(counts)}" for task, counts in sizes.items())
    about = [f"{desk.about(name).shown}: {desk.about(name).layers} layer states of width {desk.about(name).width}"
             for name in used]  # fmt: skip
    usual = [
        f"Encoders: {'; '.join(about)}." if about else "",
        f"Training examples: {trained}." if trained else "",
        *notes,
        f"Recipes are those of the budgets' table, {_recipes(results)}, not tuned for a result." if results else "",
    ]
    diverged = sum(one.diverged for one in results)
    if diverged:
        usual.append(f"{diverged} runs diverged; each counts with what it had learned before.")
    asked = desk.asked
    settings = (
        ("encoders", ", ".join(asked.encoders)), ("seeds", str(asked.seeds)), ("budget", asked.budget),
        ("most training examples", "all" if asked.rows is None else f"{asked.rows:,}"),
        ("training time", f"{sum(one.train_s for one in results) / 60:.0f} min"),
    )  # fmt: skip
    return Page(
        name, question, f"{SOURCE}, {where}", tally(claims), tuple(tables), tuple(claims),
        tuple(line for line in (*differs, *usual) if line), settings, figure,
    )  # fmt: skip


def tally(claims: Sequence[Claim]) -> str:
    """How many findings hold."""
    if not claims:
        return "Nothing that the paper concludes could be put to the test with these sets and encoders."
    counts = Counter(claim.held for claim in claims)
    total = f"Of {len(claims)} findings put to the test here"
    return f"{total}, {counts['holds']} hold, {counts['does not hold']} do not, {counts['open']} stay open."


def _range(counts: set[int]) -> str:
    low, high = min(counts), max(counts)
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"


def _recipes(results: Sequence[Measured]) -> str:
    most = max(len(one.cell.recipes) for one in results)
    return "one a cell" if most == 1 else f"of up to {most} a cell dev chooses"
