"""Which seeds of a recipe the runner trains at once."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
import torch

from unfreeze.plan import Recipe
from unfreeze.runs.runner import _at_once, _groups
from unfreeze.tasks.kinds import TASKS


@pytest.mark.parametrize(
    ("jobs", "at_most", "expected"),
    [
        (0, 2, []), (0, None, []), (1, 2, ["a"]), (4, 2, ["ab", "cd"]), (4, 3, ["ab", "cd"]), (5, 2, ["a", "bc", "de"]),
        (3, 8, ["abc"]), (5, None, ["abcde"]), (3, 1, ["a", "b", "c"]),
    ],
)  # fmt: skip
def test_groups_are_about_equal_and_in_order(jobs: int, at_most: int | None, expected: list[str]) -> None:
    names: Any = "abcde"[:jobs]
    assert _groups(names, at_most) == expected


def test_heads_that_take_long_get_a_thread_each_and_linear_ones_go_together() -> None:
    threads = torch.get_num_threads()
    texts, tags = (SimpleNamespace(task=TASKS[kind]) for kind in ("classification", "tagging"))
    on: Any = {kind: SimpleNamespace(device=torch.device(kind), dataset=texts) for kind in ("cpu", "cuda")}
    assert _at_once(on["cpu"], Recipe("feature-extraction", "bcn")) == threads
    assert _at_once(on["cuda"], Recipe("feature-extraction", "bcn")) == 1
    assert _at_once(on["cpu"], Recipe("fine-tuning", "linear")) == 1
    assert _at_once(on["cpu"], Recipe("feature-extraction", "linear")) is None
    tagging: Any = SimpleNamespace(device=torch.device("cpu"), dataset=tags)
    assert _at_once(tagging, Recipe("feature-extraction", "linear")) == threads
