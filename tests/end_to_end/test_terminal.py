"""`compare` as a person runs it: on a terminal, interrupted, resumed."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import tiny

pty = pytest.importorskip("pty", reason="this system has no pseudo-terminals")


class OnTerminal:
    """A process whose output is a terminal; `shown` is what that terminal was sent, without colours."""

    def __init__(self, *arguments: object) -> None:
        mine, theirs = pty.openpty()
        command = [sys.executable, "-m", "unfreeze.terminal.cli", *map(str, arguments)]
        environment = {**os.environ, "COLUMNS": "120", "TERM": "xterm"}
        self.process = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=subprocess.PIPE, env=environment)
        os.close(theirs)
        self._sent: list[bytes] = []
        self._reader = threading.Thread(target=self._read, args=(mine,))
        self._reader.start()

    def _read(self, mine: int) -> None:
        try:
            while part := os.read(mine, 4096):
                self._sent.append(part)
        except OSError:  # how Linux says that the other side has closed
            pass
        os.close(mine)

    def finish(self) -> tuple[int, str, str]:
        _, complaint = self.process.communicate(timeout=120)
        self._reader.join()
        shown = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", b"".join(self._sent).decode())
        return self.process.returncode, shown, complaint.decode()


def test_interrupted_on_a_terminal_and_gone_on_with(
    tmp_path: Path, encoder: Path, data_of: Callable[[str], Path]
) -> None:
    out = tmp_path / "out"
    values = tiny.plan_values(data_of("classification"), encoder, out, "classification", seeds=1)
    plan = tiny.write_plan(tmp_path / "plan.yaml", values)
    first = OnTerminal("compare", "--plan", plan)
    until = time.monotonic() + 100
    while not (done := list(out.glob("runs/[!.]*/record.json"))) and first.process.poll() is None:
        assert time.monotonic() < until
        time.sleep(0.002)
    first.process.send_signal(signal.SIGINT)
    code, shown, complaint = first.finish()
    assert (code, complaint.strip()) == (130, "unfreeze: interrupted; the same command continues where it stopped")
    assert "Columns: text 'text' (guessed)" in shown
    assert not list(out.rglob(".*")), "no lock, nothing half-written"
    stamps = {path: path.stat().st_mtime_ns for path in done}
    code, shown, complaint = OnTerminal("compare", "--plan", plan).finish()
    assert (code, complaint) == (0, "")
    assert {path: path.stat().st_mtime_ns for path in done} == stamps
    assert re.search(r"fine-tuning (low|high), seed 0: dev \d+\.\d", shown), shown
    assert "runs to follow" in shown
    assert "best dev" in shown
    assert shown.rstrip().endswith(f"Bundle: {out / 'bundle'}")
