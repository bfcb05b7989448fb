"""Every format gives the same table; what is wrong with a file is reported with its place."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from unfreeze.encoders.word_vectors import table as table_module
from unfreeze.encoders.word_vectors import text as text_module
from unfreeze.encoders.word_vectors.files import array_shape, is_published, read_vectors, write_vectors
from unfreeze.encoders.word_vectors.table import VectorTable
from unfreeze.errors import InputError

WORDS = ["the", "The", "猫", "naïve", "🙂", "a_b", "3"]
VECTORS = np.random.default_rng(0).normal(size=(len(WORDS), 3)).astype(np.float32)
LINES = [f"{word} {' '.join(map(repr, row.tolist()))}" for word, row in zip(WORDS, VECTORS, strict=True)]


def _glove(folder: Path) -> Path:
    return _written(folder / "glove.tiny.txt", "\n".join(LINES) + "\n")


def _word2vec_text(folder: Path) -> Path:
    return _written(folder / "vectors.w2v", f"{len(WORDS)} 3\r\n" + "\r\n".join(LINES))


def _fasttext(folder: Path) -> Path:
    return _written(folder / "wiki.vec", f"{len(WORDS)} 3\n" + "".join(f"{line} \n" for line in LINES))


def _binary(folder: Path) -> Path:
    rows = (w.encode() + b" " + v.tobytes() + b"\n" for w, v in zip(WORDS, VECTORS, strict=True))
    path = folder / "google.bin"
    path.write_bytes(f"{len(WORDS)} 3\n".encode() + b"".join(rows))
    return path


def _binary_without_line_ends(folder: Path) -> Path:
    path = _binary(folder)
    rows = (w.encode() + b" " + v.tobytes() for w, v in zip(WORDS, VECTORS, strict=True))
    path.write_bytes(f"{len(WORDS)} 3\n".encode() + b"".join(rows))
    return path


def _array(folder: Path) -> Path:
    np.save(folder / "tiny.npy", VECTORS)
    _written(folder / "tiny.vocab", "\n".join(WORDS))
    return folder / "tiny.npy"


def _columns_first_with_parquet(folder: Path) -> Path:
    np.save(folder / "emb.npy", np.asfortranarray(VECTORS))
    pq.write_table(pa.table({"rank": list(range(len(WORDS))), "index": WORDS}), folder / "index.parquet")
    return folder / "emb.npy"


FORMATS = (
    _glove, _word2vec_text, _fasttext, _binary, _binary_without_line_ends, _array, _columns_first_with_parquet,
)  # fmt: skip


def _written(path: Path, text: str | bytes) -> Path:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


@pytest.mark.parametrize("write", FORMATS, ids=lambda write: write.__name__.strip("_"))
def test_every_format_gives_the_same_table(write: Callable[[Path], Path], tmp_path: Path) -> None:
    path = write(tmp_path)
    assert is_published(path)
    table = read_vectors(path)
    assert list(table.words) == WORDS
    np.testing.assert_array_equal(table.vectors, VECTORS)
    assert table.digest == VectorTable(WORDS, VECTORS).digest
    if path.suffix != ".w2v":  # of no known ending
        assert is_published(tmp_path)
        assert read_vectors(tmp_path).digest == table.digest


@pytest.mark.parametrize("block", [1, 7, 64, 1 << 20])
def test_where_a_block_ends_decides_nothing(block: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_module, "_BLOCK", block)
    np.testing.assert_array_equal(read_vectors(_fasttext(tmp_path)).vectors, VECTORS)
    np.testing.assert_array_equal(read_vectors(_glove(tmp_path)).vectors, VECTORS)


def test_words_with_spaces_odd_gaps_empty_lines_and_a_mark_at_the_start(tmp_path: Path) -> None:
    text = "\ufeff. . . 1 2\n\nx  3 4 \ny\t5\t6\nx 7 8\n\n"
    path = _written(tmp_path / "odd.txt", text.replace(". . .", "dots"))
    table = read_vectors(path)
    assert table.words == ("dots", "x", "y", "x")
    np.testing.assert_array_equal(table.rows(np.array([table.row("x"), table.row("nothing")])), [[3, 4], [0, 0]])
    spaced = read_vectors(_written(tmp_path / "spaced.txt", ", 0 0\n. . . 1 2\nat me@home 3 4\n"))
    assert spaced.words == (",", ". . .", "at me@home")
    np.testing.assert_array_equal(spaced.vectors, [[0, 0], [1, 2], [3, 4]])


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a 1 2\nb 3\n", "bad.txt:2: has 1 numbers after its word, where 2 are expected"),
        ("a 1 2\nb 3 4 5\nc 1\n", "bad.txt:2: has 3 numbers after its word, where 2 are expected"),
        ("a 1 2\nb 3 x\n", "bad.txt:2: 'x' is not a number"),
        ("a 1 2\nb 3 nan\n", "bad.txt:2: has a number that is not finite"),
        ("a 1 2\nb 3 1e99\n", "bad.txt:2: has a number that is not finite"),
        (b"a 1 2\nb\xff 3 4\n", "bad.txt:2: has a word that is not UTF-8: b'b\\xff'"),
        ("3 2\na 1 2\nb 3 4\n", "bad.txt: promises 3 words in its first line and contains 2"),
        ("2 3\na 1 2\nb 3 4\n", "bad.txt:2: has 2 numbers after its word, where 3 are expected"),
        ("2 99999999999999\na 1\n", "bad.txt:1: promises 99,999,999,999,999 numbers a word"),
        ("3 20\n" + "\n" * 50, "bad.txt: promises 3 words in its first line and contains 0"),
        ("", "bad.txt:1: is not a line of word vectors"),
        ("\n\n", "bad.txt:1: is not a line of word vectors"),
        ("word\n", "bad.txt:1: is not a line of word vectors"),
        ("0 2\n", "bad.txt: contains no word vectors"),
        ("0 0\n", "bad.txt:1: promises 0 numbers a word"),
        ("5 0\na\n", "bad.txt:1: promises 0 numbers a word"),
    ],
)
def test_bad_text_is_reported_with_its_line(text: str | bytes, told: str, tmp_path: Path) -> None:
    path = _written(tmp_path / "bad.txt", text)
    with pytest.raises(InputError) as raised:
        read_vectors(path)
    assert told in str(raised.value)


def test_bad_binary_files(tmp_path: Path) -> None:
    whole = _binary(tmp_path).read_bytes()
    for content, told in (
        (whole[:-20], "is it whole?"),
        (whole[:-1] + b"x", None),  # only a line end
        (b"", "cannot be read"),
        (b"hello", "does not begin with a line"),
        (b"2 nonsense\n", "does not begin with a line"),
        ((793_712_314).to_bytes(4, "little") + b"....", "fastText's own; give its .vec"),
        (whole.replace("猫".encode(), b"\xff\xff\xff"), "word 3 is not UTF-8"),
        (b"1 1\na " + np.float32(np.inf).tobytes(), "not finite"),
    ):
        path = _written(tmp_path / "google.bin", content)
        if told is None:
            assert len(read_vectors(path).words) == len(WORDS)
            continue
        with pytest.raises(InputError, match=r"google\.bin") as raised:
            read_vectors(path)
        assert told in str(raised.value)


def test_bad_arrays(tmp_path: Path) -> None:
    path = _array(tmp_path)
    for array, told in (
        (VECTORS[:-1], "has 6 rows, but its vocabulary has 7 words"),
        (VECTORS.ravel(), "rows of floats are expected"),
        (VECTORS.astype(int), "rows of floats are expected"),
        (np.zeros((7, 0)), "contains no word vectors"),
        (np.array([{}], dtype=object), "cannot be read as an array"),
    ):
        np.save(path, array)
        with pytest.raises(InputError, match=told):
            read_vectors(path)
    np.save(path, VECTORS)
    whole = path.read_bytes()
    np.savez(path.with_suffix(".npz"), VECTORS)
    archive = path.with_suffix(".npz").read_bytes()
    for content in (b"", whole[:-1], whole[:40], whole.replace(b"(7, 3)", b"(7, 3("), archive):
        _written(path, content)
        with pytest.raises(InputError, match="cannot be read as an array"):
            read_vectors(path)
    np.save(path, VECTORS)
    _written(tmp_path / "tiny.vocab", b"a\n\xff\n")
    with pytest.raises(InputError, match=r"tiny\.vocab:2: has a word that is not UTF-8"):
        read_vectors(path)
    (tmp_path / "tiny.vocab").unlink()
    with pytest.raises(InputError, match=r"tiny\.npy: has no vocabulary beside it; looked for tiny\.vocab"):
        read_vectors(path)
    assert not is_published(tmp_path)
    with pytest.raises(InputError, match="contains no word vectors"):
        read_vectors(tmp_path)
    pq.write_table(pa.table({"rank": [1]}), tmp_path / "index.parquet")
    with pytest.raises(InputError, match="no column of strings"):
        read_vectors(path)
    _written(tmp_path / "index.parquet", "nothing")
    with pytest.raises(InputError, match="cannot be read"):
        read_vectors(path)


@pytest.mark.parametrize("bad", [np.nan, np.inf, 1e300])
def test_an_array_with_numbers_that_are_not_finite_is_reported_when_it_is_read(bad: float, tmp_path: Path) -> None:
    path, vectors = _array(tmp_path), VECTORS.astype(np.float64)
    vectors[2, 1] = bad
    np.save(path, vectors)
    table = read_vectors(path)
    assert table.rows(np.array([0, 1, 7])).shape == (3, 3)
    for read in (lambda: table.rows(np.array([7, 2])), lambda: table.digest):
        with pytest.raises(InputError, match=r"tiny\.npy: has numbers that are not finite, at the word '猫'"):
            read()


def test_of_a_folder_with_several_files_one_has_to_be_given(tmp_path: Path) -> None:
    _glove(tmp_path)
    assert is_published(tmp_path)
    _written(tmp_path / "glove.other.txt", "a 1\n")
    assert is_published(tmp_path)
    with pytest.raises(InputError) as raised:
        read_vectors(tmp_path)
    told = "contains 2 files of vectors; give one of them: glove.other.txt, glove.tiny.txt"
    assert str(raised.value) == f"{tmp_path}: {told}"
    _fasttext(tmp_path)
    assert list(read_vectors(tmp_path).words) == WORDS  # the one of its kind


def test_an_array_goes_before_text_and_a_transformer_before_both(tmp_path: Path) -> None:
    _glove(tmp_path)
    _array(tmp_path)
    assert array_shape(tmp_path) == VECTORS.shape
    _written(tmp_path / "config.json", "{}")
    assert not is_published(tmp_path)
    with pytest.raises(InputError, match=r"contains no \.npy"):
        array_shape(tmp_path)


def test_written_and_read_it_is_the_same_whatever_words_hold(tmp_path: Path) -> None:
    words = ["\r", "a\u2028b", " ", "", "\x85", "x"]
    table = VectorTable(words, VECTORS[: len(words)].astype(np.float16))
    write_vectors(tmp_path / "out", table, {})
    again = read_vectors(tmp_path / "out")
    assert again.words == tuple(words)
    assert again.digest == table.digest
    assert again.vectors.dtype == np.float16
    with pytest.raises(InputError, match="line break"):
        VectorTable(["a\nb"], VECTORS[:1])


def test_digest_of_a_huge_table_reads_rows_spread_over_it(monkeypatch: pytest.MonkeyPatch) -> None:
    vectors = np.zeros((1000, 2), np.float32)
    words = [f"w{i}" for i in range(1000)]
    monkeypatch.setattr(table_module, "HASHED_WHOLE", 10)
    monkeypatch.setattr(table_module, "SAMPLED", 11)
    digests = []
    for row in (None, 999, 0, 333):
        changed = vectors.copy()
        if row is not None:
            changed[row] = 1
        digests.append(VectorTable(words, changed).digest)
    assert digests[0] == digests[3]  # not in the sample
    assert len(set(digests)) == 3
    assert VectorTable([*words[:-1], "other"], vectors).digest != digests[0]
