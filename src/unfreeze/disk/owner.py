"""Which process holds a folder or wrote a file, recorded so that a later process, or another machine, can judge it.

The number of a process says little on its own: the system reuses it, and other machines that share a disk have
processes of the same number. So the machine and the time at which the process began are stored alongside.
"""

from __future__ import annotations

import json
import os
import platform
import re
import secrets
from dataclasses import asdict, dataclass, field, fields
from functools import cache
from hashlib import blake2b
from pathlib import Path

import psutil


@dataclass(frozen=True)
class Owner:
    """A process.

    Attributes:
        host: name of its machine, for people.
        machine: distinguishes one running system, and one set of process numbers there (containers have their own),
            from another; a restarted machine is another one. Where a system reports none of that (it is not Linux), the
            host is all there is.
        start: when it began, as its system counts; empty where that is unknown.
        random: distinguishes two claims of one process.
    """

    host: str
    machine: str
    process: int
    start: str
    random: str = field(default_factory=lambda: secrets.token_hex(8))

    def line(self) -> bytes:
        """The owner as a line of JSON."""
        return json.dumps(asdict(self)).encode() + b"\n"

    def is_dead(self) -> bool:
        """Whether it has certainly ended. That cannot be known of a process of another machine."""
        if self.machine != _machine():
            return False
        began = began_at(self.process)
        return began is None or (bool(began) and bool(self.start) and began != self.start)


def owner_from(line: bytes) -> Owner | None:
    """The owner in a line that `Owner.line` made; None where it is something else, or cut."""
    try:
        values = json.loads(line)
        texts = [values[f.name] for f in fields(Owner) if f.name != "process"]
        process = values["process"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    whole = all(isinstance(text, str) for text in texts) and type(process) is int
    return Owner(**{f.name: values[f.name] for f in fields(Owner)}) if whole else None


def this_process() -> Owner:
    """The owner of what this process claims now."""
    process = os.getpid()
    return Owner(platform.node(), _machine(), process, began_at(process) or "")


def began_at(process: int) -> str | None:
    """When a process began: always the same text, and another one for a later process of the same number.

    Returns:
        None where there is no such process (or a killed one that has already released everything), the empty text where
        the system does not report it.
    """
    if not _exists(process):
        return None
    stat = _read(f"/proc/{process}/stat")
    if stat:
        state, *rest = stat[stat.rfind(")") + 1 :].split()
        return None if state in "ZX" else rest[18]  # since the machine was started, in ticks
    try:
        return "" if os.path.exists("/proc/self/stat") else repr(psutil.Process(process).create_time())
    except psutil.Error:
        return ""


def _exists(process: int) -> bool:
    if not 0 < process < 1 << 31:
        return False
    if os.name == "nt":  # where signal 0 is one that ends processes
        return bool(psutil.pid_exists(process))
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:  # another user's
        return True
    return True


@cache
def host_part() -> str:
    """This machine in the name of a hidden file: letters, digits, `_` and `-`."""
    plain = re.sub(r"[^0-9A-Za-z]+", "-", platform.node())[:32].strip("-") or "host"
    return f"{plain}-{_digest(platform.node(), _read('/etc/machine-id'), _processes())}"


@cache
def _machine() -> str:
    return _digest(platform.node(), _read("/proc/sys/kernel/random/boot_id"), _processes())


def _processes() -> str:
    """Which set of process numbers this process belongs to."""
    try:
        return os.readlink("/proc/self/ns/pid")
    except OSError:
        return ""


def _digest(*parts: str) -> str:
    return blake2b("\0".join(parts).encode(errors="surrogateescape"), digest_size=4).hexdigest()


def _read(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""
