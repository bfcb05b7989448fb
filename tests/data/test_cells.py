"""Typed values become the text that a person would write, one for each value."""

import datetime
import json
import math
import uuid
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unfreeze.data.cells import number_text, texts_of
from unfreeze.errors import InputError


def texts(*values: Any) -> list[str | None]:
    return texts_of(values, "x", lambda row: f"f:{row + 1}")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("text", "text"),
        (None, None),
        (True, "true"),
        (False, "false"),
        (1, "1"),
        (1.0, "1"),
        (-0.0, "0"),
        (0.5, "0.5"),
        (1e3, "1000"),
        (1e16, "10000000000000000"),
        (1e-7, "0.0000001"),
        (1e300, "1e+300"),
        (2**63 + 1, "9223372036854775809"),
        (math.nan, None),
        (math.inf, "Infinity"),
        (-math.inf, "-Infinity"),
        (Decimal("0.20"), "0.2"),
        (Decimal("1.00"), "1"),
        (Decimal("100"), "100"),
        (Decimal("-0.00"), "0"),
        (Decimal("1E+3"), "1000"),
        (Decimal("0.1234567890123456789012345678901234567890"), "0.123456789012345678901234567890123456789"),
        (b"caf\xc3\xa9", "café"),
        (datetime.date(2020, 2, 1), "2020-02-01"),
        (datetime.datetime(2020, 2, 1, 3, 4, 5), "2020-02-01T03:04:05"),
        (datetime.datetime(2020, 2, 1, tzinfo=datetime.UTC), "2020-02-01T00:00:00+00:00"),
        (datetime.time(3, 4), "03:04:00"),
        (uuid.UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (["é"], '["é"]'),
    ],
)
def test_values(value: Any, expected: str | None) -> None:
    assert texts(value) == [expected]


DECIMALS = st.decimals(-(10**20), 10**20, places=4)


@given(st.one_of(st.floats(allow_nan=False, allow_infinity=False), st.integers(), DECIMALS))
def test_the_text_of_a_number_has_its_value_and_is_the_one_spelling(value: float | Decimal) -> None:
    (text,) = texts(value)
    assert text is not None
    assert Decimal(text) == Decimal(repr(value) if isinstance(value, float) else value)
    assert abs(value) > 10**20 or number_text(text) == text


@given(st.integers(-(2**53), 2**53))
def test_whole_numbers_have_one_text_in_every_type(value: int) -> None:
    assert set(texts(value, float(value), Decimal(value), Decimal(f"{value}.00"))) == {str(value)}


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_json_and_python_agree(value: float) -> None:
    assert texts(json.loads(json.dumps(value))) == texts(value)


@pytest.mark.parametrize(
    "text", ["", "007", "1.", ".5", "+1", "1_000", "0x1", "nan", "inf", "١", "1 000", "v1", "1e9999"]
)
def test_what_is_no_plain_number(text: str) -> None:
    assert number_text(text) is None


def test_bytes_that_are_no_text_are_reported_with_their_row() -> None:
    with pytest.raises(InputError, match=r"^f:2: column 'x' contains bytes that are not UTF-8 text \(0xff\)"):
        texts(b"a", b"a\xff")
