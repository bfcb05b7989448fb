"""Work in a forked child: it may be killed, hang, crash or take all memory, and the parent learns the outcome.

The parent imports the package once and runs nothing of it, so that a start costs milliseconds. Linux and macOS.
"""

from __future__ import annotations

import gc
import json
import os
import resource
import select
import signal
import sys
import time
import traceback
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FAULT = 70  # exit status of work that ended in a traceback
_MEGABYTE = 1 << 20
_STATUS = Path("/proc/self/status")


@dataclass(frozen=True)
class Limits:
    """What a child may take; what passes a limit ends it.

    Attributes:
        cpu_s: seconds of processor, then SIGXCPU.
        wall_s: seconds in all, then SIGKILL: a child that waits for something forever takes no processor.
        memory_mb: address space beyond the parent's.
        file_bytes: of any file it writes.
        dies_at_s: seconds of processor after which the child is to be dead at once, as if it were killed.
    """

    cpu_s: int = 120
    wall_s: float = 600.0
    memory_mb: int | None = None
    file_bytes: int | None = None
    dies_at_s: float | None = None


@dataclass(frozen=True)
class Ended:
    """The outcome of a child.

    Attributes:
        status: its exit status; of a signal, the number below zero; `FAULT` for an exception.
        value: what the work returned, through JSON; None where it did not end.
        cpu_s: seconds of processor. grown_mb: resident memory above that of the start, at its highest.
    """

    status: int
    value: Any
    said: str
    complained: str
    cpu_s: float
    grown_mb: float
    late: bool = False

    @property
    def killed(self) -> bool:
        """By the plan, not by a limit or a crash."""
        return self.status in (-signal.SIGKILL, -signal.SIGPROF) and not self.late

    @property
    def hung(self) -> bool:
        """Past its processor time, or its time."""
        return self.late or self.status == -signal.SIGXCPU


class Child:
    """Work that has begun; `wait` for it. Several may run at once."""

    def __init__(
        self, work: Callable[[], Any], limits: Limits | None = None, environment: Mapping[str, str] | None = None,
        folder: Path | None = None,
    ) -> None:  # fmt: skip
        self.limits = limits or Limits()
        pipes = [os.pipe() for _ in range(3)]
        sys.stdout.flush()
        sys.stderr.flush()
        self.began = time.monotonic()
        self.pid = os.fork()
        if self.pid == 0:
            _run(work, self.limits, environment or {}, folder, pipes)
        for _, end in pipes:
            os.close(end)
        self.ends = [end for end, _ in pipes]

    def wait(self) -> Ended:
        """The outcome."""
        told: dict[int, list[bytes]] = {end: [] for end in self.ends}
        gone, late = 0, False
        while True:
            if not gone:
                gone, status, used = os.wait4(self.pid, os.WNOHANG)
            ready, _, _ = select.select(self.ends, [], [], 0 if gone else 0.05)
            read = [told[end].append(data) for end in ready if (data := os.read(end, 1 << 16))]
            if gone and not read:
                break
            if not gone and not late and time.monotonic() - self.began > self.limits.wall_s:
                late = True
                os.kill(self.pid, signal.SIGKILL)
            if not gone and ready and not read:
                time.sleep(0.002)  # it has closed what it writes to and is about to end
        for end in self.ends:
            os.close(end)
        said, complained, value = (b"".join(told[end]).decode(errors="replace") for end in self.ends)
        found = json.loads(value) if value.endswith("\n") else {}
        return Ended(
            os.waitstatus_to_exitcode(status), found.get("value"), said, complained, used.ru_utime + used.ru_stime,
            found.get("grown_mb", 0.0), late,
        )  # fmt: skip


def forked(work: Callable[[], Any], limits: Limits | None = None, **options: Any) -> Ended:
    """Run `work` in a child and wait for it."""
    return Child(work, limits, **options).wait()


def settle() -> None:
    """Called once after all imports: what is there is shared with all children and never looked at again."""
    gc.collect()
    gc.freeze()


def memory_mb(field: str) -> float:
    """A line of this process's status, such as VmRSS, in megabytes; 0 where there is none."""
    if not _STATUS.exists():
        return 0.0
    return next(
        (float(line.split()[1]) / 1024 for line in _STATUS.read_text().splitlines() if line.startswith(field)), 0
    )


def _run(
    work: Callable[[], Any], limits: Limits, environment: Mapping[str, str], folder: Path | None,
    pipes: list[tuple[int, int]],
) -> None:  # fmt: skip
    status = FAULT
    try:
        for end, _ in pipes:
            os.close(end)
        os.dup2(pipes[0][1], 1)
        os.dup2(pipes[1][1], 2)
        os.environ.update(environment)
        if folder is not None:
            os.chdir(folder)
        before = memory_mb("VmRSS")
        _limit(limits)
        value = work()
        signal.setitimer(signal.ITIMER_PROF, 0)
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
        grown = max(0.0, memory_mb("VmHWM") - before)
        with os.fdopen(pipes[2][1], "w") as file:
            file.write(json.dumps({"value": value, "grown_mb": grown}) + "\n")
        status = 0
    except SystemExit as ended:
        status = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except BaseException:
        traceback.print_exc()
    finally:
        with suppress(BaseException):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(status)


def _limit(limits: Limits) -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (limits.cpu_s, limits.cpu_s + 5))
    if limits.memory_mb is not None:
        most = int(memory_mb("VmSize") + limits.memory_mb) * _MEGABYTE
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
    if limits.file_bytes is not None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limits.file_bytes, resource.RLIM_INFINITY))
    if limits.dies_at_s is not None:
        # Its default action ends the process at once, as SIGKILL does: no handler runs, nothing is flushed. A timer of
        # processor time, unlike a clock, strikes at the same place however busy the machine is.
        signal.signal(signal.SIGPROF, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_PROF, limits.dies_at_s)
