"""What a run costs, measured while it runs: memory, seconds, the time to answer one text; and on what machine."""

from __future__ import annotations

import platform
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

import psutil
import torch

_GROUPS = (
    ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current"),
    ("/sys/fs/cgroup/memory/memory.limit_in_bytes", "/sys/fs/cgroup/memory/memory.usage_in_bytes"),
)
"""Limit and use of a container's memory, in both versions of the kernel's interface."""
_CLEAR = Path("/proc/self/clear_refs")
_STATUS = Path("/proc/self/status")


def reset_peak(device: torch.device) -> None:
    """Restart the measurement of peak memory, where the system can do that."""
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
    elif _CLEAR.exists():
        try:
            _CLEAR.write_text("5", encoding="ascii")  # resets the peak resident size (proc(5))
        except OSError:
            return


def peak_mb(device: torch.device) -> float:
    """Peak megabytes since `reset_peak`: of the device with CUDA, else of this process."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device) / 1e6
    if _STATUS.exists():
        for line in _STATUS.read_text(encoding="ascii").splitlines():
            if line.startswith("VmHWM:"):
                return float(line.split()[1]) * 1024 / 1e6
    return float(psutil.Process().memory_info().rss) / 1e6


def free_bytes() -> int:
    """Memory that this process may still take: of the machine, or of its container where that has less."""
    free = psutil.virtual_memory().available
    for limit, used in _GROUPS:
        with suppress(OSError, ValueError):  # there is none, or it says `max`
            free = min(free, max(0, int(Path(limit).read_text()) - int(Path(used).read_text())))
    return int(free)


@dataclass
class Cost:
    """What a work took.

    Attributes:
        clock: seconds from its beginning to its end.
        seconds: its part of these, where others were at work too: each moment is shared evenly.
        peak_mb: peak memory of process or device in that time, with all that was at work.
    """

    clock: float = 0.0
    seconds: float = 0.0
    peak_mb: float = 0.0

    @property
    def share(self) -> float:
        """Part of the time that it was at work which counts as its own."""
        return self.seconds / self.clock


class Meter:
    """Measures works that may be at work at the same time, in threads of one process."""

    def __init__(self, device: torch.device) -> None:
        self._device, self._lock, self._running, self._at = device, Lock(), list[Cost](), 0.0

    @contextmanager
    def running(self) -> Iterator[Cost]:
        """What is computed inside is one work; its cost is known at the end."""
        cost = Cost()
        with self._lock:
            self._count()
            self._running.append(cost)
        try:
            yield cost
        finally:
            with self._lock:
                self._count()
                self._running = [other for other in self._running if other is not cost]

    def _count(self) -> None:
        """Add what has passed since the last time to all that are at work."""
        now, peak = time.perf_counter(), peak_mb(self._device)
        for cost in self._running:
            cost.clock += now - self._at
            cost.seconds += (now - self._at) / len(self._running)
            cost.peak_mb = max(cost.peak_mb, peak)
        self._at = now
        reset_peak(self._device)


def median_ms(call: Callable[[], object], repeats: int = 15) -> float:
    """Median milliseconds of a call after two that warm up."""
    times = []
    for _ in range(repeats + 2):
        began = time.perf_counter()
        call()
        times.append((time.perf_counter() - began) * 1e3)
    return statistics.median(times[2:])


def processor_name(device: torch.device) -> str:
    """What the maker calls the GPU, or the processor."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def machine_name(device: torch.device) -> str:
    """A kind of machine within which seconds can be compared: the GPU, or the processor with torch's threads on it.

    Asked in the thread that begins: those that do works side by side have fewer threads each.
    """
    name, threads = processor_name(device), torch.get_num_threads()
    return name if device.type == "cuda" else f"{name}, {threads} {'thread' if threads == 1 else 'threads'}"
