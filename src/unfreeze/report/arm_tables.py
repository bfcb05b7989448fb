"""Tables of any number of arms: plain strings, ready to print."""

from __future__ import annotations

from collections.abc import Sequence

from unfreeze.judging.result import Result
from unfreeze.language.message import say
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
                say("yes") if row.arm.id in result.verdict.contenders else say("no"),
                counted(cost),
                say("yes") if row.on_front else say("no"),
                *([] if result.seconds_differ else [seconds(cost.extract_s + cost.train_s)]),
                megabytes(cost.stored_mb),
                *([] if result.latency_differs else [text]),
            )
        )
    heads = (
        say("arm"), say("test {metric}", metric=metric_name(result.metric)), say("95 % interval"),
        say("all at once"), say("contender"),
        say("multiply-adds"), say("front"), *([] if result.seconds_differ else [say("training")]), say("to keep"),
        *([] if result.latency_differs else [say("one text")]),
    )  # fmt: skip
    marked = frozenset(i for i, row in enumerate(rows) if row.arm.id == result.verdict.use)
    return Table(
        say("Every arm, the one to use marked"),
        heads,
        tuple(cells),
        frozenset({1, 2, 3, 5, *range(7, len(heads))}),
        marked,
    )


def steps(changes: Sequence[Step], caption: str, equivalence: float) -> Table:
    """What each step adds, and what it is; intervals are simultaneous."""
    rows = tuple(
        (
            step.label,
            signed(step.gap.mean, 1),
            say(
                "{low} to {high}",
                low=signed(step.gap.joint_ci95[0], 1),
                high=signed(step.gap.joint_ci95[1], 1),
            ),
            finding_of(step.gap),
            NONE if step.work is None else f"\N{MULTIPLICATION SIGN} {step.work:.3g}",
        )
        for step in changes
    )
    heads = (say("step"), say("points"), say("95 % interval, all at once"), say("so the second is"), say("computing"))
    return Table(caption, heads, rows, frozenset({1, 2, 4}))


def pairs(result: Result) -> Table:
    """All pairs of arms, the better one first, in the order of the differences; intervals are simultaneous."""
    look = looks(result.arms)
    gaps = [gap if gap.mean >= 0 else gap.reversed() for gap in result.differences]
    rows = tuple(
        (
            say("{first} \N{MINUS SIGN} {second}", first=look[gap.first].label, second=look[gap.second].label),
            signed(gap.mean),
            say(
                "{low} to {high}",
                low=signed(gap.joint_ci95[0]),
                high=signed(gap.joint_ci95[1]),
            ),
            f"{gap.joint_p:.3f}",
            finding_of(gap),
        )
        for gap in sorted(gaps, key=lambda gap: -gap.mean)
    )
    heads = (
        say("pair"),
        say("points"),
        say("95 % interval, all at once"),
        say("p, all at once"),
        say("so the first is"),
    )
    return Table(say("All pairs of arms, the widest difference first"), heads, rows, frozenset({1, 2, 3}))


def turned(table: Table) -> Table:
    """A table with a column for each arm, with a row for each instead: for more columns than a page is wide."""
    heads = table.heads[1:]
    rows = tuple((head, *(row[place] for row in table.rows)) for place, head in enumerate(heads, 1))
    columns = (say("arm"), *(row[0] for row in table.rows))
    return Table(table.caption, columns, rows, frozenset(range(1, len(columns))))
