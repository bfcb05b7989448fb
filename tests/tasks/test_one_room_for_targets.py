"""What kind of answer a task has is asked of the target itself; nowhere else is a target told by its name."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import unfreeze
from unfreeze.tasks.kinds import TASKS
from unfreeze.tasks.targets.target import Target
from unfreeze.training.objectives import tensors_of
from unfreeze.training.targets.tensors import TargetTensors

SOURCE = Path(unfreeze.__file__).parent
COMPARED = re.compile(
    r"\btarget(\.name)?\s*(==|!=|is\b|is not\b|in\b|not in\b)|(==|!=)\s*\S*\.target\b"
    r"|\[\S*\.target\.name\]|\bmatch\s+\S*target\b|isinstance\(\S*target"
)
ALLOWED = {
    "data/columns.py": "task.target is target",  # the task kind with a target: the one look-up of that kind
}


def test_no_file_asks_which_target_a_task_has() -> None:
    asked = [
        f"{path.relative_to(SOURCE)}: {line.strip()}"
        for path in sorted(SOURCE.rglob("*"))
        if path.suffix in (".py", ".j2") and "targets" not in path.parts
        for line in path.read_text().splitlines()
        if COMPARED.search(line) and ALLOWED.get(str(path.relative_to(SOURCE)), "\n") not in line
    ]
    assert asked == []


def test_the_search_finds_the_ways_to_ask() -> None:
    for line in (
        'if task.target == "tags":', 'if task.target.name != "score":', "if SCORES is not task.target == x",
        '"x" if dataset.task.target is TAGS else 0', "names[task.target.name]", "match task.target:",
        "isinstance(task.target, Tags)", 'target in ("class", "score")',
    ):  # fmt: skip
        assert COMPARED.search(line), line
    for line in ("if task.target.per_word:", "return task.target.distinct(labels)", "target = task.target"):
        assert not COMPARED.search(line), line


def test_every_target_has_its_half_in_torch() -> None:
    halves = [tensors_of(task.target) for task in TASKS.values()]
    assert all(TargetTensors in half.__mro__ for half in halves)
    assert len(set(halves)) == len({task.target for task in TASKS.values()})


def test_a_target_that_leaves_something_out_cannot_be_made() -> None:
    class Nothing(Target):
        """Answers nothing."""

    with pytest.raises(TypeError, match=r"abstract methods.*how_wrong"):
        Nothing()  # type: ignore[abstract]
