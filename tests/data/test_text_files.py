"""Decoding, line ends, and the format of a file by name or by content."""

from pathlib import Path

import pytest

from unfreeze.data.text_files import lines_of, load, read_text
from unfreeze.errors import InputError


def test_byte_order_mark_is_taken_off(tmp_path: Path) -> None:
    (tmp_path / "a.tsv").write_bytes(b"\xef\xbb\xbftext\tlabel\n")
    assert read_text(tmp_path / "a.tsv") == "text\tlabel\n"


@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
def test_undecodable_bytes_are_reported_with_their_line(tmp_path: Path, bom: bytes) -> None:
    (tmp_path / "a.tsv").write_bytes(bom + "text\tlabel\nété\t1\n".encode() + b"caf\xe9\t0\n")
    with pytest.raises(InputError, match=r"a\.tsv:3: byte 0xe9 is not UTF-8"):
        read_text(tmp_path / "a.tsv")


def test_missing_and_empty_files(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no\.tsv: no such file"):
        read_text(tmp_path / "no.tsv")
    (tmp_path / "a.tsv").write_text("\n \n")
    with pytest.raises(InputError, match="the file is empty"):
        read_text(tmp_path / "a.tsv")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf_16_is_named(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "a.csv").write_bytes("text\tlabel\ngood\t1\n".encode(encoding))
    with pytest.raises(InputError, match=r"a\.csv: is UTF-16 text .*; save it as UTF-8"):
        load(tmp_path / "a.csv")


@pytest.mark.parametrize(
    ("start", "told"),
    [
        (b"PK\x03\x04", "spreadsheet"),
        (b"\x1f\x8b\x08", "gzip"),
        (b"PAR1\x15\x04", "name it .parquet"),
        ("\ufefft".encode("utf-32"), "UTF-32"),
        (b"SQLite format 3\0", "SQLite"),
    ],
)
def test_files_that_are_no_text_are_named(tmp_path: Path, start: bytes, told: str) -> None:
    (tmp_path / "a.csv").write_bytes(start)
    with pytest.raises(InputError, match=f"a.csv: is .*{told}"):
        load(tmp_path / "a.csv")


def test_carriage_returns_alone_end_lines(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"text,label\rgood,1\rbad,0\r")
    assert load(tmp_path / "a.csv") == ("csv", "text,label\ngood,1\nbad,0\n")


def test_byte_order_marks_of_two_programs(tmp_path: Path) -> None:
    (tmp_path / "a.tsv").write_bytes(b"\xef\xbb\xbf\xef\xbb\xbftext\tlabel\n")
    assert read_text(tmp_path / "a.tsv") == "text\tlabel\n"


def test_only_line_feeds_end_lines() -> None:
    assert lines_of("a\u2028b\x85c\x0cd\r\ne\n\nf") == ["a\u2028b\x85c\x0cd", "e", "", "f"]


TSV, CONLL, POS = "a\tb\nc\td\n", "EU I-ORG\nsays O\n\nIt O\n", "EU NNP\nsays VBZ\n\nIt PRP\n"


@pytest.mark.parametrize(
    ("name", "text", "kind"),
    [
        ("a.csv", "x,y\n", "csv"),
        ("a.json", '{"a": 1}\n', "jsonl"),
        ("a.tsv", TSV, "tsv"),
        ("train.tsv", CONLL.replace(" ", "\t"), "conll"),
        ("a.tsv", "good film\t1\n\nbad film\t0\n", "tsv"),
        ("eng.testa", "-DOCSTART- -X-\n\n" + CONLL, "conll"),
        ("pos.train", POS, "conll"),
        ("a.txt", POS, "txt"),
        ("a.tsv", POS.replace(" ", "\t"), "conll"),
        ("a.txt", POS.replace(" ", "\t"), "conll"),
        ("a.tsv", "good film\tpos\ngood fun\tpos\n\nbad film\tneg\nbad taste\tneg\n", "tsv"),
        ("a.txt", "good film\ngood fun\n\nbad film\nbad taste\n", "txt"),
        ("a.tsv", "word\ttag\nEU\tB-ORG\nsays\tO\n\nIt\tO\n", "conll"),
        ("a.tsv", "EU\tB-ORG\nsays\tO\n" * 9 + "\nIt\tis\tO\n", "conll"),  # and the line of three is reported later
        ("a.tsv", "EU\tB-ORG\nsays\tO\n", "tsv"),
        ("a.txt", "EU\tORG-B\nsays\tO\n\nIt\tO\n", "conll"),
        ("a.gold_conll", CONLL, "conll"),
        ("a.conllup", "# global.columns = ID FORM NER\n1\tEU\tO\n", "conll"),
        ("a.txt", CONLL, "conll"),
        ("a.txt", TSV, "tsv"),
        ("a.txt", "one text\nanother one\n", "txt"),
        ("a.txt", "{sic} one text\nanother one\n", "txt"),
        ("a.txt", '{"text": "x"}\n', "jsonl"),
        ("a.data", '{"text": "x"}\n', "jsonl"),
        ("a.data", '[\n {"text": "x"}\n]\n', "jsonl"),
        ("a.conll", CONLL, "conll"),
        ("a.conll", "# c\n" + "\t".join(["1", *"abcdefghi"]) + "\n", "conllu"),
        ("a.char.bmes", "中 B-LOC\n国 E-LOC\n", "conll"),
    ],
)
def test_format_by_name_and_content(tmp_path: Path, name: str, text: str, kind: str) -> None:
    (tmp_path / name).write_text(text)
    assert load(tmp_path / name) == (kind, text)


def test_unknown_format_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "notes.dat").write_text("just words\n")
    with pytest.raises(InputError, match="cannot tell the format"):
        load(tmp_path / "notes.dat")
