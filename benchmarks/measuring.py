"""What every benchmark shares: who measured, the peak beside the measurement, fair turns, and counts of work.

The machine may be busy with other things. So the sides of a comparison take turns (A B A B ...), a figure is the
median over the turns, and a ratio is the median of the ratios inside each turn, where both sides met the same load.
Beside the seconds on the clock stand the seconds of processor time (of all threads), which other processes' turns on
the processor do not lengthen. The fraction of the peak is work and peak in processor time.
"""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import psutil
import torch
from results import Machine, Ratio

from unfreeze.runs.cost import processor_name

PEAK_SIDE = 2048
PEAK_REPEATS = 7


def this_machine(*peers: str, device: torch.device = torch.device("cpu")) -> Machine:
    """Date, processor or GPU, cores and threads, load, and versions: Python, torch, transformers, these packages."""
    name = processor_name(device)
    load = round(os.getloadavg()[0], 1) if hasattr(os, "getloadavg") else 0.0
    packages = {package: version(package) for package in ("transformers", *peers)}
    versions = {"Python": platform.python_version(), "torch": torch.__version__, **packages}
    return Machine(str(date.today()), name, psutil.cpu_count() or 1, torch.get_num_threads(), load, versions)


def machine_line() -> str:
    """The same for people."""
    return this_machine().line()


@dataclass(frozen=True)
class Spread:
    """Ratios over the turns: median, least and greatest."""

    median: float
    low: float
    high: float

    @staticmethod
    def of(ratios: Sequence[float]) -> Spread:
        """Of one ratio a turn."""
        return Spread(statistics.median(ratios), min(ratios), max(ratios))

    def __str__(self) -> str:
        return f"{self.median:.2f} ({self.low:.2f} to {self.high:.2f})"


@dataclass(frozen=True)
class Against:
    """Ours to a peer's: by the clock and by processor time."""

    clock: Spread
    processor: Spread

    def __str__(self) -> str:
        return f"{self.clock}   {self.processor}"

    def __format__(self, spec: str) -> str:
        return format(str(self), spec)


@dataclass(frozen=True)
class Share:
    """How much of the matrix-multiply peak in a precision is reached."""

    of_peak: float
    precision: str

    def __str__(self) -> str:
        return f"{self.of_peak:.0%} of {self.precision}"

    def __format__(self, spec: str) -> str:
        return format(str(self), spec)


@dataclass(frozen=True)
class Rate:
    """Work a second: on the clock, and of processor time over all threads."""

    clock: float
    processor: float


def timed(work: Callable[[], object], units: float) -> Rate:
    """Do `work` once; `units` is how much of it there is."""
    clock, processor = time.perf_counter(), time.process_time()
    work()
    return Rate(units / (time.perf_counter() - clock), units / (time.process_time() - processor))


def median_rate(rates: Sequence[Rate]) -> Rate:
    """Medians of both."""
    return Rate(statistics.median(r.clock for r in rates), statistics.median(r.processor for r in rates))


class StepClock:
    """Times the ends of training steps, the start of the first one being now."""

    def __init__(self) -> None:
        self.ends: list[tuple[float, float]] = []
        self.tick()

    def tick(self) -> None:
        """A step has ended."""
        self.ends.append((time.perf_counter(), time.process_time()))

    def rate(self, chosen: npt.NDArray[np.bool_], units: float) -> Rate:
        """Of the steps chosen by a (steps,) mask, which did `units` of work; a step takes from one end to the next."""
        gaps = np.diff(np.asarray(self.ends), axis=0)  # (steps, clock and processor)
        clock, processor = units / gaps[chosen].sum(0)
        return Rate(float(clock), float(processor))


def matmul_peak(dtype: torch.dtype) -> Rate:
    """FLOP/s of a square matrix multiplication, the median of several."""
    a, b = (torch.randn(PEAK_SIDE, PEAK_SIDE).to(dtype) for _ in range(2))
    rates = [timed(lambda: a @ b, 2 * PEAK_SIDE**3) for _ in range(PEAK_REPEATS + 1)]
    return median_rate(rates[1:])


class Peaks:
    """The peak in fp32 and bf16, sampled beside the measurement as often as it is asked, since the load changes."""

    def __init__(self) -> None:
        self._seen: dict[str, list[Rate]] = {"fp32": [], "bf16": []}

    def sample(self) -> None:
        """Measure both once more."""
        self._seen["fp32"].append(matmul_peak(torch.float32))
        self._seen["bf16"].append(matmul_peak(torch.bfloat16))

    def median(self, precision: str) -> Rate:
        """FLOP/s in a precision."""
        return median_rate(self._seen[precision])

    def share(self, flops: float, rates: Sequence[Rate], precision: str) -> Share:
        """How much of the peak in `precision` work of `flops` a unit reaches, in processor time."""
        return Share(flops * median_rate(rates).processor / self.median(precision).processor, precision)

    def against(self, name: str, flops: float, rates: Sequence[Rate], precision: str) -> Ratio:
        """The share of the peak as a ratio: our floating point operations a second to the peak's."""
        share, peak = self.share(flops, rates, precision), self.median(precision)
        clock = flops * median_rate(rates).clock
        return Ratio(
            f"{name}, share of the {precision} peak", clock / 1e9, peak.clock / 1e9, "GFLOP/s", share.of_peak,
            share_of_peak=share.of_peak, precision=precision,
        )  # fmt: skip

    def line(self) -> str:
        """Both, for people."""
        each = {name: median_rate(seen) for name, seen in self._seen.items()}
        return "; ".join(
            f"{name} {r.clock / 1e9:,.0f} GFLOP/s, {r.processor / 1e9:,.0f} a processor second"
            for name, r in each.items()
        )


def take_turns(
    sides: Mapping[str, Callable[[], Rate]], turns: int, peaks: Peaks | None = None
) -> dict[str, list[Rate]]:
    """Rates of each side, one a turn; every side runs once in each turn, and any peak is sampled between turns.

    Args:
        sides: name to a call that does the work once and gives its rate.
    """
    rates: dict[str, list[Rate]] = {name: [] for name in sides}
    if peaks:
        peaks.sample()
    for _ in range(turns):
        for name, measure in sides.items():
            rates[name].append(measure())
        if peaks:
            peaks.sample()
    return rates


def ratio(ours: Sequence[Rate], peers: Sequence[Rate]) -> Against:
    """Ours to the peer's, turn by turn."""
    pairs = list(zip(ours, peers, strict=True))
    clock, processor = ([getattr(a, time) / getattr(b, time) for a, b in pairs] for time in ("clock", "processor"))
    return Against(Spread.of(clock), Spread.of(processor))


def named_ratio(
    name: str,
    ours: Sequence[Rate],
    peers: Sequence[Rate],
    unit: str,
    share: Share | None = None,
) -> Ratio:
    """Ours to the peer's with the name under which it is kept."""
    against = ratio(ours, peers)
    clock = against.clock
    return Ratio(
        name, median_rate(ours).clock, median_rate(peers).clock, unit, clock.median, clock.low, clock.high,
        against.processor.median, share and share.of_peak, share and share.precision,
    )  # fmt: skip


def forward_flops(lengths: npt.ArrayLike, layers: int, width: int, inner: int) -> float:
    """Floating point operations of one transformer pass over inputs of these lengths, padding not counted.

    Multiplications and additions of the matrix products: projections and feed-forward grow with the pieces, attention
    scores with their squares. A training step is three times as much (backward: twice the forward pass).

    Args:
        layers: without the embedding layer.
        width, inner: of a layer state and of the feed-forward part.
    """
    sizes = np.asarray(lengths, dtype=np.float64)
    per_piece = 2 * (4 * width * width + 2 * width * inner)
    per_pair = 2 * 2 * width
    return float(layers * (per_piece * sizes.sum() + per_pair * np.square(sizes).sum()))


def in_own_process(script: str, *words: object, source: Path | None = None) -> dict[str, Any]:
    """What a script prints as JSON in its last line when it is run with these words, so that its memory is its own.

    Args:
        source: folder with the package, where it is that of another build.
    """
    command = [sys.executable, script, *map(str, words)]
    there = None if source is None else {**os.environ, "PYTHONPATH": str(source)}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=there)
    if done.returncode:
        raise SystemExit(done.stderr)
    values: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return values
