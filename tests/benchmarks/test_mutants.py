"""The whole tool on a module of its own, with tests that notice some of its mutations."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from mutants import Result, outdated, read_equivalent, read_results, summary
from mutations import mutations

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
MODULE = """
def larger(a, b):
    return max(a, b)


def count(n):
    done = 0
    while done < n:
        done += 1
    return done


def unused(a):
    return a + 1
"""
TESTS = """
from unfreeze.made import count, larger


def test_larger():
    assert larger(1, 2) == 2
    assert larger(2, 2) == 2


def test_count():
    assert count(3) == 3
"""


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Result]:
    """Results for a small project that has the tool beside it."""
    root = tmp_path_factory.mktemp("project")
    for folder in ("benchmarks", "src/unfreeze", "tests"):
        (root / folder).mkdir(parents=True)
    for name in ("mutants.py", "mutations.py", "mutant_swap.py"):
        (root / "benchmarks" / name).write_text((BENCHMARKS / name).read_text().replace("SLACK_S = 10", "SLACK_S = 1"))
    (root / "pyproject.toml").write_text("[tool.pytest.ini_options]\n")
    (root / "src/unfreeze/__init__.py").write_text("")
    (root / "src/unfreeze/made.py").write_text(MODULE)
    (root / "tests/test_made.py").write_text(TESTS)
    command = [sys.executable, "benchmarks/mutants.py", "src/unfreeze/made.py", "--tests", "tests", "--out", "m.jsonl"]
    environment = {**os.environ, "PYTHONPATH": str(root / "src")}
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert len((root / "m.jsonl").read_text().splitlines()) == len(mutations(root / "src/unfreeze/made.py", "x"))
    return {key.removeprefix("unfreeze.made:"): result for key, result in read_results(root / "m.jsonl").items()}


def test_a_mutation_that_a_test_notices_is_killed_by_that_test(results: dict[str, Result]) -> None:
    killed = results["larger: return max(a, b) -> return min(a, b)"]
    assert (killed.status, killed.test, killed.line) == ("killed", "tests/test_made.py::test_larger", 3)


def test_a_loop_without_end_is_cut_and_counts_as_noticed(results: dict[str, Result]) -> None:
    assert results["count: done += 1 -> done -= 1"].status == "timeout"


def test_what_no_test_reaches_is_not_run(results: dict[str, Result]) -> None:
    assert {r.status for key, r in results.items() if key.startswith("unused")} == {"unreached"}


def test_what_changes_no_answer_survives_and_all_else_is_noticed(results: dict[str, Result]) -> None:
    reached = {key: r.status for key, r in results.items() if not key.startswith("unused")}
    survivors = {key for key, status in reached.items() if status not in ("killed", "timeout")}
    assert survivors == {"count: done = 0 -> done = 1", "count: done = 0 -> done = -1"}


def test_the_score_leaves_out_equivalent_and_unfit_mutations() -> None:
    results = [
        Result("m:f: a -> b", "m", 1, "killed"),
        Result("m:f: a -> c", "m", 1, "timeout"),
        Result("m:f: a -> d", "m", 2, "survived"),
        Result("m:f: a -> e", "m", 3, "unreached"),
        Result("m:f: a -> f", "m", 3, "survived"),
        Result("m:f: a -> g", "m", 4, "unfit"),
        Result("n:f: a -> b", "n", 5, "killed"),
    ]
    lines = summary(results, {"m:f: a -> d": "the same", "n:f: a -> b": "killed all the same"})
    assert lines[1:4] == [
        "m | 6 | 1 | 1 | 1 | 1 | 1 | 1 | 50.0 %",
        "n | 1 | 1 | 0 | 0 | 0 | 0 | 0 | 100.0 %",
        "all | 7 | 2 | 1 | 1 | 1 | 1 | 1 | 60.0 %",
    ]
    assert lines[5:] == ["m:3 survived: m:f: a -> f", "m:3 unreached: m:f: a -> e"]


def test_the_last_result_of_a_mutation_counts(tmp_path: Path) -> None:
    rows = [{"key": "k", "module": "m", "line": 1, "status": s, "test": ""} for s in ("survived", "killed")]
    (tmp_path / "m.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert [r.status for r in read_results(tmp_path / "m.jsonl").values()] == ["killed"]


def test_an_equivalent_mutation_needs_a_reason(tmp_path: Path) -> None:
    path = tmp_path / "equivalent.txt"
    path.write_text("# a comment\nm:f: a -> b\n    the same\n    in all cases\n\nm:f: a -> c\n    too\n")
    assert read_equivalent(path) == {"m:f: a -> b": "the same in all cases", "m:f: a -> c": "too"}
    path.write_text("m:f: a -> b\nm:f: a -> c\n    too\n")
    with pytest.raises(ValueError, match="no reason is given for m:f: a -> b"):
        read_equivalent(path)


def test_what_was_judged_of_code_that_is_gone_is_told(tmp_path: Path) -> None:
    path = tmp_path / "made.py"
    path.write_text("def f(a):\n    return a + 1\n")
    judged = ["made:f: return a + 1 -> return a - 1", "made:f: return a + 2 -> return a - 2", "other:g: b -> c"]
    assert outdated(judged, {"made": path}) == [judged[1]]


def test_every_mutation_that_was_judged_has_a_reason() -> None:
    assert all(read_equivalent().values())
