"""What csv writers of every habit wrote is read back; where quote marks fit no reading, the row is named."""

import csv
import io
import time
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.csv
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from unfreeze.data.quoting import delimiter_of, rows_of
from unfreeze.data.tables import Table, read_table
from unfreeze.errors import InputError

PATH = Path("a.csv")
TEXTS = st.lists(
    st.text(st.sampled_from('ab,;\t"\\\n é')) | st.text(st.characters(codec="utf-8", exclude_characters="\r\0")),
    min_size=3,
    max_size=6,
)


def read(text: str, delimiter: str = ",") -> list[list[str]]:
    return rows_of(PATH, text, delimiter).rows


def written(rows: list[list[str]], **how: Any) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n", **how).writerows(rows)
    return out.getvalue()


def table(text: str) -> Table:
    return read_table(PATH, "csv", text)


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("quoting", [csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC])
@given(texts=TEXTS)
@example(texts=["\\", "\\,", '"'])
@example(texts=['\\"', '"\\', "\\\\"])
@example(texts=['a\\",', 'b\\",', 'c\\",'])
def test_doubled_marks(quoting: int, delimiter: str, texts: list[str]) -> None:
    rows = [["text", "label"], *([text, "x"] for text in texts), [f'marked "twice", with{delimiter}delimiter', "y"]]
    assert read(written(rows, quoting=quoting, delimiter=delimiter), delimiter) == rows


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("quoting", [csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC])
@given(texts=TEXTS)
def test_backslashes(quoting: int, delimiter: str, texts: list[str]) -> None:
    rows = [["text", "label"], *([text, "x"] for text in texts), [f'he said "good"{delimiter} then left', "y"]]
    how = {"quoting": quoting, "delimiter": delimiter, "doublequote": False, "escapechar": "\\"}
    parsed = rows_of(PATH, written(rows, **how), delimiter)
    assert parsed.rows == rows
    assert "read as escapes" in parsed.notes[0]


@given(texts=TEXTS)
@example(texts=["", "\\", ",\n;"])
def test_pyarrows_writer(texts: list[str]) -> None:
    out = io.BytesIO()
    pyarrow.csv.write_csv(pyarrow.table({"text": texts, "label": range(len(texts))}), out)
    assert read(out.getvalue().decode()) == [["text", "label"], *([t, str(i)] for i, t in enumerate(texts))]


@given(texts=TEXTS)
def test_carriage_returns_end_lines_as_well(texts: list[str]) -> None:
    rows = [["text", "label"], *([text, "x"] for text in texts), ['a "b", c', "y"]]
    text = written(rows, quoting=csv.QUOTE_ALL).replace("\n", "\r\n")
    assert read(text) == [[cell.replace("\n", "\r\n") for cell in row] for row in rows]


def test_escapes_without_any_enclosed_cell() -> None:
    rows = [["text", "label"], ['say "hi"', "x"], ["tab\t, end\\", "y"]]
    text = written(rows, delimiter="\t", quoting=csv.QUOTE_NONE, escapechar="\\")
    assert read(text, "\t") == rows
    assert read("text\tlabel\nsay\\\thi\tx\n", "\t") == [["text", "label"], ["say\thi", "x"]]


def test_an_escaped_end_of_a_line_is_inside_a_cell() -> None:
    assert read('text,label\n"say \\"hi\\"\\\nthen go",x\n') == [["text", "label"], ['say "hi"\nthen go', "x"]]


def test_pairs_of_backslashes_may_be_text() -> None:
    parsed = rows_of(PATH, "text,label\na\\\\b,x\n", ",")
    assert (parsed.rows[1], parsed.notes) == (["a\\\\b", "x"], ("All backslashes stand in pairs; they were kept so.",))


def quoted_file(row: str, rows: int = 60) -> str:
    """A file in which every cell is enclosed, with one row of its own in line 122."""
    return '"text","label"\n' + '"film, yes","pos"\n"film, no","neg"\n' * rows + f"{row}\n" + '"last, one","neg"\n' * 3


@pytest.mark.parametrize("comma", [",", ""])
def test_one_row_with_backslashes(comma: str) -> None:
    parsed = rows_of(PATH, quoted_file('"he said \\"good\\" then left","pos"').replace("film,", f"film{comma}"), ",")
    assert parsed.rows[121] == ['he said "good" then left', "pos"]
    assert (parsed.rows[0], len(parsed.rows)) == (["text", "label"], 125)


@pytest.mark.parametrize("comma", [",", ""])
@pytest.mark.parametrize("header", ['"text","label"', "text,label"])
@pytest.mark.parametrize(
    "row",
    [
        '"he said "good" then left","pos"',
        '"he said good" then left","pos"',
        '"he said "good then left","pos"',
        '"he said good then left,pos',
        '"he said good then left","pos',
        '"he said \\"good\\" and "bad"","pos"',
    ],
)
def test_one_stray_mark_is_reported_at_its_line(row: str, header: str, comma: str) -> None:
    text = quoted_file(row).replace(", ", f"{comma} ").replace('"text","label"', header)
    with pytest.raises(InputError, match=r"^a\.csv:122: quote marks do not fit in this row"):
        table(text)


def test_one_stray_mark_before_a_delimiter_is_reported_at_its_line() -> None:
    with pytest.raises(InputError, match=r"^a\.csv:122: 3 fields, the first line has 2; .*double the marks inside"):
        table(quoted_file('"film 5", yes","pos"'))


def test_a_mark_in_a_cell_without_marks_around_it_is_said() -> None:
    read_so = table(quoted_file('film 5","pos"'))
    assert read_so.rows[120] == ['film 5"', "pos"]
    assert read_so.notes == (
        "Quote marks inside cells that they do not enclose were kept as text (1 row, first in line 122).",
    )
    assert "first in line 3" in table('text,label\nfine,1\na 5" pipe,0\n').notes[0]
    assert "first in line 2" in table('text,label\n"Stop" he said,1\nfine,0\n').notes[0]


@pytest.mark.parametrize(
    "text",
    [
        'text\tlabel\n"Stop" he said.\t1\n"Go on."\t0\n"So what?"\t1\n',
        'text\tlabel\nsch\\"on\t1\n"Go on."\t0\n',
        'text\tlabel\n{"a": "x \\"y\\""}\t1\n',
        'text,label\nC:\\dir,1\n"C:\\a, b\\",0\n',
        'text\tlabel\n"\t1\n""\t0\n',
    ],
)
def test_marks_and_backslashes_that_are_text(text: str) -> None:
    delimiter = "\t" if "\t" in text else ","
    expected = [line.split("\t") for line in text.splitlines()] if "\t" in text else list(csv.reader(io.StringIO(text)))
    assert read(text, delimiter) == expected


def test_cells_over_several_lines_are_no_lines_of_text() -> None:
    assert read('"text"\n"one\ntwo"\n"three"\n') == [["text"], ["one\ntwo"], ["three"]]


@pytest.mark.parametrize(
    ("first", "delimiter"),
    [("text;label", ";"), ('"ja; gut; fein",1', ","), ("a|b", "|"), ("a|b|c,d", ","), ("text", ","), ("a\tb", "\t")],
)
def test_delimiters(first: str, delimiter: str) -> None:
    assert delimiter_of(f"{first}\nmore") == delimiter


@pytest.mark.parametrize("first", ["sep=;", '"sep=;"', "SEP=;\r"])
def test_a_first_line_may_name_the_delimiter(first: str) -> None:
    found = table(f"{first}\ntext;label\na, b;1\n")
    assert (found.columns, found.rows, found.lines) == (("text", "label"), [["a, b", "1"]], [3])


@pytest.mark.parametrize("text", ["text,label\na,1,\nb,2,,\n", "text,label,\na,1,\nb,2,\n", "text,label,\na,1\nb,2\n"])
def test_empty_cells_at_the_end(text: str) -> None:
    found = table(text)
    assert [row[:2] for row in found.rows] == [["a", "1"], ["b", "2"]]
    assert found.columns[:2] == ("text", "label")


def test_names_of_columns_again_further_down() -> None:
    with pytest.raises(InputError, match=r"^a\.csv:3: this row repeats the names"):
        table("text,label\na,1\n\ufefftext,label\nb,2\n")


def test_row_numbers_under_an_empty_name() -> None:
    assert table(",utt,kind\n0,a,x\n1,b,y\n").columns == ("", "utt", "kind")


def test_a_late_stray_mark_takes_time_in_proportion() -> None:
    def seconds(rows: int) -> float:
        began = time.process_time()
        with pytest.raises(InputError, match=f"^a.csv:{2 * rows + 2}:"):
            rows_of(PATH, quoted_file('"he said "good" then left","pos"', rows), ",")
        return time.process_time() - began

    seconds(100)
    few = min(seconds(4_000) for _ in range(3))
    assert min(seconds(40_000) for _ in range(3)) < 40 * max(few, 0.01)  # 10 where linear, 100 where not


def test_doubts_about_tabs_and_carriage_returns_are_said() -> None:
    tabbed = rows_of(PATH, 'text\tlabel\n"it""s"\tx\n"so" he said\ty\n', "\t")
    assert tabbed.rows[1] == ['"it""s"', "x"]
    assert tabbed.notes == (
        "Warning: quote marks were kept as text (first in line 2), but they seem to enclose some cells (1).",
    )
    assert table("text,label\r\na,1\rb\r\n").notes == (
        "Carriage returns inside lines were kept as text (in 1, first in 2).",
    )
