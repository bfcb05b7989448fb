"""Tables that are damaged, and tables that many programs write: rows against `csv`, `json` and `pyarrow` themselves."""

from __future__ import annotations

import csv
import io
import json
import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

from fuzz import Target, WrongError, damage

Row = tuple[str, str]
LABELS = ("good", "bad", "mixed")
# What stands for "no label" in tables; such a row may be left out, as long as that is reported.
UNLABELLED = ("", "-", "-1", "?", "nan", "none", "null", "n/a", "na")
TEXTS = (
    "A fine film, all in all.", 'She said "no" and left', "It is 5 o'clock; run", "naïve café, 中文字 🙂",
    "tabs are rare", "line one\nline two", "100% sure | maybe", "a\\b and \\n", "#1 of 3", "  spaces  ", "plain words",
    "two  spaces", "“quoted”", "semi;colon", "x", "the end",
)  # fmt: skip


def rows_of(count: int, seed: int, one_line: bool = False) -> list[Row]:
    """Rows of text and label, every text another."""
    draw = Random(seed)
    rows = []
    for i in range(count):
        text = f"{draw.choice(TEXTS)} {i}"
        rows.append((text.replace("\n", " ") if one_line else text, LABELS[i % 3]))
    return rows


def read_rows(folder: Path, suffix: str) -> list[Row]:
    """The training rows, as `compare` and `check` read them; audited too, since that sees every text."""
    from unfreeze.data.audit import audit
    from unfreeze.data.audit_lines import audit_lines
    from unfreeze.plan import plan_from
    from unfreeze.runs.question import read_data

    files = {split: str(folder / f"{split}.{suffix}") for split in ("train", "dev", "test")}
    dataset = read_data(plan_from({**files, "text": "text", "label": "label", "task": "classification"}))
    audit_lines(audit(dataset))
    return [(example.text, str(example.label)) for example in dataset.train]


def _write(folder: Path, suffix: str, write: Any) -> None:
    for seed, (split, count) in enumerate((("train", 40), ("dev", 12), ("test", 12))):
        write(folder / f"{split}.{suffix}", rows_of(count, seed, one_line=suffix == "tsv"))


def _delimited(sign: str) -> Any:
    def write(path: Path, rows: Sequence[Row]) -> None:
        with path.open("w", encoding="utf-8", newline="") as file:
            lines = csv.writer(file, delimiter=sign, lineterminator="\n")
            lines.writerows([("id", "text", "label"), *((i, *row) for i, row in enumerate(rows))])

    return write


def _plain_tsv(path: Path, rows: Sequence[Row]) -> None:
    lines = ["text\tlabel", *("\t".join(row) for row in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _jsonl(path: Path, rows: Sequence[Row]) -> None:
    lines = (json.dumps({"id": i, "text": t, "label": y}, ensure_ascii=i % 2 == 0) for i, (t, y) in enumerate(rows))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _table(rows: Sequence[Row]) -> Any:
    import pyarrow as pa

    labels = pa.array([y for _, y in rows]).dictionary_encode()
    return pa.table({"id": list(range(len(rows))), "text": [t for t, _ in rows], "label": labels})


def _parquet(path: Path, rows: Sequence[Row]) -> None:
    import pyarrow.parquet as pq

    pq.write_table(_table(rows), path, compression="none", use_dictionary=len(rows) > 20)


def _arrow(path: Path, rows: Sequence[Row]) -> None:
    import pyarrow as pa

    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_stream(file, _table(rows).schema) as out:
        out.write_table(_table(rows), max_chunksize=16)


def judge_delimited(folder: Path, sound: Path, rows: list[Row], suffix: str) -> None:
    """What was read is one of the readings that can be meant, and no row of an unhurt line is lost.

    Readings: quote marks enclose cells and are doubled inside, or a backslash stands before them, or they are text.
    Lines inside a cell that is enclosed as it should be are its text.
    """
    data = (folder / f"train.{suffix}").read_bytes()
    found = [tuple(row) for row in rows]
    fitting = [strict for reading, strict in _readings(_decoded(data)) if _same(found, reading)]
    if not fitting:
        raise WrongError(f"no reading has these rows: {_first_odd(found, data)}")
    if not any(fitting):
        _keeps_unhurt_lines(found, data, (sound / f"train.{suffix}").read_bytes(), _row_of_line(suffix))


def _decoded(data: bytes) -> str:
    for codec in ("utf-16",) if data[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig",):
        try:
            return data.decode(codec)
        except UnicodeDecodeError:
            break
    raise WrongError("bytes that are not text were read")


def _readings(text: str) -> Iterator[tuple[list[Row], bool]]:
    """Rows in each way of reading, and whether that way allows no quote mark to stand where it should not."""
    if "\n" not in text:
        text = text.replace("\r", "\n")
    for sign in ",\t;|":
        raw = [line.removesuffix("\r").split(sign) for line in text.split("\n") if line.removesuffix("\r")]
        tables: list[tuple[list[list[str]], bool]] = [(raw, False)]
        for options in ({"strict": True}, {}, {"escapechar": "\\", "doublequote": False}, {"escapechar": "\\"}):
            try:
                rows = csv.reader(io.StringIO(text, newline=""), delimiter=sign, **options)  # type: ignore[arg-type]
                tables.append(([row for row in rows if row], "strict" in options))
            except csv.Error:
                continue
        for table, strict in tables:
            names = [name.strip().casefold() for name in table[0]] if table else []
            if {"text", "label"} <= set(names) and {len(row) for row in table} == {len(names)}:
                at = names.index("text"), names.index("label")
                yield [(row[at[0]], row[at[1]]) for row in table[1:]], strict


def _label(label: str) -> str:
    """A label without what nobody sees: space around it, case, and signs without width."""
    return re.sub("[\u200b\u200c\u200d\u2060\ufeff]", "", label).strip().casefold()


def _same(found: Sequence[tuple[str, ...]], reading: Sequence[tuple[str, ...]]) -> bool:
    """Whether rows are the same in order, but for rows without a label; labels are distinguished by more than case."""
    told = [(text, _label(label)) for text, label in found]
    said = [(text, _label(label)) for text, label in reading]
    return told == said or told == [row for row in said if row[1] not in UNLABELLED]


def _first_odd(found: Sequence[tuple[str, ...]], data: bytes) -> str:
    text = data.decode("utf-8", "replace")
    return str(next((row for row in found if row[0] not in text or row[1] not in text), found[:2]))[:300]


def _row_of_line(suffix: str) -> Any:
    def row(line: str) -> Row | None:
        if suffix == "jsonl":
            record = json.loads(line)
            return record["text"], record["label"]
        cells = next(csv.reader([line], delimiter="\t" if suffix == "tsv" else ",", strict=True))
        return (cells[-2], cells[-1]) if len(cells) == (2 if suffix == "tsv" else 3) else None

    return row


def _keeps_unhurt_lines(found: Sequence[tuple[str, ...]], data: bytes, sound: bytes, row_of: Any) -> None:
    """Each line of the sound file that still stands in the damaged one is a row still."""
    still = Counter(data.decode("utf-8-sig", "replace").replace("\r\n", "\n").split("\n"))
    there = Counter((text, _label(label)) for text, label in found)
    lost = []
    for line in sound.decode("utf-8").split("\n")[1:]:
        try:
            row = row_of(line) if line else None
        except (ValueError, csv.Error, StopIteration):
            row = None
        if row is not None and still[line] and (row[0], _label(row[1])) not in there:
            lost.append(line)
    if lost:
        raise WrongError(f"{len(lost)} rows of unhurt lines are gone, such as {lost[0][:80]!r}")


def judge_jsonl(folder: Path, sound: Path, rows: list[Row]) -> None:
    """Rows against `json`; the rules for values that are not text stand at `_means`."""
    text = _decoded((folder / "train.jsonl").read_bytes())
    records = list(json_values(text))
    if len(records) == 1 and isinstance(records[0], list):
        records = records[0]
    _judge_records([record for record in records if record != []], rows)


def json_values(text: str) -> Iterator[Any]:
    """Values one after another."""
    decoder, at = json.JSONDecoder(), 0
    while True:
        while at < len(text) and text[at] in " \t\r\n":
            at += 1
        if at >= len(text):
            return
        try:
            value, at = decoder.raw_decode(text, at)
        except ValueError as error:
            raise WrongError(f"json refuses it: {error}") from None
        yield value


def _judge_records(records: Sequence[Any], rows: Sequence[Sequence[str]]) -> None:
    left = [record for record in records if not _missing(record.get("label"))]
    for chosen in (records, left):
        if len(chosen) == len(rows):
            for record, (text, label) in zip(chosen, rows, strict=True):
                if not _means(record.get("text"), text) or not _means(record.get("label"), label, label=True):
                    raise WrongError(f"{str(record)[:200]} was read as {(text[:80], label)}")
            return
    raise WrongError(f"{len(rows)} rows of {len(records)} records")


def _missing(value: Any) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value)) or (
        isinstance(value, str) and _label(value) in UNLABELLED
    )  # fmt: skip


def _means(value: Any, read: str, label: bool = False) -> bool:
    """Whether a cell was read as it is meant: text as it is, numbers by value, truth values by name, bytes as UTF-8.

    Dates may be written in any way that holds year, month and day; what is missing is never a text.
    """
    if isinstance(value, str):
        return _label(value) == _label(read) if label else value == read
    if isinstance(value, bool):
        return read.casefold() in (str(value).casefold(), str(int(value)))
    if isinstance(value, (int, float, Decimal)):
        try:
            return float(read) == float(value)
        except (ValueError, OverflowError):
            return read == str(value)
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace") == read
    if isinstance(value, (list, dict)):
        try:
            return json.dumps(json.loads(read)) == json.dumps(value)
        except ValueError:
            return False
    return value is not None and str(value)[:10] in read


def judge_parquet(folder: Path, sound: Path, rows: list[Row]) -> None:
    """Rows against pyarrow."""
    import pyarrow.parquet as pq

    _judge_records(pq.read_table(folder / "train.parquet", use_threads=False).to_pylist(), rows)


def judge_arrow(folder: Path, sound: Path, rows: list[Row]) -> None:
    """Rows against pyarrow, which reads a stream up to where it is torn."""
    import pyarrow as pa

    with pa.OSFile(str(folder / "train.arrow")) as file:
        _judge_records(pa.ipc.open_stream(file).read_all().to_pylist(), rows)


def retyped(target: Target, folder: Path, sound: Path, draw: Random) -> str:
    """A column of another type, with gaps, of another name, gone, twice; or bytes damaged."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = next(folder.glob("train.*"))
    if draw.random() < 0.4:
        return damage(target, folder, sound, draw)
    table = _table(rows_of(40, 0))
    name, how = draw.choice(("text", "label", "label")), draw.randrange(5)
    values = table[name].to_pylist()
    if how == 0:
        values = [draw.choice((None, value, value)) for value in values]
        made = pa.array(values)
    elif how == 1:
        kinds: tuple[Any, ...] = (
            lambda i: i % 3, lambda i: float(i % 3), lambda i: i % 2 == 0, lambda i: str(i % 3).encode(), lambda i: [i],
            lambda i: {"a": i}, lambda i: [float("nan"), 1.0, 2.0][i % 3], lambda i: Decimal(i % 3) / 2,
            lambda i: date(2024, 1, 1 + i % 28), lambda i: datetime(2024, 1, 1 + i % 28, 12), lambda i: None,
            lambda i: [str(i)], lambda i: b"\xff\xfe" if i == 5 else b"ok",
        )  # fmt: skip
        kind = draw.choice(kinds)
        made = pa.array([kind(i) for i in range(len(values))])
    elif how == 2:
        made = pa.array(values).cast(draw.choice((pa.large_string(), pa.binary(), pa.string_view())))
    elif how == 3:
        made = pa.array(values).dictionary_encode()
    else:
        table = table.append_column(name, table[name]) if draw.random() < 0.5 else table.drop_columns([name])
        made = None
    if made is not None:
        table = table.set_column(table.column_names.index(name), name, made)
    if path.suffix == ".parquet":
        pq.write_table(table, path)
    else:
        with pa.OSFile(str(path), "wb") as file, pa.ipc.new_stream(file, table.schema) as out:
            out.write_table(table)
    return f"{name} retyped {how} {'' if made is None else made.type}"


def targets() -> list[Target]:
    """Every table format."""
    delimited = [
        Target(
            name, lambda folder, suffix=suffix, write=write: _write(folder, suffix, write), (f"train.{suffix}",),
            lambda folder, suffix=suffix: read_rows(folder, suffix),
            lambda folder, sound, rows, suffix=suffix: judge_delimited(folder, sound, rows, suffix), 1.5,
        )
        for name, suffix, write in (
            ("csv", "csv", _delimited(",")), ("csv semicolon", "csv", _delimited(";")), ("tsv", "tsv", _plain_tsv),
        )
    ]  # fmt: skip
    binary = [
        Target(
            suffix, lambda folder, suffix=suffix, write=write: _write(folder, suffix, write), (f"train.{suffix}",),
            lambda folder, suffix=suffix: read_rows(folder, suffix), judge, share,
            None if suffix == "jsonl" else retyped,
        )
        for suffix, write, judge, share in (
            ("jsonl", _jsonl, judge_jsonl, 1.5), ("parquet", _parquet, judge_parquet, 1.0),
            ("arrow", _arrow, judge_arrow, 0.7),
        )
    ]  # fmt: skip
    return [*delimited, *binary]
