"""From measured cells to numbers in words and to claims that hold, do not hold, or stay open. No torch here."""

from __future__ import annotations

from collections.abc import Sequence

from unfreeze.judging.planning import Had
from unfreeze.judging.stats import Difference
from unfreeze.judging.two_way import measured
from unfreeze.judging.wording import ends, signed
from unfreeze.studies.asked import Measured
from unfreeze.studies.page import Claim, Entry, Held
from unfreeze.studies.published import LARGE

DRAWS = 2_000


def score_entry(measured: Measured | None, published: float | None = None) -> Entry:
    """`82.2 ± 0.4`, points."""
    if measured is None:
        return Entry("–")
    return Entry(
        f"{100 * measured.mean:.1f} ± {100 * measured.std:.1f}", "" if published is None else f"{published:.1f}"
    )


def difference(first: Measured, second: Measured) -> Difference:
    """First minus second, on the same test items."""
    return contrast([first, second], [1.0, -1.0])


def gap_words(mean: float, low: float, high: float) -> str:
    """`+1.3 [-0.04, +2.6]`, points, from fractions."""
    return f"{signed(mean)} {ends(low, high)}"


def gap_entry(gap: Difference, published: float | None = None) -> Entry:
    """A difference with its interval."""
    return Entry(gap_words(gap.mean, gap.lo, gap.hi), "" if published is None else f"{published:+.1f}")


def gap_row(name: str, gap: Difference, published: float | None = None) -> dict[str, object]:
    """A difference as a row of `figures.gaps`, points."""
    return {"row": name, "mean": 100 * gap.mean, "low": 100 * gap.lo, "high": 100 * gap.hi, "published": published}


def contrast(cells: Sequence[Measured], weights: Sequence[float]) -> Difference:
    """Weighted sum of cells' mean scores with its interval; the same test items for all."""
    first = cells[0]
    arms = measured([cell.statistics for cell in cells], first.measure, DRAWS)
    return arms.difference(weights)


def sign_held(low: float, high: float, sign: int) -> Held:
    """Whether a difference with this interval (fractions) has the sign that was found: +1 or -1; 0 is near 0.

    Near 0 is within the point that the paper itself takes for a difference.
    """
    if sign == 0:
        region = LARGE / 100
        if -region <= low and high <= region:
            return "holds"
        return "does not hold" if low > region or high < -region else "open"
    if sign * low > 0 and sign * high > 0:
        return "holds"
    return "does not hold" if sign * low < 0 and sign * high < 0 else "open"


def sign_of(points: float) -> int:
    """The sign that a published difference (points) stands for; 0 where it is not above what the paper colours."""
    return 0 if abs(points) <= LARGE else (1 if points > 0 else -1)


def sign_claim(
    text: str, about: str, gap: Difference, sign: int, of: Sequence[Measured], conclusion: int | None = None
) -> Claim:
    """The claim that a difference has a sign.

    Args:
        of: the cells that it is the difference of; where none of them learned anything, their difference means nothing.
    """
    said = gap_words(gap.mean, gap.lo, gap.hi)
    if not any(cell.learned for cell in of):
        return Claim(text, about, "open", f"{said}, none above a constant answer", conclusion)
    seeds, items = (min(cell.statistics.shape[axis] for cell in of) for axis in (0, 1))
    had = None if gap.spread is None else Had(gap.spread, items, seeds)
    return Claim(text, about, sign_held(gap.lo, gap.hi, sign), said, conclusion, sign_p(gap, sign), had)


def sign_p(gap: Difference, sign: int) -> float:
    """The error of the interval that just decides about a sign, see `sign_held`: it ends at 0, or at near 0's edge."""
    if gap.spread is None:
        return gap.p
    middle = abs(gap.lo + gap.hi) / 2  # not the mean where pseudo-items moved the interval
    return gap.spread.p(middle if sign else abs(middle - LARGE / 100))
