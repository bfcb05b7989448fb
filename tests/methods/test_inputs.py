from __future__ import annotations

import numpy as np
import pytest
from families import make_encoder
from hypothesis import given
from hypothesis import strategies as st

from unfreeze.data.examples import Example
from unfreeze.encoders.protocol import Inputs
from unfreeze.methods.inputs import cut_at_limit, example_lengths, inputs_of, pair_reading, read_inputs, said_cut
from unfreeze.methods.tuned_recipes import TunedRecipe
from unfreeze.tasks.kinds import TASKS

PAIR = Example("x:1", "the cat", "dog ran")


def with_inputs(counts: list[int]) -> Inputs:
    """Examples with that many inputs each, input i of i + 1 pieces."""
    inputs = sum(counts)
    none = np.zeros(0, np.int64)
    offsets = np.concatenate([[0], np.cumsum(np.arange(inputs) + 1)])
    return Inputs(none, none, none, none, offsets, np.concatenate([[0], np.cumsum(counts)]), np.zeros(inputs, np.bool_))


@given(st.lists(st.integers(1, 4), min_size=1, max_size=8), st.data())
def test_inputs_of_examples_are_theirs_in_order(counts: list[int], data: st.DataObject) -> None:
    inputs = with_inputs(counts)
    asked = data.draw(st.lists(st.integers(0, len(counts) - 1), min_size=1, max_size=10))
    indices, each = inputs_of(inputs, np.asarray(asked))
    ends = inputs.examples.tolist()
    assert indices.tolist() == [i for e in asked for i in range(ends[e], ends[e + 1])]
    assert list(each) == [counts[e] for e in asked]
    assert example_lengths(inputs).tolist() == [
        sum(i + 1 for i in range(ends[e], ends[e + 1])) for e in range(len(counts))
    ]


def test_pairs_are_read_jointly_or_apart() -> None:
    encoder = make_encoder()
    task = TASKS["pair-classification"]
    joint, apart = (read_inputs(encoder, task, how, [PAIR]) for how in ("joint", "separate"))
    assert joint.segment.tolist() == [-1, 0, 0, -1, 1, 1, -1]
    assert joint.examples.tolist() == [0, 1]
    assert apart.segment.tolist() == [-1, 0, 0, -1, -1, 0, 0, -1]
    assert apart.examples.tolist() == [0, 2]
    assert apart.ids[:4].tolist() == joint.ids[:4].tolist()
    assert apart.ids[5:].tolist() == joint.ids[4:].tolist()


def test_a_second_text_is_read_only_where_the_task_has_one() -> None:
    encoder = make_encoder()
    single = read_inputs(encoder, TASKS["classification"], "joint", [PAIR])
    assert single.ids.tolist() == encoder.tokenizer("the cat")["input_ids"]


def test_tagging_reads_words() -> None:
    encoder = make_encoder()
    example = Example("x:1", "the cat-dog", words=("the", "cat-dog"), label=("O", "O"))
    assert [w for w in read_inputs(encoder, TASKS["tagging"], "joint", [example]).words if w >= 0] == [0, 1]


@pytest.mark.parametrize("kind", TASKS)
def test_only_pairs_can_be_read_apart(kind: str) -> None:
    recipe = TunedRecipe("linear", pair="separate")
    assert pair_reading(recipe, TASKS[kind]) == ("separate" if TASKS[kind].pair else "joint")


def test_examples_that_are_cut_are_counted_once_each() -> None:
    encoder, long, task = make_encoder(limit=8), "the cat " * 20, TASKS["pair-classification"]
    rows = [("the", "cat"), (long, "cat"), ("the", long), (long, long), ("the", "cat"), ("cat", long), (long, "cat")]
    examples = [Example(f"x:{i}", *row) for i, row in enumerate(rows)]
    for how in ("joint", "separate"):
        assert cut_at_limit(read_inputs(encoder, task, how, examples)) == 5
        assert cut_at_limit(read_inputs(encoder, task, how, examples[:1])) == 0
        assert cut_at_limit(read_inputs(encoder, task, how, [])) == 0
    assert said_cut(4, 6, 8) == "4 of 6 texts are cut at 8 pieces."
    assert said_cut(0, 6, 8) is None
