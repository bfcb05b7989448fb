"""Do the tests notice it when one operator changes? Mutation testing of some modules.

    python benchmarks/mutants.py src/unfreeze/training --tests tests/training tests/methods --sample 200 --out m.jsonl

One process imports torch, the modules and the tests, and runs none of them: a process that has run torch's autograd or
threads cannot be forked. A fork of it runs all tests once and notes the lines that each reaches; then every mutation is
put in place in a fork of its own (`mutant_swap.py`) and meets the tests that reach it, the fastest first, until one
fails. Tests are given ten times the processor time that they took; one that needs more has noticed the change too.

A run that was stopped is resumed from --out; --retry tries the survivors again. Mutations that change no behaviour are
judged by hand in `mutants_equivalent.txt`: a line with the mutation's key, and below it, indented, why.
"""

from __future__ import annotations

import os

os.environ["OMP_NUM_THREADS"] = "1"  # before torch

import argparse
import hashlib
import importlib
import json
import resource
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from types import FrameType
from typing import Any

import hypothesis
import pytest
from hypothesis import Phase
from mutant_swap import UnfitError, swap
from mutations import Mutation, mutations

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src"
EQUIVALENT = Path(__file__).with_name("mutants_equivalent.txt")
SURVIVED, KILLED, UNFIT = 0, 1, 3  # exit status of a fork
NOTICED = frozenset({"killed", "timeout"})
SLACK_S = 10  # of processor, beside ten times what a test took


@dataclass(frozen=True)
class Result:
    """What became of a mutation: killed, timeout, survived, unreached (no test runs the line) or unfit."""

    key: str
    module: str
    line: int
    status: str
    test: str = ""


@dataclass(frozen=True)
class Reach:
    """What a test does when nothing is changed.

    Attributes:
        lines: of each module that is to be mutated.
    """

    seconds: float
    lines: Mapping[str, frozenset[int]]


class Outcome:
    """Which tests have failed in this process."""

    def __init__(self) -> None:
        self.failed: set[str] = set()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep the name of a test that failed in any phase."""
        if report.failed:
            self.failed.add(report.nodeid)


class Trace:
    """Lines of some files that Python runs, in all threads."""

    def __init__(self, module_of_file: Mapping[str, str]) -> None:
        self.modules = module_of_file
        self.lines: dict[str, set[int]] = {}

    def __call__(self, frame: FrameType, event: str, arg: object) -> Callable[..., Any] | None:
        """Follow functions of these files only."""
        module = self.modules.get(frame.f_code.co_filename)
        if module is None:
            return None
        lines = self.lines.setdefault(module, set())

        def local(frame: FrameType, event: str, arg: object) -> Callable[..., Any]:
            lines.add(frame.f_lineno)
            return local

        return local


def in_fork(work: Callable[[Path], int], limit_s: float) -> tuple[int, Path]:
    """Run `work(folder)` in a fork: its exit status (a signal's is negative) and the folder that it wrote to."""
    folder = Path(tempfile.mkdtemp(prefix="mutant-"))
    process = os.fork()
    if process == 0:
        status = 255
        try:
            os.setsid()
            os.environ["PYTEST_DEBUG_TEMPROOT"] = str(folder)
            sink = os.open(os.devnull, os.O_WRONLY)
            os.dup2(sink, 1)
            os.dup2(sink, 2)
            status = work(folder)
        finally:
            os._exit(status)
    until = time.monotonic() + limit_s
    while True:
        ended, status = os.waitpid(process, os.WNOHANG)
        if ended:
            break
        if time.monotonic() > until:
            os.kill(process, signal.SIGKILL)
        time.sleep(0.01)
    return os.waitstatus_to_exitcode(status), folder


def run_items(items: Sequence[pytest.Item], outcome: Outcome, before: Callable[[pytest.Item], None]) -> str:
    """Run tests until one fails; its name, or an empty one."""
    for item, following in zip(items, [*items[1:], None], strict=True):
        before(item)
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        if outcome.failed:
            return item.nodeid
    return ""


class Mutants:
    """A pytest plugin that runs mutations where pytest would run the tests."""

    def __init__(self, files: Mapping[str, Path], chosen: Sequence[Mutation], options: argparse.Namespace) -> None:
        self.files, self.chosen, self.options = files, chosen, options
        self.outcome = Outcome()
        self.reach: dict[str, Reach] = {}
        self.items: list[pytest.Item] = []

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Measure the tests, then try each mutation that has no result yet."""
        plugins = session.config.pluginmanager
        plugins.register(self.outcome)
        plugins.unregister(name="terminalreporter")  # it would write a letter a test
        self.items = session.items
        self.reach = self.measured()
        done = {} if not self.options.out.exists() else read_results(self.options.out)
        for i, mutation in enumerate(self.chosen):
            old = done.get(mutation.key)
            if old is not None and not (self.options.retry and old.status in ("survived", "unreached")):
                continue
            result = self.tried(mutation)
            with self.options.out.open("a", encoding="utf-8") as out:
                out.write(json.dumps(asdict(result)) + "\n")
            if result.status != "killed":
                print(f"{i + 1}/{len(self.chosen)} {result.status} line {result.line} {result.key}", flush=True)
        return True

    def measured(self) -> dict[str, Reach]:
        """Time and lines of every test; those that fail in a fork are left out."""
        trace = Trace({str(path): module for module, path in self.files.items()})

        def work(folder: Path) -> int:
            rows = []
            for item, following in zip(self.items, [*self.items[1:], None], strict=True):
                trace.lines = {}
                began = time.process_time()
                threading.settrace(trace)
                sys.settrace(trace)
                item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
                sys.settrace(None)
                if item.nodeid not in self.outcome.failed:
                    lines = {module: sorted(numbers) for module, numbers in trace.lines.items()}
                    rows.append((item.nodeid, time.process_time() - began, lines))
            (folder / "reach.json").write_text(json.dumps(rows))
            return 0

        status, folder = in_fork(work, 3600)
        rows = json.loads((folder / "reach.json").read_text()) if not status else []
        shutil.rmtree(folder, ignore_errors=True)
        reach = {
            name: Reach(seconds, {module: frozenset(numbers) for module, numbers in lines.items()})
            for name, seconds, lines in rows
        }
        lost = [item.nodeid for item in self.items if item.nodeid not in reach]
        total = sum(r.seconds for r in reach.values())
        print(f"{len(reach)} tests take {total:.0f} s; {len(lost)} fail in a fork: {lost}", flush=True)
        return reach

    def tried(self, mutation: Mutation) -> Result:
        """Put a mutation in place in a fork and run the tests that reach it."""
        items = self.tests_of(mutation)
        line = mutation.lines[0]
        if not items:
            return Result(mutation.key, mutation.module, line, "unreached")

        def limited(item: pytest.Item) -> None:
            used = resource.getrusage(resource.RUSAGE_SELF)
            more = SLACK_S + 10 * self.reach[item.nodeid].seconds
            limit = int(used.ru_utime + used.ru_stime + more)
            resource.setrlimit(resource.RLIMIT_CPU, (limit, resource.RLIM_INFINITY))

        def work(folder: Path) -> int:
            mutation.place.put(mutation.node)
            try:
                swap(sys.modules[mutation.module], mutation.top)
            except UnfitError:
                return UNFIT
            except Exception as error:
                (folder / "test").write_text(f"import: {type(error).__name__}")
                return KILLED
            failed = run_items(items, self.outcome, limited)
            (folder / "test").write_text(failed)
            return KILLED if failed else SURVIVED

        wall = 120 + 20 * sum(self.reach[item.nodeid].seconds for item in items)
        status, folder = in_fork(work, wall)
        test = (folder / "test").read_text() if (folder / "test").exists() else ""
        shutil.rmtree(folder, ignore_errors=True)
        names = {SURVIVED: "survived", KILLED: "killed", UNFIT: "unfit"}
        names |= {-signal.SIGXCPU: "timeout", -signal.SIGKILL: "timeout"}
        return Result(mutation.key, mutation.module, line, names.get(status, "killed"), test)

    def tests_of(self, mutation: Mutation) -> list[pytest.Item]:
        """Tests that run the statement (any line of the module, for what is fixed at import), file by file."""
        first, last = mutation.lines
        wanted = range(1, 1_000_000) if mutation.at_import else range(first, last + 1)
        reached = {
            name: reach.seconds
            for name, reach in self.reach.items()
            if any(n in wanted for n in reach.lines.get(mutation.module, ()))
        }
        budget, kept = self.options.longest, set()
        for name in sorted(reached, key=reached.__getitem__):
            budget -= reached[name]
            if budget >= 0:
                kept.add(name)
        items = [item for item in self.items if item.nodeid in kept]
        fastest: dict[Path, float] = {}
        for item in items:
            fastest[item.path] = min(reached[item.nodeid], fastest.get(item.path, 1e9))
        mirror = f"test_{mutation.module.rpartition('.')[2]}.py"
        return sorted(items, key=lambda i: (i.path.name != mirror, fastest[i.path], str(i.path), reached[i.nodeid]))


def module_files(paths: Iterable[Path]) -> dict[str, Path]:
    """Module names of source files and of all files in source folders."""
    files = [f for path in paths for f in (sorted(path.rglob("*.py")) if path.is_dir() else [path])]
    named = {".".join(f.resolve().relative_to(SOURCE).with_suffix("").parts): f.resolve() for f in files}
    return {name: f for name, f in named.items() if not name.endswith("__init__")}


def chosen_mutations(files: Mapping[str, Path], sample: int | None, seed: int, only: str) -> list[Mutation]:
    """All mutations, or as many as `sample` that are drawn by their keys: a change elsewhere leaves them drawn."""
    every = [m for name, path in files.items() for m in mutations(path, name) if only in m.key]
    if sample is None:
        return every
    drawn = sorted(every, key=lambda m: hashlib.sha256(f"{seed} {m.key}".encode()).digest())[:sample]
    kept = {id(m) for m in drawn}
    return [m for m in every if id(m) in kept]


def read_results(path: Path) -> dict[str, Result]:
    """The last result of every mutation."""
    results = [Result(**json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]
    return {result.key: result for result in results}


def read_equivalent(path: Path = EQUIVALENT) -> dict[str, str]:
    """Mutations judged to change no behaviour, and why.

    Raises:
        ValueError: one without a reason.
    """
    reasons: dict[str, str] = {}
    key = ""
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else []:
        if not line.strip() or line.startswith("#"):
            continue
        if line.startswith(" "):
            reasons[key] = f"{reasons[key]} {line.strip()}".strip()
        else:
            key = line.strip()
            reasons[key] = ""
    bare = [key for key, reason in reasons.items() if not reason]
    if bare:
        raise ValueError(f"{path}: no reason is given for {bare[0]}")
    return reasons


def outdated(judged: Iterable[str], files: Mapping[str, Path]) -> list[str]:
    """Keys of these modules that are not a mutation of theirs any more: the code has changed, judge again."""
    keys = {m.key for name, path in files.items() for m in mutations(path, name)}
    return [key for key in judged if key.partition(":")[0] in files and key not in keys]


def summary(results: Sequence[Result], equivalent: Mapping[str, str]) -> list[str]:
    """A row for each module, their sum, and the survivors; those that are equivalent count nowhere."""
    counts: dict[str, Counter[str]] = {}
    left = []
    for result in results:
        same = result.status not in NOTICED and result.key in equivalent
        status = "equivalent" if same else result.status
        for name in (result.module, "all"):
            counts.setdefault(name, Counter())[status] += 1
        if status in ("survived", "unreached"):
            left.append(f"{result.module}:{result.line} {result.status}: {result.key}")
    names = sorted(counts.keys() - {"all"}) + ["all"] * bool(counts)
    lines = ["module | tried | killed | timeout | survived | unreached | equivalent | unfit | score"]
    for name in names:
        c = counts[name]
        missed = c["survived"] + c["unreached"]
        noticed = c["killed"] + c["timeout"]
        share = f"{100 * noticed / (noticed + missed):.1f} %" if noticed + missed else "-"
        kinds = ("killed", "timeout", "survived", "unreached", "equivalent", "unfit")
        lines.append(" | ".join([name, str(c.total()), *(str(c[kind]) for kind in kinds), share]))
    return [*lines, "", *sorted(left)]


def main() -> int:
    """Run the mutations and print the summary."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", nargs="+", type=Path, help="source files or folders")
    parser.add_argument("--tests", nargs="+", required=True, help="test files or folders that may notice")
    parser.add_argument("--sample", type=int, help="how many mutations, drawn evenly; all when left out")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", default="", help="mutations whose key holds this")
    parser.add_argument("--out", type=Path, required=True, help="results as JSON lines")
    parser.add_argument("--retry", action="store_true", help="try survivors in --out again")
    parser.add_argument("--longest", type=float, default=60, help="seconds of tests that a mutation meets at most")
    parser.add_argument("--list", action="store_true", help="print the mutations and run none")
    options = parser.parse_args()
    files = module_files(options.paths)
    chosen = chosen_mutations(files, options.sample, options.seed, options.only)
    if options.list:
        print("\n".join(m.key for m in chosen))
        return 0
    sys.path[:0] = [str(SOURCE), str(ROOT / "tests")]
    for name, path in files.items():
        assert Path(str(importlib.import_module(name).__file__)).resolve() == path, f"{name} is imported from elsewhere"
    options.out = options.out.resolve()
    os.chdir(ROOT)
    phases = [Phase.explicit, Phase.generate]  # a failure is enough, it need not be made short
    hypothesis.settings.register_profile("mutants", derandomize=True, deadline=None, phases=phases)
    given = ["-qq", "-p", "no:cacheprovider", "-p", "no:faulthandler", "--hypothesis-profile=mutants"]
    status = pytest.main([*given, *options.tests], plugins=[Mutants(files, chosen, options)])
    keys = {m.key for m in chosen}
    results = [r for key, r in read_results(options.out).items() if key in keys] if options.out.exists() else []
    judged = read_equivalent()
    print("\n".join(summary(results, judged)))
    print("\n".join(f"{EQUIVALENT.name} has what is not a mutation now: {key}" for key in outdated(judged, files)))
    return int(status)


if __name__ == "__main__":
    sys.exit(main())
