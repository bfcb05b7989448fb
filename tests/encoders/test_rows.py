from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from unfreeze.encoders.rows import Rows

LISTS = st.lists(st.lists(st.integers(0, 2**31 - 1), max_size=5), max_size=6)


def as_bytes(rows: list[list[int]]) -> list[bytes]:
    return [np.asarray(row, np.int32).tobytes() for row in rows]


@given(LISTS, st.data())
def test_rows_come_out_as_they_went_in(rows: list[list[int]], data: st.DataObject) -> None:
    made = Rows.of(as_bytes(rows))
    assert (len(made), made.lengths().tolist()) == (len(rows), [len(row) for row in rows])
    assert made.as_bytes() == as_bytes(rows)
    assert [[i for i in row if i >= 0] for row in made.padded().tolist()] == rows
    asked = data.draw(st.lists(st.integers(0, len(rows) - 1), max_size=4) if rows else st.just([]))
    longest = max((len(rows[i]) for i in asked), default=0)
    expected = [[*rows[i], *[-1] * (longest - len(rows[i]))] for i in asked]
    assert made.padded(np.asarray(asked, int)).tolist() == expected


def test_even_rows() -> None:
    square = np.arange(6).reshape(2, 3)
    for rows in (square, np.asfortranarray(square), square[::-1].copy()):
        made = Rows.even(rows)
        np.testing.assert_array_equal(made.padded(), rows)
        assert made.as_bytes() == as_bytes(rows.tolist())
    assert Rows.even(np.zeros((0, 3), int)).padded().tolist() == []
