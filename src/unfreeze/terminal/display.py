"""What the terminal shows while something runs."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from unfreeze.language.choice import told
from unfreeze.language.message import joined, say, template
from unfreeze.pretraining.record import Record
from unfreeze.terminal.interrupts import Interrupts, remembered
from unfreeze.terminal.languages import echo

if TYPE_CHECKING:
    from unfreeze.pretraining.loop import Progress as Step


@dataclass
class _AtWork:
    """A live line: of what it is done `share`, which is not known before its first step."""

    line: TaskID
    began: float
    share: float | None = None
    took: float | None = None  # seconds, once it has ended

    @property
    def to_come(self) -> float:
        """Seconds, as far as can be told."""
        if self.took is not None or self.share is None:
            return 0.0
        return (time.perf_counter() - self.began) * (1 - self.share) / self.share


class Display:
    """A live line for all that is at work: how far it is, how many runs are left, about how long, the best dev score.

    Where the output is not a terminal, each finished run is a plain line instead.

    Args:
        interrupts: looked at whenever something begins, continues or ends.
    """

    def __init__(self, interrupts: Interrupts | None = None) -> None:
        self._interrupts = interrupts or Interrupts()
        self.console = Console(highlight=False)
        self.progress = Progress(
            TextColumn("{task.description}"), BarColumn(bar_width=24), TextColumn("{task.percentage:>3.0f} %"),
            TextColumn("{task.fields[left]}"), TextColumn("{task.fields[best]}"), TimeElapsedColumn(),
            console=self.console, transient=True, disable=not self.console.is_terminal,
        )  # fmt: skip
        self.at_work: dict[str, _AtWork] = {}
        self.pretraining: TaskID | None = None
        self.left, self.best = 0, float("-inf")
        self.pace: float | None = None  # seconds of the last run that ended

    def __enter__(self) -> Display:
        self.progress.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.progress.stop()

    def say(self, line: str) -> None:
        """Print a line above the live one."""
        self.console.print(told(line), markup=False, soft_wrap=True)

    def begin(self, what: str, left: int) -> None:
        """See `Watcher.begin`."""
        self._interrupts.check()
        self.left = left
        line = self.progress.add_task(
            told(what), total=1, left=told(say("{left} runs to follow", left=left)), best=self._told(self.best)
        )
        self.at_work[what] = _AtWork(line, time.perf_counter())

    def step(self, what: str, done: int, total: int, best: float | None) -> None:
        """See `Watcher.step`."""
        self._interrupts.check()
        now = self.at_work[what]
        now.share = max(done / total, 1e-9)
        # Runs that follow are most like those at work; before its first score this may still be an extraction.
        pace = (time.perf_counter() - now.began) / now.share if best is not None else self.pace
        going = [one for one in self.at_work.values() if one.took is None]
        seconds = max(one.to_come for one in going) + self.left * (pace or 0) / len(going)
        words = _IN_THIS_ONE if self.left and pace is None else _LEFT
        left = told(say(words, left=self.left, time=clock(seconds)))
        top = self.best if best is None else max(self.best, best)
        self.progress.update(now.line, completed=now.share, left=left, best=self._told(top))

    @staticmethod
    def _told(best: float) -> str:
        return told(say("best dev {best:.1f}", best=100 * best)) if best > float("-inf") else ""

    def end(self, what: str, score: float | None, of: str | None = None) -> None:
        """See `Watcher.end`."""
        self._interrupts.check()
        now = self.at_work[of or what]
        if now.took is None:
            now.took = time.perf_counter() - now.began
            self.progress.remove_task(now.line)
        if score is None:
            self.say(say("  {what}: {time}", what=what, time=clock(now.took)))
            return
        self.pace, self.best = now.took, max(self.best, score)
        self.say(say("  {what}: dev {score:.1f}, {time}", what=what, score=100 * score, time=clock(now.took)))

    def trained(self, now: Step) -> None:
        """Show the progress after a step of `pretraining.run`."""
        self._interrupts.check()
        if self.pretraining is None:
            self.pretraining = self.progress.add_task("", left="", best="")
        self.progress.update(
            self.pretraining, total=1, completed=min(1.0, now.done),
            description=told(say("loss {loss:.3f}", loss=now.loss)),
            best=told(say("{speed:,.0f} a second", speed=now.speed)),
            left=told(say("{read:,.1f} M read, about {time} left", read=now.tokens / 1e6, time=clock(now.left))),
        )  # fmt: skip

    def point(self, record: Record) -> None:
        """At a point of the curve of `pretraining.run`; a line wherever the held-out text was read."""
        last = record.curve[-1]
        if not last["held_out"]:
            return
        each = joined(
            say("{what} {loss:.3f}", what=say("held out") if name == "loss" else name.replace("_", " "), loss=loss)
            for name, loss in last["held_out"].items()
        )
        speed = say("{speed:,.0f} {unit} a second", speed=record.speed, unit=record.unit)
        if record.share_of_peak is not None:
            speed = say("{speed}, {share:.0%} of the peak", speed=speed, share=record.share_of_peak)
        self.say(
            say(
                "  {read:8.2f} M {unit}: loss {loss:.3f}, {each}; {speed}",
                read=last["tokens"] / 1e6, unit=record.unit, loss=last["loss"], each=each, speed=speed,
            )
        )  # fmt: skip


_LEFT = template("{left} runs to follow, about {time} left")
_IN_THIS_ONE = template("{left} runs to follow, about {time} in this one")


@contextmanager
def resumable(advice: str) -> Iterator[Display]:
    """A display; an interruption ends with advice and the usual exit status of one."""
    try:
        with remembered() as interrupts, Display(interrupts) as display:
            yield display
    except KeyboardInterrupt:
        echo(say("unfreeze: interrupted; {advice}", advice=advice), err=True)
        raise typer.Exit(130) from None


def clock(seconds: float) -> str:
    """`12 s`, `3 min 20 s` or `2 h 5 min`."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    return f"{whole // 60} min {whole % 60} s" if whole < 3600 else f"{whole // 3600} h {whole % 3600 // 60} min"
