"""Splits in several files and in folders, as hubs and people lay them out: rows are read, or one line says why not."""

from __future__ import annotations

import gzip
import json
import lzma
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.feather
import pyarrow.parquet
import pytest
import zstandard

from unfreeze.data.examples import Dataset
from unfreeze.data.read import read_dataset
from unfreeze.errors import InputError

Row = tuple[str, str]
SIZE = 12


def rows(start: int, count: int = SIZE, of: str = "train") -> list[Row]:
    return [
        (f"film {i} of {of} was {'good' if i % 2 else 'bad'}", "pos" if i % 2 else "neg")
        for i in range(start, start + count)
    ]


def texts(found: Dataset, split: str = "train") -> list[Row]:
    return [(e.text, str(e.label)) for e in found.split(split)]  # type: ignore[arg-type]


def csv(path: Path, of: Sequence[Row], header: bool = True, delimiter: str = ",") -> Path:
    lines = [delimiter.join(("text", "label"))] * header + [delimiter.join(row) for row in of]
    return put(path, "\n".join(lines) + "\n")


def put(path: Path, content: str | bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def jsonl(path: Path, of: Sequence[Row]) -> Path:
    return put(path, "".join(json.dumps({"text": text, "label": label}) + "\n" for text, label in of))


def table_of(of: Sequence[Row]) -> pyarrow.Table:
    return pyarrow.table({"text": [text for text, _ in of], "label": [label for _, label in of]})


def parquet(path: Path, of: Sequence[Row]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    pyarrow.parquet.write_table(table_of(of), path)
    return path


def arrow(path: Path, of: Sequence[Row]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    stream(path, table_of(of))
    return path


def stream(path: Path, table: pyarrow.Table) -> None:
    with pyarrow.OSFile(str(path), "wb") as sink, pyarrow.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)


def conll(path: Path, of: Sequence[Row]) -> Path:
    tag = {"pos": "B-PER", "neg": "O"}
    blocks = (
        "".join(f"{word}\t{tag[label] if at == 1 else 'O'}\n" for at, word in enumerate(text.split()))
        for text, label in of
    )
    return put(path, "\n".join(blocks))


def word_rows(of: Sequence[Row]) -> list[str]:
    return [text for text, _ in of]


WRITERS: dict[str, Callable[[Path, Sequence[Row]], Path]] = {
    "csv": csv,
    "tsv": lambda path, of: csv(path, of, delimiter="\t"),
    "jsonl": jsonl,
    "parquet": parquet,
    "arrow": arrow,
}
NAMES = {
    "of": lambda split, i, n, ext: f"{split}-{i:05}-of-{n:05}.{ext}",
    "of, hashed": lambda split, i, n, ext: f"{split}-{i:05}-of-{n:05}-0{i}bcdef0123456789.{ext}",
    "of from 1": lambda split, i, n, ext: f"{split}_{i + 1}_of_{n}.{ext}",
    "1of3": lambda split, i, n, ext: f"{split}.{i + 1}of{n}.{ext}",
    "behind": lambda split, i, n, ext: f"{split}.{ext}-{i:05}-of-{n:05}",
    "number": lambda split, i, n, ext: f"{split}_{i}.{ext}",
    "number from 1": lambda split, i, n, ext: f"{split}-{i + 1}.{ext}",
    "part": lambda split, i, n, ext: f"{split}.part{i}.{ext}",
    "behind part": lambda split, i, n, ext: f"{split}.{ext}.part{i + 1}",
    "shard": lambda split, i, n, ext: f"{split}_shard_{i:03}.{ext}",
}


@pytest.mark.parametrize(
    ("kind", "naming"), [*((kind, "of") for kind in WRITERS), *(("csv", naming) for naming in NAMES)]
)
def test_all_parts_are_read_in_order(tmp_path: Path, kind: str, naming: str) -> None:
    count = 11  # part 10 comes after part 9
    for i in range(count):
        WRITERS[kind](tmp_path / NAMES[naming]("train", i, count, kind), rows(2 * i, 2))
    WRITERS[kind](tmp_path / f"test.{kind}", rows(0, of="test"))
    found = read_dataset(tmp_path)
    kept = {text for text, _ in texts(found)} | {text for text, _ in texts(found, "dev")}
    assert kept == {text for text, _ in rows(0, 2 * count)}
    assert texts(found) == [row for row in rows(0, 2 * count) if row in texts(found)]
    assert texts(found, "test") == rows(0, of="test")
    first, last = (NAMES[naming]("train", i, count, kind) for i in (0, count - 1))
    assert f"train: 11 files, {first} to {last}: 2 to 2 each, 22 in all rows." in found.notes
    assert found.train[-1].where.rpartition(":")[0] in {str(path) for path in tmp_path.iterdir()}


def test_each_example_stands_where_it_is_in_its_part(tmp_path: Path) -> None:
    for split, at in (("train", 0), ("dev", 100), ("test", 200)):
        for i in range(2):
            csv(tmp_path / f"{split}-{i}-of-2.csv", rows(at + 10 * i, 4))
    found = read_dataset(tmp_path)
    assert [e.where for e in found.train] == [
        f"{tmp_path}/train-{i}-of-2.csv:{line}" for i in (0, 1) for line in (2, 3, 4, 5)
    ]
    assert [e.text for e in found.dev] == [text for text, _ in (*rows(100, 4), *rows(110, 4))]
    assert "dev: 2 files, dev-0-of-2.csv to dev-1-of-2.csv: 4 + 4 rows." in found.notes
    assert found.files["train"] == (f"{tmp_path}/train-0-of-2.csv", f"{tmp_path}/train-1-of-2.csv")
    put(tmp_path / "train-1-of-2.csv", "text,label\nfilm,pos\nfilm,with,commas,pos\n")
    with pytest.raises(InputError, match=r"train-1-of-2\.csv:3: 4 fields, the first line has 2"):
        read_dataset(tmp_path)
    put(tmp_path / "train-1-of-2.csv", "text,label\nfilm,pos\nother film,\n")
    with pytest.raises(InputError, match=r"train-1-of-2\.csv:3: the label"):
        read_dataset(tmp_path)


def test_parts_of_one_set_and_the_whole_are_the_same_data(tmp_path: Path) -> None:
    for i in range(3):
        csv(tmp_path / "parts" / f"train-{i}-of-3.csv", rows(SIZE * i))
    csv(tmp_path / "whole" / "train.csv", rows(0, 3 * SIZE))
    parts, whole = (read_dataset(tmp_path / name) for name in ("parts", "whole"))
    for split in ("train", "dev", "test"):
        assert texts(parts, split) == texts(whole, split)


def test_tagged_words_in_parts(tmp_path: Path) -> None:
    for i in range(3):
        conll(tmp_path / f"train-{i:05}-of-00003.conll", rows(4 * i, 4))
    conll(tmp_path / "test.conll", rows(0, of="test"))
    conll(tmp_path / "dev.conll", rows(50))
    found = read_dataset(tmp_path)
    assert [e.text for e in found.train] == word_rows(rows(0, 12))
    assert [e.where for e in found.train[4:6]] == [f"{tmp_path}/train-00001-of-00003.conll:{line}" for line in (1, 8)]
    assert any("4 + 4 + 4 sentences" in line for line in found.notes)
    put(tmp_path / "train-00002-of-00003.conll", "anna\tB-PER\nwas\tgood\tO\n")
    with pytest.raises(InputError, match=r"train-00002-of-00003\.conll:2"):
        read_dataset(tmp_path)


def test_parts_without_a_header_keep_their_first_rows(tmp_path: Path) -> None:
    for i in range(2):
        csv(tmp_path / f"train-{i}-of-2.csv", [("film 0", "pos"), *rows(4 * i, 3)], header=False)
    found = read_dataset(tmp_path, text="0", label="1", test=csv(tmp_path / "test.csv", rows(0, of="x"), header=False))
    assert sum(e.text == "film 0" for e in (*found.train, *found.dev)) == 2
    assert len(found.train) + len(found.dev) == 8


@pytest.mark.parametrize(
    ("files", "told"),
    [
        (("train-0-of-3.csv", "train-2-of-3.csv"), "part 1 of 3 is missing, found train-0-of-3.csv, train-2-of-3.csv"),
        (("train-0-of-4.csv",), r"parts 1, 2, 3 of 4 are missing"),
        (("train-1-of-4.csv", "train-4-of-4.csv"), r"parts 2, 3 of 4 are missing"),
        (("train-0-of-2.csv", "train-1-of-2.csv", "train-0-of-3.csv"), "parts of 2 and of 3 are mixed"),
        (
            ("train-0-of-2-aaaaaaaa.csv", "train-0-of-2-bbbbbbbb.csv", "train-1-of-2-aaaaaaaa.csv"),
            "part 0 is there twice",
        ),
        (("train-0-of-2.csv", "train-1-of-2.tsv"), r"part \d of 2 is missing"),
        (("train_0.csv", "train_1.csv", "train_3.csv"), "part 2 is missing"),
        (("train_0.csv", "train_1.csv", "test_0.csv", "test_1.csv"), "may be folds, or parts of each split"),
        (("train_2017.csv", "train_2018.csv"), "train_2017.csv and train_2018.csv may both be train; name one, or all"),
        (("train_aa", "train_ab"), "may both be train"),
        (("train_v1.csv", "train_v2.csv"), "may both be train"),
        (("train.de.csv", "train.en.csv"), "may both be train"),
        (("train-0-of-1.csv", "train-1-of-1.csv"), "there are more parts than 1, found"),
        (("train.csv", "train_0.csv", "train_1.csv"), "may both be train"),
        (("train.csv", "train-0-of-2.csv", "train-1-of-2.csv"), "may both be train"),
    ],
)
def test_what_may_not_belong_together_is_reported(tmp_path: Path, files: Iterable[str], told: str) -> None:
    for i, name in enumerate(files):
        csv(tmp_path / name, rows(i))
    with pytest.raises(InputError, match=told) as error:
        read_dataset(tmp_path)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("kind", "other", "told"),
    [
        ("csv", "text,mark\nfilm,pos\n", r"train-1-of-2\.csv:1: begins with another line than the part train-0-of-2"),
        ("csv", "film,pos\n", r"train-1-of-2\.csv:1: begins with another line"),
        ("csv", "text;label\nfilm;pos\n", r"train-1-of-2\.csv:1: begins with another line"),
        ("jsonl", '{"text": "a"}\n', r"train-1-of-2\.jsonl:1: no value for 'label'"),
    ],
)
def test_parts_with_other_columns_are_reported(tmp_path: Path, kind: str, other: str, told: str) -> None:
    WRITERS[kind](tmp_path / f"train-0-of-2.{kind}", rows(0))
    put(tmp_path / f"train-1-of-2.{kind}", other)
    with pytest.raises(InputError, match=told):
        read_dataset(tmp_path)


def test_parquet_parts_with_other_columns_or_types_are_reported(tmp_path: Path) -> None:
    parquet(tmp_path / "train-0-of-2.parquet", rows(0))
    other = table_of(rows(20)).rename_columns(["text", "mark"])
    pyarrow.parquet.write_table(other, tmp_path / "train-1-of-2.parquet")
    with pytest.raises(InputError, match=r"train-1-of-2\.parquet: has the columns text, mark, the part train-0-of-2"):
        read_dataset(tmp_path)
    mixed = pyarrow.table({"text": ["a", "b"], "label": [1, 2]})
    pyarrow.parquet.write_table(mixed, tmp_path / "train-1-of-2.parquet")
    with pytest.raises(InputError, match=r"train-1-of-2\.parquet:1: column 'label' mixes .*numbers"):
        read_dataset(tmp_path)


def test_whole_numbers_and_floats_in_parts_are_one_class(tmp_path: Path) -> None:
    for i, kind in enumerate((pyarrow.int64(), pyarrow.float64())):
        labels = pyarrow.array([j % 2 for j in range(SIZE)], kind)
        table = pyarrow.table({"text": [text for text, _ in rows(SIZE * i)], "label": labels})
        pyarrow.parquet.write_table(table, tmp_path / f"train-{i}-of-2.parquet")
    assert read_dataset(tmp_path).labels.names == ("0", "1")


HUB = {
    "data folder": (
        "data/train-00000-of-00002.parquet",
        "data/train-00001-of-00002.parquet",
        "data/test-00000-of-00001.parquet",
    ),
    "converted": ("default/train/0000.parquet", "default/train/0001.parquet", "default/test/0000.parquet"),
    "folders": ("train/a.parquet", "train/b.parquet", "test/c.parquet"),
    "folders of parts": ("train/part-0.parquet", "train/part-1.parquet", "test/part-0.parquet"),
    "spark": (
        "train/part-00000-0d4b6ad2-4c6b-44c1-a74d-1b2c3d4e5f60-c000.snappy.parquet",
        "train/part-00003-0d4b6ad2-4c6b-44c1-a74d-1b2c3d4e5f60-c000.snappy.parquet",
        "test/part-00000-1d4b6ad2-4c6b-44c1-a74d-1b2c3d4e5f60-c000.snappy.parquet",
    ),
}


@pytest.mark.parametrize("layout", HUB)
def test_layouts_of_hubs_and_spark(tmp_path: Path, layout: str) -> None:
    for name, of in zip(HUB[layout], (rows(0), rows(SIZE), rows(0, of="test")), strict=True):
        parquet(tmp_path / name, of)
    for name in ("README.md", "train/_SUCCESS", "train/.part-00000.crc", "data/.DS_Store", ".gitattributes"):
        put(tmp_path / name, "# A set\n")
    found = read_dataset(tmp_path)
    assert len(found.train) + len(found.dev) == 2 * SIZE
    assert texts(found, "test") == rows(0, of="test")
    assert any("12 + 12 rows" in line for line in found.notes)


CARD = """---
license: mit
configs:
- config_name: default
  data_files:
  - split: train
    path: {train}
  - split: test
    path: {test}
{more}---
# A set
"""


def test_the_card_says_which_files_are_which_split(tmp_path: Path) -> None:
    csv(tmp_path / "set" / "a_1.csv", rows(0))
    csv(tmp_path / "set" / "a_2.csv", rows(SIZE))
    csv(tmp_path / "set" / "other.csv", rows(0, of="test"))
    csv(tmp_path / "set" / "train_old.csv", rows(0, of="old"))
    put(tmp_path / "README.md", CARD.format(train="set/a_*.csv", test="set/other.csv", more=""))
    found = read_dataset(tmp_path)
    assert len(found.train) + len(found.dev) == 2 * SIZE
    assert texts(found, "test") == rows(0, of="test")
    put(tmp_path / "README.md", CARD.format(train="set/b_*.csv", test="set/other.csv", more=""))
    with pytest.raises(InputError, match=r"README.md says that train is set/b_\*.csv, but no such file is there"):
        read_dataset(tmp_path)
    put(tmp_path / "README.md", CARD.format(train="../secret.csv", test="/etc/passwd", more="- [broken"))
    found = read_dataset(tmp_path)
    assert all(e.where.startswith(f"{tmp_path}/set/train_old.csv") for e in found.train)


def test_several_sets_are_listed(tmp_path: Path) -> None:
    for name in ("cola", "sst2"):
        parquet(tmp_path / name / "train-00000-of-00001.parquet", rows(0))
    with pytest.raises(InputError, match="contains several sets: cola, sst2; give the folder of one"):
        read_dataset(tmp_path)
    more = "- config_name: sst2\n  data_files:\n  - split: train\n    path: sst2/train-*\n"
    put(
        tmp_path / "README.md",
        CARD.format(train="cola/train-*", test="cola/train-*", more=more).replace("default", "cola"),
    )
    with pytest.raises(
        InputError, match=r"README.md lists 2 sets: cola \(cola\), sst2 \(sst2\); give the folder of one"
    ):
        read_dataset(tmp_path)
    assert len(read_dataset(tmp_path / "cola").train) > 1


def save(folder: Path, tables: Sequence[pyarrow.Table], *, info: Any = None, **state: Any) -> Path:
    """As `datasets` saves a set."""
    names = [f"data-{i:05}-of-{len(tables):05}.arrow" for i in range(len(tables))]
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in zip(names, tables, strict=True):
        stream(folder / name, table)
    values = {"_data_files": [{"filename": name} for name in names], "_fingerprint": "0", "_format_columns": None,
              "_format_kwargs": {}, "_format_type": None, "_output_all_columns": False, "_split": "train"}  # fmt: skip
    put(folder / "state.json", json.dumps({**values, **state}))
    put(folder / "dataset_info.json", json.dumps(info or {"features": {"text": {"dtype": "string", "_type": "Value"}}}))
    return folder


def numbered(of: Sequence[Row], names: Sequence[str] = ("neg", "pos"), in_schema: bool = True) -> pyarrow.Table:
    table = pyarrow.table({"text": [t for t, _ in of], "label": [names.index(label) for _, label in of]})
    features = {"text": {"dtype": "string", "_type": "Value"}, "label": {"names": list(names), "_type": "ClassLabel"}}
    meta = {b"huggingface": json.dumps({"info": {"features": features}}).encode()}
    return table.replace_schema_metadata(meta if in_schema else None)


FEATURES = {"features": {"label": {"names": ["neg", "pos"], "_type": "ClassLabel"}}}


@pytest.mark.parametrize("in_schema", [True, False])
def test_saved_sets_have_their_class_names(tmp_path: Path, in_schema: bool) -> None:
    put(tmp_path / "dataset_dict.json", json.dumps({"splits": ["train", "validation", "test", "unsupervised"]}))
    save(
        tmp_path / "train",
        [numbered(rows(0), in_schema=in_schema), numbered(rows(SIZE), in_schema=in_schema)],
        info=FEATURES,
    )
    for name in ("validation", "test", "unsupervised"):
        save(tmp_path / name, [numbered(rows(0, of=name), in_schema=in_schema)], info=FEATURES)
    arrow(tmp_path / "train" / "cache-0123456789abcdef.arrow", rows(0, of="cache"))
    found = read_dataset(tmp_path)
    assert texts(found) == rows(0, 2 * SIZE)
    assert texts(found, "dev") == rows(0, of="validation")
    assert texts(found, "test") == rows(0, of="test")
    assert found.train[SIZE].where == f"{tmp_path}/train/data-00001-of-00002.arrow:1"
    assert any("unsupervised" in line for line in found.notes)
    single = read_dataset(tmp_path / "train")
    assert len(single.train) + len(single.dev) + len(single.test) == 2 * SIZE
    named = read_dataset(None, train=tmp_path / "train", test=[tmp_path / "test"])
    assert texts(named, "test") == rows(0, of="test")


def test_the_state_of_a_saved_set_says_which_files_in_which_order(tmp_path: Path) -> None:
    save(tmp_path, [table_of(rows(0)), table_of(rows(SIZE))])
    state = json.loads((tmp_path / "state.json").read_text())
    state["_data_files"].reverse()
    put(tmp_path / "state.json", json.dumps({**state, "_format_columns": ["text"]}))
    arrow(tmp_path / "data-00000-of-00009.arrow", rows(90))
    test = csv(tmp_path / "aside" / "test.csv", rows(0, of="test"))
    found = read_dataset(tmp_path, test=test, dev=csv(tmp_path / "aside" / "dev.csv", rows(0, of="dev")))
    assert texts(found) == [*rows(SIZE), *rows(0)]
    assert any("its format was set to the columns text; all columns are read" in line for line in found.notes)


def test_selected_rows_of_a_saved_set_are_the_rows(tmp_path: Path) -> None:
    save(tmp_path, [table_of(rows(0)), table_of(rows(SIZE))], _indices_files=[{"filename": "indices.arrow"}])
    chosen = [23, 0, 1, 22, 5, 8, 8]
    stream(tmp_path / "indices.arrow", pyarrow.table({"indices": pyarrow.array(chosen, pyarrow.uint64())}))
    aside = {name: csv(tmp_path / "aside" / f"{name}.csv", rows(0, of=name)) for name in ("dev", "test")}
    found = read_dataset(tmp_path, **aside)  # type: ignore[arg-type]
    everything = rows(0, 2 * SIZE)
    assert texts(found) == [everything[row] for row in chosen]
    assert found.train[0].where == f"{tmp_path}/data-00001-of-00002.arrow:12"
    stream(tmp_path / "indices.arrow", pyarrow.table({"indices": [99]}))
    with pytest.raises(InputError, match="row 99 was selected, but there are 24"):
        read_dataset(tmp_path, **aside)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("state", "told"),
    [
        ('{"_data_files": [{"filename": "gone.arrow"}]}', r"state.json names gone.arrow, which the folder lacks"),
        ('{"_data_files": [{"filename": "../../etc/passwd"}]}', r"state.json names passwd, which the folder lacks"),
        ('{"_data_files": []}', "names no data files"),
        ('{"_data_files": 7}', "'_data_files' is not a list of files"),
        ('{"_data_files": [7]}', "'_data_files' is not a list of files"),
        ("[", "is not JSON"),
        ("[]", "contains no JSON object"),
        ("[" * 100_000, "is not JSON"),
    ],
)
def test_damaged_states_are_reported(tmp_path: Path, state: str, told: str) -> None:
    save(tmp_path, [table_of(rows(0))])
    put(tmp_path / "state.json", state)
    with pytest.raises(InputError, match=told):
        read_dataset(tmp_path)
    put(tmp_path / "above" / "dataset_dict.json", '{"splits": ["train", "../train"]}')
    with pytest.raises(InputError, match="has no list of 'splits'"):
        read_dataset(tmp_path / "above")
    put(tmp_path / "above" / "dataset_dict.json", '{"splits": ["train", "test"]}')
    with pytest.raises(InputError, match=r"dataset_dict\.json names (train|test), which is not there"):
        read_dataset(tmp_path / "above")


def test_folders_as_classes(tmp_path: Path) -> None:
    for split, start in (("train", 0), ("test", 100)):
        for i, (text, label) in enumerate(rows(start)):
            put(tmp_path / split / label / f"{i}_{i % 10}.txt", f"{text}\nand more lines")
        put(tmp_path / split / "urls_pos.txt", "http://example.org\n")
    put(tmp_path / "train" / "unsup" / "0_0.txt", "no class")
    put(tmp_path / "README", "about")
    found = read_dataset(tmp_path)
    everything = sorted(text for text, _ in (*texts(found), *texts(found, "dev")))
    assert everything == sorted(f"{text}\nand more lines" for text, _ in rows(0))
    assert found.labels.names == ("neg", "pos")
    assert all(e.label == ("pos" if "good" in e.text else "neg") for e in (*found.train, *found.test))
    assert found.test[0].where == f"{tmp_path}/test/neg/0_0.txt:1"
    assert "train: each folder is a class, each file a text: neg 6, pos 6." in found.notes
    assert "train: left out, as texts without a class: unsup (1 texts)." in found.notes
    assert found.files["train"] == str(tmp_path / "train")
    alone = read_dataset(tmp_path / "train")
    assert len(alone.train) + len(alone.dev) + len(alone.test) == SIZE
    put(tmp_path / "train" / "pos" / "latin.txt", "caf\xe9".encode("latin-1"))
    with pytest.raises(InputError, match=r"train/pos/latin\.txt:1: byte 0xe9 is not UTF-8"):
        read_dataset(tmp_path)


def test_several_files_a_folder_and_patterns_can_be_named(tmp_path: Path) -> None:
    parts = [csv(tmp_path / "in" / f"week{i}.csv", rows(SIZE * i)) for i in range(3)]
    test = csv(tmp_path / "test.csv", rows(0, of="test"))
    dev = csv(tmp_path / "dev.csv", rows(0, of="dev"))
    patterns = ("in/week*.csv", "i*/*.csv", "**/week*", "in")
    for train in (parts, [parts[0], tmp_path / "in" / "week[12].csv"], *([tmp_path / pattern] for pattern in patterns)):
        found = read_dataset(None, train=train, dev=dev, test=[test])
        assert texts(found) == rows(0, 3 * SIZE), train
    assert texts(read_dataset(None, train=parts[::-1], dev=dev, test=test))[:SIZE] == rows(2 * SIZE)
    with pytest.raises(InputError, match=r"--train .*month\*.csv: no file has such a name"):
        read_dataset(None, train=tmp_path / "in" / "month*.csv")
    with pytest.raises(InputError, match="--train names it twice"):
        read_dataset(None, train=[parts[0], parts[1], parts[0]])
    with pytest.raises(InputError, match="DATA is a file, and --train names another"):
        read_dataset(parts[1], train=[parts[0]])
    csv(tmp_path / "of" / "train-0-of-3.csv", rows(0))
    csv(tmp_path / "of" / "train-1-of-3.csv", rows(SIZE))
    with pytest.raises(InputError, match="part 2 of 3 is missing"):
        read_dataset(None, train=tmp_path / "of" / "train-*.csv")
    told = read_dataset(None, train=tmp_path / "of" / "train-0-of-3.csv", dev=dev, test=test).notes
    assert "Warning: train-0-of-3.csv is one of 3 parts; the others are not read." in told


def test_one_file_for_two_splits_is_reported(tmp_path: Path) -> None:
    train, dev = csv(tmp_path / "train.csv", rows(0)), csv(tmp_path / "dev.csv", rows(0, of="dev"))
    (tmp_path / "again.csv").symlink_to(train)
    told = read_dataset(None, train=train, dev=dev, test=tmp_path / "again.csv").notes
    assert "Warning: test is read from the same file as train (again.csv), so it measures nothing new." in told


@pytest.mark.parametrize("packing", ["gz", "xz", "zst"])
@pytest.mark.parametrize("kind", ["csv", "tsv", "jsonl"])
def test_compressed_files(tmp_path: Path, kind: str, packing: str) -> None:
    pack = {"gz": gzip.compress, "xz": lzma.compress, "zst": zstandard.ZstdCompressor().compress}[packing]
    for i in range(2):
        plain = WRITERS[kind](tmp_path / "plain" / f"{i}", rows(SIZE * i))
        put(tmp_path / f"train-{i}-of-2.{kind}.{packing}", pack(plain.read_bytes()))
    put(
        tmp_path / f"test.{kind}.{packing}",
        pack(WRITERS[kind](tmp_path / "plain" / "t", rows(0, of="test")).read_bytes()),
    )
    found = read_dataset(tmp_path)
    assert len(found.train) + len(found.dev) == 2 * SIZE
    assert texts(found, "test") == rows(0, of="test")
    put(tmp_path / f"test.{kind}.{packing}", pack(b"x" * (1 << 27)))
    with pytest.raises(InputError, match="unpacks to more than 200 times its size"):
        read_dataset(tmp_path)
    packed = pack("".join(map(str, range(9999))).encode())
    put(tmp_path / f"test.{kind}.{packing}", packed[: len(packed) // 2])
    with pytest.raises(InputError, match=rf"test.{kind}.{packing}: cannot be read"):
        read_dataset(tmp_path)


def test_what_is_no_data_is_passed_over_and_archives_are_reported(tmp_path: Path) -> None:
    csv(tmp_path / "train.csv", rows(0))
    csv(tmp_path / "test.csv", rows(0, of="test"))
    left = (
        "._train.csv .DS_Store ~$train.xlsx train.csv.lock train.csv~ train.csv.tmp #train.csv# Thumbs.db desktop.ini"
    )
    tools = (
        "train.csv.md5 dataset_infos.json train.py train.log train.csv.part _SUCCESS __MACOSX/._train.csv LICENSE.txt"
    )
    for name in (*left.split(), *tools.split(), ".ipynb_checkpoints/train-checkpoint.csv"):
        put(tmp_path / name, b"\0\x05\x16\x07")
    found = read_dataset(tmp_path)
    assert len(found.train) + len(found.dev) == SIZE
    assert not any("Not used" in line or "taken" in line or "Not looked" in line for line in found.notes), found.notes
    put(tmp_path / "packed" / "train.zip", b"PK\3\4")
    with pytest.raises(InputError, match=r"found no files \(unpack train\.zip\)"):
        read_dataset(tmp_path / "packed")
    put(tmp_path / "packed" / "train.parquet.gz", gzip.compress(b"PAR1"))
    with pytest.raises(InputError, match=r"train\.parquet\.gz: is parquet in another packing; unpack it"):
        read_dataset(tmp_path / "packed")


def test_train_beside_folders_says_what_was_not_read(tmp_path: Path) -> None:
    csv(tmp_path / "train.csv", rows(0))
    csv(tmp_path / "data" / "more.csv", rows(20))
    csv(tmp_path / "test" / "a.csv", rows(0, of="test"))
    found = read_dataset(tmp_path)
    assert texts(found, "test") == rows(0, of="test")
    (tmp_path / "test" / "a.csv").rename(tmp_path / "test.csv")
    assert "Not looked into: the folder data." in read_dataset(tmp_path).notes
    csv(tmp_path / "train" / "a.csv", rows(40))
    assert "train: the folder train was not read; --train train chooses it." in read_dataset(tmp_path).notes
    put(tmp_path / "test" / "a.csv", "x")
    put(tmp_path / "train" / "b.jsonl", "{}")
    with pytest.raises(InputError, match=r"contains files of several kinds \(\.csv, \.jsonl\)"):
        read_dataset(None, train=tmp_path / "train")


def test_nothing_to_train_on_names_the_folders(tmp_path: Path) -> None:
    for name in ("images", "docs"):
        put(tmp_path / name / "page.md", "x")
    with pytest.raises(InputError, match=r"found no files; and the folders docs, images; name one with --train"):
        read_dataset(tmp_path)
    with pytest.raises(InputError, match=r"no such file or folder; a pattern of files is given with --train"):
        read_dataset(tmp_path / "*.csv")
    parquet(tmp_path / "train" / "label=pos" / "part-0.parquet", rows(0))
    with pytest.raises(InputError, match=r"contains the folders label=pos, whose names are a column"):
        read_dataset(tmp_path)
