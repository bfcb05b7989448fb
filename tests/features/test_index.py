"""An index gives its layout back; one of millions of short texts has no column that says nothing."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from unfreeze.features.index import index_of, layout_from
from unfreeze.features.layout import FORMS, Layout, layout

ROWS = st.lists(st.lists(st.sampled_from([0, 5, 10, 11]), min_size=1, max_size=6), max_size=8)


def same(one, other):
    for field in fields(Layout):
        np.testing.assert_array_equal(getattr(one, field.name), getattr(other, field.name), field.name)


@given(rows=ROWS, shared=st.booleans(), form=st.sampled_from(FORMS))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=100, deadline=None)
def test_a_layout_comes_back(rows, shared, form, make_inputs):
    where = layout(make_inputs(rows), form, shared)
    back = layout_from(index_of(where))
    same(back, where)
    asked = list(range(len(rows)))[::-1]
    for got, wanted in zip(back.spans(asked), where.spans(asked), strict=True):
        np.testing.assert_array_equal(got, wanted)


def test_an_index_of_before_is_read(make_inputs):
    where = layout(make_inputs([[0, 11], [0, 12, 5], [0, 11]]), "tokens")
    same(layout_from({field.name: getattr(where, field.name) for field in fields(where)}), where)


def test_distinct_texts_in_a_pooled_form_need_no_column(make_inputs):
    index = index_of(layout(make_inputs([[piece, 11] for piece in range(40)]), "mean"))
    assert sum(column.nbytes for column in index.values()) < 40


def test_a_column_takes_as_many_bits_as_it_needs(make_inputs):
    index = index_of(layout(make_inputs([[0, *range(10, 50)] * 5, [0]]), "tokens"))
    assert (index["words"].dtype, index["segment"].dtype, index["counts"].dtype) == (np.int16, np.int8, np.uint8)


@pytest.mark.parametrize("missing", ["sizes", "counts", "words"])
def test_what_is_not_an_index_is_not_a_layout(make_inputs, missing):
    index = index_of(layout(make_inputs([[0, 11]]), "tokens"))
    del index[missing]
    with pytest.raises(KeyError):
        layout_from(index)
