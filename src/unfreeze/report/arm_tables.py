"""Tables of any number of arms: plain strings, ready to print."""

from __future__ import annotations

from collections.abc import Sequence

from unfreeze.judging.result import Result
from unfreeze.report.looks import looks
from unfreeze.report.numbers import megabytes, metric_name, points, seconds, signed
from unfreeze.report.ranking import Ranked, Step, finding_of
from unfreeze.report.tables import Table, between, counted

NONE = "\N{EN DASH}"


def arms(result: Result, rows: Sequence[Ranked]) -> Table:
    """Score and cost of every arm, the highest score first; the arm to use is marked."""
    cells = []
    for row in rows:
        test, cost = row.arm.test, row.arm.cost
        latency = cost.latency_ms.get("1")
        text = NONE if latency is None else f"{latency:.1f} ms"
        cells.append(
            (
                row.label,
                points(test.mean),
                between(*test.ci95),
                between(*test.joint_ci95),
                "yes" if row.arm.id in result.verdict.contenders else "no",
                counted(cost),
                "yes" if row.on_front else "no",
                *([] if result.seconds_differ else [seconds(cost.extract_s + cost.train_s)]),
                megabytes(cost.stored_mb),
                *([] if result.latency_differs else [text]),
            )
        )
    heads = (
        "arm", f"test {metric_name(result.metric)}", "95 % interval", "all at once", "contender",
        "multiply-adds", "front", *([] if result.seconds_differ else ["training"]), "to keep",
        *([] if result.latency_differs else ["one text"]),
    )  # fmt: skip
    marked = frozenset(i for i, row in enumerate(rows) if row.arm.id == result.verdict.use)
    return Table(
        "Every arm, the one to use marked", heads, tuple(cells), frozenset({1, 2, 3, 5, *range(7, len(heads))}), marked
    )


def steps(changes: Sequence[Step], caption: str, equivalence: float) -> Table:
    """What each step adds, and what it is; intervals are simultaneous."""
    rows = tuple(
        (
            step.label,
            signed(step.gap.mean, 1),
            f"{signed(step.gap.joint_ci95[0], 1)} to {signed(step.gap.joint_ci95[1], 1)}",
            finding_of(step.gap),
            NONE if step.work is None else f"\N{MULTIPLICATION SIGN} {step.work:.3g}",
        )
        for step in changes
    )
    heads = ("step", "points", "95 % interval, all at once", "so the second is", "computing")
    return Table(caption, heads, rows, frozenset({1, 2, 4}))


def pairs(result: Result) -> Table:
    """All pairs of arms, the better one first, in the order of the differences; intervals are simultaneous."""
    look = looks(result.arms)
    gaps = [gap if gap.mean >= 0 else gap.reversed() for gap in result.differences]
    rows = tuple(
        (
            f"{look[gap.first].label} \N{MINUS SIGN} {look[gap.second].label}",
            signed(gap.mean),
            f"{signed(gap.joint_ci95[0])} to {signed(gap.joint_ci95[1])}",
            f"{gap.joint_p:.3f}",
            finding_of(gap),
        )
        for gap in sorted(gaps, key=lambda gap: -gap.mean)
    )
    heads = ("pair", "points", "95 % interval, all at once", "p, all at once", "so the first is")
    return Table("All pairs of arms, the widest difference first", heads, rows, frozenset({1, 2, 3}))


def turned(table: Table) -> Table:
    """A table with a column for each arm, with a row for each instead: for more columns than a page is wide."""
    heads = table.heads[1:]
    rows = tuple((head, *(row[place] for row in table.rows)) for place, head in enumerate(heads, 1))
    columns = ("arm", *(row[0] for row in table.rows))
    return Table(table.caption, columns, rows, frozenset(range(1, len(columns))))
