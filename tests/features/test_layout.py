"""Which rows a store has: counted here the slow way, input by input."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from unfreeze.features import layout as layouts
from unfreeze.features.layout import FORMS, layout, store_key

ROWS = st.lists(st.lists(st.sampled_from([0, 5, 10, 11]), min_size=1, max_size=6), max_size=8)
SHARED_FIXTURE = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)


@given(rows=ROWS)
@SHARED_FIXTURE
def test_every_input_finds_the_rows_of_its_own_pieces(rows, make_inputs):
    inputs = make_inputs(rows)
    for form in FORMS:
        where = layout(inputs, form)
        starts, counts = where.spans(range(len(rows)))
        for i, (start, count) in enumerate(zip(starts, counts, strict=True)):
            span = slice(inputs.offsets[i], inputs.offsets[i + 1])
            words, segment = inputs.words[span], inputs.segment[span]
            if form == "words":
                words, segment = words[words >= 0], segment[words >= 0]
            if form not in ("tokens", "words"):
                words = segment = np.asarray([-1])
            assert where.words[start : start + count].tolist() == words.tolist()
            assert where.segment[start : start + count].tolist() == segment.tolist()


@given(rows=ROWS)
@SHARED_FIXTURE
def test_each_distinct_input_has_rows_once(rows, make_inputs):
    distinct = {tuple(row) for row in rows}
    wanted = {
        "tokens": sum(len(row) for row in distinct),
        "words": sum(piece >= 10 for row in distinct for piece in row),
        "mean": len(distinct),
    }
    for form, count in wanted.items():
        assert layout(make_inputs(rows), form).rows == count


@pytest.mark.parametrize("column", ["ids", "types", "segment", "words"])
def test_inputs_that_differ_in_one_column_are_not_the_same(make_inputs, column):
    inputs = make_inputs([[0, 11, 0], [0, 11, 0]])
    assert len(layout(inputs, "tokens").first) == 1
    changed = getattr(inputs, column).copy()
    changed[1] += 1
    assert len(layout(replace(inputs, **{column: changed}), "tokens").first) == 2


def test_the_key_changes_with_everything_that_decides_the_states(inputs, make_inputs):
    keys = {store_key("f", inputs, form, precision) for form in FORMS for precision in ("fp32", "bf16")}
    keys.add(store_key("other encoder", inputs, "tokens", "fp32"))
    for column in ("ids", "types", "segment", "words"):
        changed = getattr(inputs, column).copy()
        changed[-1] += 1
        keys.add(store_key("f", replace(inputs, **{column: changed}), "tokens", "fp32"))
    keys.add(store_key("f", make_inputs([[0, 11], [12, 0]]), "tokens", "fp32"))
    keys.add(store_key("f", make_inputs([[0], [11, 12, 0]]), "tokens", "fp32"))  # the same pieces, cut elsewhere
    keys.add(store_key("f", inputs, "tokens", "fp32", "int8"))
    assert len(keys) == 2 * len(FORMS) + 1 + 4 + 2 + 1


def test_keys_of_float16_stay_what_they_were(make_inputs):
    assert store_key("f", make_inputs([[0, 11, 0]]), "mean", "fp32") == "9d3c4928bfa8840fe2dfd88a25429840"


def test_the_key_does_not_change_with_the_dtype_of_a_column(inputs):
    wide = replace(inputs, ids=inputs.ids.astype(np.int64), types=inputs.types.astype(np.int64))
    assert store_key("f", wide, "mean", "fp32") == store_key("f", inputs, "mean", "fp32")


@pytest.mark.parametrize("pieces", [1, 5, 1 << 20])
def test_distinct_inputs_in_the_order_of_their_first_occurrence(monkeypatch, make_inputs, pieces):
    monkeypatch.setattr(layouts, "_PIECES", pieces)
    rows = [[5, 6], [5], [6, 5], [5, 6], [5, 6, 5], [5], [0, 5, 6], [5, 6]]
    where = layout(make_inputs(rows), "tokens")
    assert where.first.tolist() == [0, 1, 2, 4, 6]
    assert where.stored.tolist() == [0, 1, 2, 0, 3, 1, 4, 0]


def test_inputs_that_hash_alike_are_distinguished(monkeypatch, make_inputs):
    inputs = make_inputs([[5, 6], [6, 5], [5, 6], [7]])
    wanted, hashes, seeds = layout(inputs, "tokens"), layouts._hashes, []

    def clashing(columns, offsets, seed):
        seeds.append(seed)
        return hashes(columns, offsets, seed) if seed >= 2 else np.zeros(len(offsets) - 1, np.uint64)

    monkeypatch.setattr(layouts, "_hashes", clashing)
    assert layout(inputs, "tokens").stored.tolist() == wanted.stored.tolist() == [0, 1, 0, 2]
    assert seeds == [0, 1, 2]
