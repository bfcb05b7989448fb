"""Tagged words as hubs and annotation tools give them, damaged: words and spans against `json` and `pyarrow`."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import tiny
from column_targets import read_tagged, spans
from fuzz import Target, UndecidedError, WrongError
from table_targets import json_values

NAMES = ("O", "B-LOC", "I-LOC", "B-PER", "I-PER")


def _sentences(split: int) -> list[tuple[list[str], list[str]]]:
    made = tiny.sentences((24, 10, 10)[split], split, "BIO")
    return [([word for word, _ in sentence], [tag for _, tag in sentence]) for sentence in made]


def _lists(words: Sequence[str], tags: Sequence[str], i: int) -> dict[str, Any]:
    return {"id": str(i), "tokens": list(words), "ner_tags": list(tags)}


def _offsets(words: Sequence[str]) -> list[tuple[int, int]]:
    out, at = [], 0
    for word in words:
        out.append((at, at + len(word)))
        at += len(word) + 1
    return out


def _characters(words: Sequence[str], tags: Sequence[str]) -> list[tuple[int, int, str]]:
    places = _offsets(words)
    return [(places[a][0], places[b - 1][1], kind) for a, b, kind in spans(tags)]


def _doccano(words: Sequence[str], tags: Sequence[str], i: int) -> dict[str, Any]:
    return {"id": i, "text": " ".join(words), "label": [list(one) for one in _characters(words, tags)]}


def _prodigy(words: Sequence[str], tags: Sequence[str], i: int) -> dict[str, Any]:
    tokens = [{"text": w, "start": a, "end": b, "id": k} for k, (w, (a, b)) in enumerate(zip(words, _offsets(words),
              strict=True))]  # fmt: skip
    named = [{"start": a, "end": b, "label": kind} for a, b, kind in _characters(words, tags)]
    return {"text": " ".join(words), "tokens": tokens, "spans": named, "answer": "accept", "_input_hash": i}


def _studio(words: Sequence[str], tags: Sequence[str], i: int) -> dict[str, Any]:
    text = " ".join(words)
    results = [
        {"id": str(k), "type": "labels", "from_name": "label", "to_name": "text",
         "value": {"start": a, "end": b, "text": text[a:b], "labels": [kind]}}
        for k, (a, b, kind) in enumerate(_characters(words, tags))
    ]  # fmt: skip
    return {"id": i, "data": {"text": text}, "annotations": [{"id": i, "result": results, "was_cancelled": False}]}


def read_and_said(folder: Path, suffix: str) -> list[Any]:
    """Training sentences, and what was said of the files."""
    said: list[str] = []
    return [read_tagged(folder, suffix, {}, said), said]


def _write(folder: Path, suffix: str, record: Callable[[Sequence[str], Sequence[str], int], dict[str, Any]]) -> None:
    for number, split in enumerate(("train", "dev", "test")):
        records = [record(words, tags, i) for i, (words, tags) in enumerate(_sentences(number))]
        path = folder / f"{split}.{suffix}"
        if suffix == "parquet":
            _parquet(path, records)
        elif suffix == "json":
            path.write_text(json.dumps(records, indent=1), encoding="utf-8")
        else:
            path.write_text("".join(json.dumps(one) + "\n" for one in records), encoding="utf-8")


def _parquet(path: Path, records: list[dict[str, Any]]) -> None:
    """As `datasets` writes: class numbers, their names in the schema."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    feature = {"feature": {"names": list(NAMES), "_type": "ClassLabel"}, "_type": "List"}
    about = {"info": {"features": {"tokens": {"feature": {"dtype": "string", "_type": "Value"}, "_type": "List"},
                                   "ner_tags": feature}}}  # fmt: skip
    table = pa.table({
        "tokens": [one["tokens"] for one in records],
        "ner_tags": [[NAMES.index(tag) for tag in one["ner_tags"]] for one in records],
    }).replace_schema_metadata({"huggingface": json.dumps(about)})  # fmt: skip
    pq.write_table(table, path, compression="none")


def _records(path: Path) -> list[Any]:
    if path.suffix == ".parquet":
        import pyarrow.parquet as pq

        table = pq.read_table(path, use_threads=False)
        try:
            told = json.loads((table.schema.metadata or {}).get(b"huggingface", b"{}"))
            names = told["info"]["features"]["ner_tags"]["feature"]["names"]
        except (ValueError, KeyError, TypeError):
            names = NAMES  # the file has them twice, and the other copy is unhurt
        rows = table.to_pylist()
        return [{**row, "ner_tags": [names[number] for number in row["ner_tags"]]} for row in rows]
    text = path.read_bytes().decode("utf-8-sig")
    text = text if "\n" in text else text.replace("\r", "\n")
    found = list(json_values(text))
    return found[0] if len(found) == 1 and isinstance(found[0], list) else found


def judge_lists(folder: Path, sound: Path, found: list[Any], suffix: str) -> None:
    """Words and spans are those of the lists; a word that nobody sees is left out with its tag."""
    found = found[0]
    records = _parsed(folder / f"train.{suffix}")
    kept = [record for record in records if record.get("tokens")]
    if len(kept) != len(found):
        raise UndecidedError(f"{len(found)} sentences of {len(kept)} records")
    for record, (words, tags) in zip(kept, found, strict=True):
        if len(record["tokens"]) != len(record["ner_tags"]):
            raise WrongError(f"{len(record['tokens'])} words with {len(record['ner_tags'])} tags were read")
        pairs = zip(map(str, record["tokens"]), map(str, record["ner_tags"]), strict=True)
        seen = [(word, tag) for word, tag in pairs if any(c.isprintable() and not c.isspace() for c in word)]
        if [word for word, _ in seen] != words or spans(tags) != spans([tag for _, tag in seen]):
            raise WrongError(f"{str(record)[:300]} was read as {words} {tags}")


def _parsed(path: Path) -> list[Any]:
    try:
        return _records(path)
    except (ValueError, KeyError, IndexError, TypeError) as error:
        raise WrongError(f"{type(error).__name__}: what no reader reads was read: {error}") from None


def judge_spans(
    folder: Path, sound: Path, found: list[Any], suffix: str, told: Callable[[Any], tuple[str, list[Any]]]
) -> None:
    """Words make up the text, and spans cover the characters that the file names, where these are whole words.

    Spans that are none may be left out where that is said.
    """
    by_text: dict[str, list[Any]] = {}
    odd = 0
    found, said = found
    left_out = any("left out" in line or "overlap" in line or "touch" in line for line in said)
    for record in _parsed(folder / f"train.{suffix}"):
        try:
            text, named = told(record)
        except (ValueError, KeyError, IndexError, TypeError, AttributeError):
            odd += 1
            continue
        by_text.setdefault("".join(text.split()), []).append((text, named))
    for words, tags in found:
        candidates = by_text.get("".join("".join(words).split()))
        if not candidates and odd:
            raise UndecidedError(f"{odd} records that are not as the tool writes them")
        if not candidates:
            raise WrongError(f"no text of the file has the words {words}")
        ours = _covered(words, spans(tags))
        if not any(_fits(ours, text, named, left_out) for text, named in candidates):
            raise WrongError(f"{candidates[0]} was read as {words} {tags}")


def _covered(words: Sequence[str], found: Sequence[tuple[int, int, str]]) -> set[tuple[int, int, str]]:
    """Spans as places among the visible characters."""
    ends = [0]
    for word in words:
        ends.append(ends[-1] + len("".join(word.split())))
    return {(ends[a], ends[b], kind) for a, b, kind in found}


def _fits(ours: set[tuple[int, int, str]], text: str, named: list[Any], left_out: bool) -> bool:
    """Whether spans are the same; of overlapping ones and those that cut words, any may be left."""
    visible = [0]
    for character in text:
        visible.append(visible[-1] + (not character.isspace()))
    theirs = set()
    simple = True
    for start, end, kind in named:
        if not (isinstance(start, int) and isinstance(end, int) and 0 <= start < end <= len(text)):
            if not left_out:
                return False
            simple = False
            continue
        theirs.add((visible[start], visible[end], str(kind)))
        edges = [text[start - 1 : start], text[start], text[end - 1], text[end : end + 1]]
        simple &= not (edges[0].isalnum() and edges[1].isalnum()) and not (edges[2].isalnum() and edges[3].isalnum())
    places = sorted(theirs)
    simple &= all(a[1] <= b[0] for a, b in pairwise(places))
    return ours == theirs or (not simple and len(ours) <= len(theirs))


def _of_doccano(record: Any) -> tuple[str, list[Any]]:
    return record["text"], [tuple(one) for one in record.get("label") or ()]


def _of_prodigy(record: Any) -> tuple[str, list[Any]]:
    named = [{key.casefold(): value for key, value in one.items()} for one in record.get("spans") or ()]
    return record["text"], [(one["start"], one["end"], one["label"]) for one in named]


def _of_studio(record: Any) -> tuple[str, list[Any]]:
    values = [one["value"] for one in record["annotations"][0]["result"]]
    return record["data"]["text"], [(value["start"], value["end"], value["labels"][0]) for value in values]


def targets() -> list[Target]:
    """Every form of tagged words that is not a column file."""
    lists = [(f"tags {suffix}", suffix, _lists, lambda f, s, found, suffix=suffix: judge_lists(f, s, found, suffix)) for
             suffix in ("jsonl", "parquet")]  # fmt: skip
    tools = [
        (name, suffix, record, lambda f, s, found, a=(suffix, told): judge_spans(f, s, found, *a))
        for name, suffix, record, told in (
            ("doccano", "jsonl", _doccano, _of_doccano), ("prodigy", "jsonl", _prodigy, _of_prodigy),
            ("label studio", "json", _studio, _of_studio),
        )
    ]  # fmt: skip
    return [
        Target(name, lambda folder, a=(suffix, record): _write(folder, *a), (f"train.{suffix}",),
               lambda folder, suffix=suffix: read_and_said(folder, suffix), judge, 0.8)
        for name, suffix, record, judge in (*lists, *tools)
    ]  # fmt: skip
