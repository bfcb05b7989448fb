"""Quoting decided per file, headers, ragged rows, JSON lines, parquet."""

import csv
import io
from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unfreeze.data.tables import Table, has_header, read_table
from unfreeze.data.text_files import Format
from unfreeze.errors import InputError

PATH = Path("a.tsv")


def read(text: str, kind: Format = "tsv") -> Table:
    return read_table(PATH, kind, text)


def test_bare_quote_marks_in_tsv_survive() -> None:
    rows = ['He called her "the witness" .', '"Stay," he said', 'a 5" pipe', '"', '"quoted whole"']
    table = read("text\tlabel\n" + "".join(f"{row}\t1\n" for row in rows))
    assert table.column("text") == rows
    assert table.lines == [2, 3, 4, 5, 6]


def test_a_sentence_that_is_a_quotation_keeps_its_marks() -> None:
    assert read('text\tlabel\n"Go on."\t1\nHe went.\t0\nShe did not.\t1\n').column("text")[0] == '"Go on."'


@pytest.mark.parametrize("quoting", [csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC])
@pytest.mark.parametrize("kind", ["csv", "tsv"])
@given(texts=st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\r\0")), min_size=3, max_size=6))
def test_what_a_csv_writer_wrote_is_read_back(kind: Format, quoting: int, texts: list[str]) -> None:
    rows = [["text", "label"], *([text, "x"] for text in texts), ['marked "twice", with\ttab', "y"]]
    out = io.StringIO()
    csv.writer(out, delimiter="," if kind == "csv" else "\t", quoting=quoting, lineterminator="\n").writerows(rows)
    table = read(out.getvalue(), kind)
    assert [table.columns, *map(tuple, table.rows)] == list(map(tuple, rows))


def test_lines_of_rows_with_line_feeds_inside() -> None:
    table = read('text,label\n"one\ntwo",a\n\nthree,b\n', "csv")
    assert [(row[0], table.where(i)) for i, row in enumerate(table.rows)] == [
        ("one\ntwo", "a.tsv:2"),
        ("three", "a.tsv:5"),
    ]


def test_unquoted_csv_with_quote_marks_inside_cells() -> None:
    assert read('text,label\n"Stop" he said,1\nfine,0\n', "csv").column("text") == ['"Stop" he said', "fine"]


def test_semicolons_of_european_spreadsheets() -> None:
    assert read("text;label\nja, gut;1\n", "csv").column("text") == ["ja, gut"]


@pytest.mark.parametrize(
    ("kind", "text", "where"),
    [
        ("tsv", "text\tlabel\na\t1\nb\t1\textra\n", "a.tsv:3"),
        ("tsv", 'text\tlabel\na "b"\t1\nb\n', "a.tsv:3"),
        ("csv", "text,label\nHello, world,1\n", "a.tsv:2"),
        ("csv", 'text,label\n"fine, really",1\nHello, world,1\n', "a.tsv:3"),
    ],
)
def test_ragged_rows(kind: Format, text: str, where: str) -> None:
    with pytest.raises(InputError, match=f"{where}: .* fields, the first line has 2"):
        read(text, kind)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([["sentence", "label"], ["good", "1"]], True),
        ([["Kommentar", "Klasse"], ["gut", "A"], ["schlecht", "B"]], True),
        ([["gut", "A"], ["schlecht", "B"], ["prima", "A"]], False),
        ([["gj04", "1", "", "It works."], ["gj04", "0", "*", "Works it."]], False),
        ([["a man", "a person", "4.5"], ["a dog", "a cat", "1.0"]], False),
        ([["just a text"], ["another"]], False),
        ([["text"], ["another"]], True),
    ],
)
def test_header_or_not(rows: list[list[str]], expected: bool) -> None:
    assert has_header(rows) is expected


def test_a_wanted_name_makes_a_header() -> None:
    rows = [["utt", "kind"], ["utt", "kind"]]
    assert (has_header(rows), has_header(rows, {"utt"})) == (False, True)


def test_json_lines() -> None:
    table = read('{"text": "a", "label": 1, "tags": ["x"]}\n\n{"label": 0.5, "text": "ü", "more": true}\n', "jsonl")
    assert table.columns == ("text", "label", "tags", "more")
    assert (table.column("text"), table.column("label"), table.column("more")) == (
        ["a", "ü"],
        ["1", "0.5"],
        [None, "true"],
    )
    assert (table.lines, table.nested) == ([1, 3], {"tags"})


@pytest.mark.parametrize("line", ["{'text': 1}", "[1, 2]", '"text"'])
def test_lines_that_are_no_json_objects(line: str) -> None:
    with pytest.raises(InputError, match=r"a\.tsv:2: .*one JSON object per line"):
        read(f'{{"text": "a"}}\n{line}\n', "jsonl")


def test_parquet(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pyarrow.parquet.write_table(pyarrow.table({"text": ["a", None], "label": [1, 0]}), path)
    table = read_table(path, "parquet", "")
    assert (table.column("text"), table.column("label"), table.where(1)) == (["a", None], ["1", "0"], f"{path}:2")
    path.write_bytes(b"PAR1 torn")
    with pytest.raises(InputError, match="not a readable parquet file"):
        read_table(path, "parquet", "")


def test_no_rows_and_doubled_columns() -> None:
    with pytest.raises(InputError, match="no rows"):
        read("text\tlabel\n")
    with pytest.raises(InputError, match="column 'text' occurs twice"):
        read("text\ttext\nb\tc\n")


def test_bare_quotes_in_a_csv_join_no_lines(tmp_path: Path) -> None:
    """A quoted cell over two lines would leave lines with too few fields."""
    rows = ["text,label", *(f"text {i},pos" for i in range(9)), '"I loved it,pos', 'and come again",neg']
    (tmp_path / "a.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    table = read_table(tmp_path / "a.csv", "csv", (tmp_path / "a.csv").read_text(encoding="utf-8"))
    assert [row[1] for row in table.rows] == [*["pos"] * 10, "neg"]
