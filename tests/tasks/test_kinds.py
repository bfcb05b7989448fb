from __future__ import annotations

import pytest

from unfreeze.data.examples import LabelSpace
from unfreeze.errors import InputError
from unfreeze.tasks.kinds import TASKS, task
from unfreeze.tasks.metrics import main_metric


def test_tasks_are_found_by_their_kind() -> None:
    assert all(task(kind) is found and found.kind == kind for kind, found in TASKS.items())


def test_an_unknown_kind_names_the_nearest() -> None:
    with pytest.raises(InputError, match=r"--task: unknown task 'pair_regression' \(did you mean 'pair-regression'\?"):
        task("pair_regression")


def test_pairs_mirror_single_texts() -> None:
    """A pair task is its single-text task with a second text: same targets, same metric."""
    for found in map(task, TASKS):
        assert found.pair is found.kind.startswith("pair-")
        if found.pair:
            single = task(found.kind.removeprefix("pair-"))
            assert (found.target, found.metric) == (single.target, single.metric)


@pytest.mark.parametrize("kind", TASKS)
def test_the_metric_is_one_that_is_computed(kind: str) -> None:
    assert main_metric(TASKS[kind], LabelSpace(scheme="BIO").scheme) == TASKS[kind].metric
