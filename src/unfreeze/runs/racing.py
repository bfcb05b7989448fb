"""Trials that cannot win any more are stopped: successive halving at one rung, a set share of each trial's schedule.

A trial is out if its best dev score up to the rung lies too far behind the best one that a trial before it, in the
order of the recipes, had at its own rung (after Jamieson & Talwalkar 2016, but with a margin in the place of a share of
the trials). Only trials before it count, so what becomes of a trial depends on nothing but them and itself: not on
which ran side by side, on what a killed program had finished, or on recipes that are added behind. One that had gone
further when that was known is cut at its rung.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from unfreeze.records.comparison import EpochPoint, Rung, RunRecord
from unfreeze.training.loop import Epoch, GoesOn

PART = 3  # a rung is the first reading of dev after one step in three of the schedule,
LEAST = 100  # and after 100 steps: before that a head that learns slowly is at chance, whatever it reaches later
ERRORS, GROWTH = 2.0, 0.02
"""How far behind a trial may be: in standard errors of a difference of two scores on dev, and beside them what one
trial may gain on another after the rung (benchmarks/racing.py)."""


def margin(best: float, size: int) -> float:
    """How far behind the best score a trial may be and still go on.

    The standard error is that of two shares of right answers on other items each: of the same items it is smaller.

    Args:
        best: the best score at the rung.
        size: items of dev.
    """
    share = min(max(best, 0.5), 1 - 1 / (size + 2))
    return GROWTH + ERRORS * math.sqrt(2 * share * (1 - share) / size)


def readings_to_rung(steps: Sequence[int], planned: int) -> int:
    """How many readings of dev a trial has at its rung, or all of them where it does not reach it.

    Args:
        steps: taken by each reading.
        planned: of the whole schedule.
    """
    return next((number for number, step in enumerate(steps, start=1) if at_rung(step, planned)), len(steps))


def at_rung(step: int, planned: int) -> bool:
    """Whether a reading after that step is at the rung, or beyond it."""
    return step >= LEAST and PART * step >= planned


def rung_of(readings: Sequence[Epoch], planned: int, ended: bool, work: int) -> Rung | None:
    """What a trial had at its rung; None where no score was finite by then.

    Args:
        readings: of the whole run, or as far as it is.
        ended: it has ended of itself.
        work: multiply-adds up to the rung.
    """
    up_to = readings[: readings_to_rung([one.step for one in readings], planned)]
    curves = [points(up_to, member) for member in range(len(up_to[0].dev))] if up_to else []
    tops = [max((point.dev for point in curve), default=-math.inf) for curve in curves]
    if max(tops, default=-math.inf) == -math.inf:
        return None
    return Rung(curves[tops.index(max(tops))], work, ended and len(up_to) == len(readings))


def points(readings: Sequence[Epoch], member: int) -> tuple[EpochPoint, ...]:
    """The readings of a member at which loss and dev score were finite."""
    return tuple(
        EpochPoint(one.epoch, one.step, one.loss[member], one.dev[member], one.seconds, one.rate)
        for one in readings
        if math.isfinite(one.loss[member]) and math.isfinite(one.dev[member])
    )


@dataclass
class Race:
    """The trials of a method; they may run in several threads.

    Attributes:
        order: ids of the trials, in the order of the recipes.
        size: items of dev.
        metric: the main one.
        reached: what those that are at their rung, or beyond it, had there.
    """

    order: Sequence[str]
    size: int
    metric: str
    reached: dict[str, float] = field(default_factory=dict)

    def goes_on(self, trial: str) -> GoesOn:
        """Whether a trial goes on, for the training loop to ask at its readings of dev."""

        def ask(readings: Sequence[Epoch], planned: int) -> bool:
            if not at_rung(readings[-1].step, planned):
                return True
            rung = rung_of(readings, planned, ended=False, work=0)
            if rung is not None:
                self.reached[trial] = rung.dev
            return self.ahead(trial) is None

        return ask

    def ahead(self, trial: str) -> float | None:
        """The best score at the rung of a trial before this one if this one is too far behind, as far as is known."""
        before = [self.reached[one] for one in self.order[: self.order.index(trial)] if one in self.reached]
        if not before or trial not in self.reached:
            return None
        best = max(before)
        return best if self.reached[trial] < best - margin(best, self.size) else None

    def judged(self, record: RunRecord) -> RunRecord:
        """A trial's record as it stands in this race: cut at its rung if it is out there.

        One that was stopped and is not out, since recipes before it are others now, comes back with `stopped` as it
        was: what it would have reached is not known.
        """
        if record.stopped is not None:
            self.reached[record.id] = record.dev[self.metric]
        elif record.rung is not None:
            self.reached[record.id] = record.rung.dev
        best = self.ahead(record.id)
        if best is None or (record.rung is not None and record.rung.last):
            return record
        return replace(cut(record, record.rung, self.metric), stopped=best)

    def revoked(self, record: RunRecord) -> bool:
        """Whether a trial was stopped that is not out."""
        return record.stopped is not None and self.ahead(record.id) is None


def cut(record: RunRecord, rung: Rung | None, metric: str) -> RunRecord:
    """A trial as it was at its rung, of which nothing is kept; one that was cut before as it is."""
    if rung is None:
        return record
    best = max(rung.curve, key=lambda point: point.dev)
    return replace(
        record,
        dev={metric: best.dev},
        best_epoch=best.epoch,
        curve=rung.curve,
        degenerate=False,
        diverged=False,
        layer_weights=None,
        chosen={},
        work=rung.work,
        trained_parameters=0,
        stored_mb=0.0,
        rung=None,
    )
