"""The same documents from every format and compression; and what is wrong with a file, told with its line."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
from collections.abc import Callable
from itertools import islice
from pathlib import Path

import pytest
import zstandard

from unfreeze.errors import InputError
from unfreeze.pretraining import corpus
from unfreeze.pretraining.corpus import corpus_files, read_documents

DOCUMENTS = [("First paragraph.", "Second, naïve one."), ("Another document.",), ("第三篇。", "还有一段。")]
FORMATS: dict[str, str] = {
    "plain": "\n\n".join("\n".join(document) for document in DOCUMENTS) + "\n",
    "wiki": "".join(
        f'<doc id="{i}" url="x" title="T">\nT\n\n' + "\n".join(document) + "\n</doc>\n\n"
        for i, document in enumerate(DOCUMENTS)
    ),
    "jsonl": "".join(json.dumps({"text": "\n".join(d), "id": 1}, ensure_ascii=False) + "\n" for d in DOCUMENTS),
}
PACKED: dict[str, Callable[[bytes], bytes]] = {
    "": bytes, ".gz": gzip.compress, ".xz": lzma.compress, ".bz2": bz2.compress,
    ".zst": zstandard.ZstdCompressor().compress,
}  # fmt: skip


@pytest.mark.parametrize("suffix", PACKED)
@pytest.mark.parametrize("kind", FORMATS)
def test_every_format_gives_the_same_documents(kind: str, suffix: str, tmp_path: Path) -> None:
    file = tmp_path / f"text.txt{suffix}"
    file.write_bytes(PACKED[suffix](FORMATS[kind].encode()))
    assert list(read_documents([file])) == DOCUMENTS


def test_frames_of_zstandard_follow_each_other(tmp_path: Path) -> None:
    pack, text = PACKED[".zst"], FORMATS["plain"].encode()
    file = tmp_path / "text.txt.zst"
    file.write_bytes(pack(text[:20]) + pack(text[20:]))
    assert list(read_documents([file])) == DOCUMENTS


def test_marks_and_line_ends_of_other_systems(tmp_path: Path) -> None:
    file = tmp_path / "text.txt"
    file.write_bytes(b"\xef\xbb\xbf\r\n" + FORMATS["plain"].replace("\n", "\r\n").encode())
    assert list(read_documents([file])) == DOCUMENTS


def test_folders_are_read_in_the_order_of_names(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    for name in ("c.txt", "a.txt", "b/x.txt", ".hidden"):
        (tmp_path / name).write_text(name, encoding="utf-8")
    assert [p.name for p in corpus_files([tmp_path, tmp_path / "a.txt"])] == ["a.txt", "x.txt", "c.txt", "a.txt"]


def test_long_documents_are_read_as_several(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(corpus, "LONGEST_DOCUMENT", 2)
    for kind in FORMATS:
        file = tmp_path / f"{kind}.txt"
        text = "a\nb\nc\nd\ne\n"
        wrapped = {"plain": text, "wiki": f"<doc x>\nT\n{text}</doc>\n", "jsonl": json.dumps({"text": text})}
        file.write_text(wrapped[kind], encoding="utf-8")
        assert list(read_documents([file])) == [("a", "b"), ("c", "d"), ("e",)]


def test_no_more_is_read_than_is_asked_for(tmp_path: Path) -> None:
    file = tmp_path / "text.txt"
    file.write_bytes(b"one\n\ntwo\n\nthree\n\xff\n")
    assert list(islice(read_documents([file, tmp_path / "absent"]), 2)) == [("one",), ("two",)]


@pytest.mark.parametrize(("data", "where", "problem"), [
    (b"fine\n\x89PNG\x00\n", ":2", "bytes that text does not"),
    (b"\x7fELF\x02\x01\x00\x00", ":1", "bytes that text does not"),
    ("fine".encode("utf-16"), ":1", "bytes that text does not"),
    (b"fine\nfine\ncaf\xe9\n", ":3", "byte 0xe9 is not UTF-8"),
    (b'<doc id="1">\nT\n\n\xff\n</doc>\n', ":4", "byte 0xff is not UTF-8"),
    (b'{"text": null}\n', ":1", "no 'text'"),
    (b'{"text": "fine"}\n{"title": "x"}\n', ":2", "no 'text'"),
    (b'{"text": "fine"}\n\n[1, 2]\n', ":3", "not a line of JSON"),
    (b'{"text": "\\ud83d\\ude00"}\n{"text": "a \\ude00"}\n', ":2", r"\\ude00 is half a character"),
    (b'{"text": "fine"}\n{"text": \n', ":2", "not a line of JSON"),
])  # fmt: skip
def test_a_bad_line_is_named(data: bytes, where: str, problem: str, tmp_path: Path) -> None:
    file = tmp_path / "text.txt"
    file.write_bytes(data)
    with pytest.raises(InputError, match=problem) as error:
        list(read_documents([file]))
    assert error.value.where == f"{file}{where}"


@pytest.mark.parametrize("suffix", [s for s in PACKED if s])
@pytest.mark.parametrize("fault", ["torn", "other"])
def test_a_torn_file_is_reported(suffix: str, fault: str, tmp_path: Path) -> None:
    file = tmp_path / f"text.txt{suffix}"
    whole = PACKED[suffix](("word " * 4000 + "\n").encode() * 50)
    file.write_bytes(whole[: len(whole) // 2] if fault == "torn" else b"plain text\n" * 50)
    with pytest.raises(InputError, match=r"cannot be read: .+") as error:
        list(read_documents([file]))
    assert error.value.where == str(file)


def test_a_line_without_an_end_is_reported(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(corpus, "LONGEST_LINE", 64)
    file = tmp_path / "text.txt"
    file.write_text("a" * 63 + "\n" + "a" * 100, encoding="utf-8")
    with pytest.raises(InputError, match="more than 64 bytes") as error:
        list(read_documents([file]))
    assert error.value.where == f"{file}:2"


def test_lines_of_packed_files_are_numbered_too(tmp_path: Path) -> None:
    file = tmp_path / "text.jsonl.xz"
    file.write_bytes(lzma.compress(b'\n{"text": "fine"}\n{}\n'))
    with pytest.raises(InputError, match="no 'text'") as error:
        list(read_documents([file]))
    assert error.value.where == f"{file}:3"


def test_blank_files_and_documents_are_none(tmp_path: Path) -> None:
    texts = [
        "",
        " \n\n",
        "<doc x>\nTitle\n\n</doc>\n<doc y>\nTitle\nText.\n</doc>\n",
        '{"text": " \\n "}\n{"text": "b"}',
    ]
    files = [tmp_path / f"{number}.txt" for number in range(len(texts))]
    for file, text in zip(files, texts, strict=True):
        file.write_text(text, encoding="utf-8")
    assert list(read_documents(files)) == [("Text.",), ("b",)]


def test_missing_paths_are_reported(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file or folder"):
        corpus_files([tmp_path / "absent"])
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="contains no files"):
        corpus_files([tmp_path / "empty"])
