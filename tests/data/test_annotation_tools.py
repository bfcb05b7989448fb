"""Texts with spans as annotation tools export them give the words and tags that the spans mean; the rest is counted."""

import json
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from unfreeze.data.examples import Dataset
from unfreeze.data.read import read_dataset
from unfreeze.data.unlabelled import read_unlabelled
from unfreeze.data.word_cutting import words_in
from unfreeze.errors import InputError
from unfreeze.tasks.kinds import TASKS

Spans = list[tuple[int, int, str]]
Texts = list[tuple[str, Spans]]
Offset = Callable[[str, int], int]


def marked(text: str) -> tuple[str, Spans]:
    """`"[PER Anna] was"` gives the text without the marks, and its spans."""
    spans, plain = [], ""
    for i, part in enumerate(text.replace("]", "[").split("[")):
        kind, _, inner = part.partition(" ") if i % 2 else ("", "", part)
        if kind:
            spans.append((len(plain), len(plain) + len(inner), kind))
        plain += inner
    return plain, spans


TEXTS = [
    marked("[PER Anna] was in [LOC New York]."),
    marked("😀 [ORG Acme Corp]'s [PER Bob-Smith] 😀 hired [PER Eve]"),
    marked("[ORG 北京大学]在[LOC 中国]"),
    marked("nothing here"),
    marked("Zoë 😀 visits [LOC Łódź] 😀 with [PER Max]"),
]


def points(text: str, at: int) -> int:
    return at


def utf16(text: str, at: int) -> int:
    return len(text[:at].encode("utf-16-le")) // 2


def utf8(text: str, at: int) -> int:
    return len(text[:at].encode())


def lines(rows: Sequence[Any]) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def doccano(texts: Texts, count: Offset = points) -> str:
    return lines([{"id": i, "text": t, "label": [[count(t, a), count(t, b), k] for a, b, k in s], "Comments": []}
                  for i, (t, s) in enumerate(texts)])  # fmt: skip


def regions(text: str, spans: Spans, count: Offset = points, labels: Sequence[str] = ()) -> list[dict[str, Any]]:
    values = [{"start": count(text, a), "end": count(text, b), "text": text[a:b], "labels": [k, *labels]}
              for a, b, k in spans]  # fmt: skip
    return [{"value": value, "id": "x", "from_name": "ner", "to_name": "t", "type": "labels"} for value in values]


def label_studio(texts: Texts, count: Offset = points, **more: Any) -> str:
    return json.dumps([
        {"id": i, "data": {"text": t, "url": "x"}, "predictions": [],
         "annotations": [{"was_cancelled": False, "ground_truth": False, "result": regions(t, s, count)}], **more}
        for i, (t, s) in enumerate(texts)
    ], indent=1)  # fmt: skip


def json_min(texts: Texts, count: Offset = points) -> str:
    rows = [
        {"id": i, "text": t, "annotator": 1, "annotation_id": i, "lead_time": 2.5} for i, (t, _) in enumerate(texts)
    ]
    labels = [{"label": [r["value"] for r in regions(t, s, count)]} if s else {} for t, s in texts]
    return json.dumps([{**row, **label} for row, label in zip(rows, labels, strict=True)])


def prodigy(texts: Texts, count: Offset = points, answer: str = "accept") -> str:
    rows = []
    for i, (text, spans) in enumerate(texts):
        words = list(words_in(text))
        tokens = [{"text": text[a:b], "start": a, "end": b, "id": j, "ws": True} for j, (a, b) in enumerate(words)]
        row = {"text": text, "_input_hash": i, "_task_hash": i, "tokens": tokens, "answer": answer}
        found = [{"start": a, "end": b, "token_start": 0, "token_end": 0, "label": k} for a, b, k in spans]
        rows.append(row | ({"spans": found} if found else {}))
    return lines(rows)


def csv(texts: Texts) -> str:
    cells = [(t, json.dumps([r["value"] for r in regions(t, s)], ensure_ascii=False)) for t, s in texts]
    rows = ["text,label", *(",".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in cells)]
    return "\n".join(rows) + "\n"


def relations(texts: Texts) -> str:
    return lines([{"text": t, "relations": [], "entities": [
        {"id": 1, "label": k, "start_offset": a, "end_offset": b} for a, b, k in s]} for t, s in texts])  # fmt: skip


def dataturks(texts: Texts) -> str:
    def item(text: str, a: int, b: int, kind: str) -> dict[str, Any]:
        return {"label": [kind], "points": [{"start": a, "end": b - 1, "text": text[a:b]}]}

    return lines([{"content": t, "annotation": [item(t, *span) for span in s]} for t, s in texts])


def of_lists(texts: Texts) -> str:
    keys = ("start", "end", "label")
    return lines(
        [{"text": t, "entities": {key: [span[i] for span in s] for i, key in enumerate(keys)}} for t, s in texts]
    )


FORMS: dict[str, Callable[[Texts], str]] = {
    "doccano.jsonl": doccano,
    "doccano_old.jsonl": lambda texts: lines([{"data": t, "labels": s} for t, s in texts]),
    "relations.jsonl": relations,
    "studio.json": label_studio,
    "min.json": json_min,
    "prodigy.jsonl": prodigy,
    "spacy.json": lambda texts: json.dumps([[t, {"entities": s}] for t, s in texts]),
    "spacy_lines.jsonl": lambda texts: lines([[t, {"entities": s}] for t, s in texts]),
    "spacy_records.jsonl": lambda texts: lines([{"text": t, "annotations": {"entities": s}} for t, s in texts]),
    "annotator.json": lambda texts: json.dumps(
        {"classes": [], "annotations": [[t, {"entities": s}] for t, s in texts] + [None]}),
    "dataturks.json": dataturks,
    "lists.jsonl": of_lists,
    "length.jsonl": lambda texts: lines(
        [{"text": t, "tags": [{"offset": a, "length": b - a, "category": k} for a, b, k in s]} for t, s in texts]),
    "first.jsonl": lambda texts: lines([{"text": t, "annotation": [[k, a, b] for a, b, k in s]} for t, s in texts]),
    "manifest.jsonl": lambda texts: lines(
        [{"source": t, "job": {"annotations": {"labels": [{"label": "PER"}], "entities": [
            {"startOffset": a, "endOffset": b, "label": k} for a, b, k in s]}}, "job-metadata": {"entities": []}}
         for t, s in texts]),
    "cells.csv": csv,
}  # fmt: skip


def tags_by_characters(text: str, spans: Spans) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The oracle: each word asks each of its characters; spans overlap nowhere."""
    owner = {i: n for n, (a, b, _) in enumerate(spans) for i in range(a, b)}
    words = list(words_in(text))
    owners = [next((owner[i] for i in range(a, b) if i in owner), None) for a, b in words]
    tags = [
        "O" if n is None else f"{'I' if n == before else 'B'}-{spans[n][2]}" for before, n in pairwise([None, *owners])
    ]
    return tuple(text[a:b] for a, b in words), tuple(tags)


def read(folder: Path, name: str, content: str, **told: str) -> Dataset:
    path = folder / name
    path.write_text(content, encoding="utf-8", newline="")
    return read_dataset(path, dev=path, test=path, **told)  # type: ignore[arg-type]


def expect(found: Dataset, texts: Texts) -> None:
    assert (found.task.kind, found.labels.scheme) == ("tagging", "BIO")
    assert [(e.words, e.label) for e in found.train] == [tags_by_characters(*text) for text in texts]


def says(found: Dataset, line: str) -> bool:
    return any(said.startswith(line) for said in found.notes)


@pytest.mark.parametrize("name", FORMS)
def test_every_form_gives_the_same_words_and_tags(tmp_path: Path, name: str) -> None:
    found = read(tmp_path, name, FORMS[name](TEXTS))
    expect(found, TEXTS)
    own = name == "prodigy.jsonl"
    assert says(found, "The words are the file's own tokens." if own else "Texts were cut into words: a run of letters")
    assert says(found, "Texts without a span, all of whose words are tagged O: 1 in train, 1 in dev, 1 in test")
    assert found.columns["words"] == "cut"


@pytest.mark.parametrize("write", [label_studio, json_min])
@pytest.mark.parametrize(("count", "what"), [(utf16, "UTF-16 units"), (utf8, "bytes of UTF-8")])
def test_other_offsets_are_found_by_the_texts_that_spans_name(
    tmp_path: Path, write: Callable[..., str], count: Offset, what: str
) -> None:
    found = read(tmp_path, "a.json", write(TEXTS, count))
    expect(found, TEXTS)
    assert says(found, f"Offsets of spans count {what}")


def test_ends_of_the_last_character_and_line_ends_as_one_character(tmp_path: Path) -> None:
    assert says(read(tmp_path, "a.json", dataturks(TEXTS)), "Offsets of spans count characters, and ends are those")
    text, spans = "one\r\n\r\nAnna", [(7, 11, "PER")]
    rows = label_studio([(text, spans)] * 3, lambda text, at: at - text[:at].count("\r"))
    found = read(tmp_path, "b.json", rows)
    expect(found, [(text, spans)] * 3)
    assert says(found, "Offsets of spans count line ends")


def test_without_texts_of_spans_words_tell_that_offsets_are_utf16(tmp_path: Path) -> None:
    found = read(tmp_path, "a.jsonl", doccano(TEXTS * 2, utf16))
    expect(found, TEXTS * 2)
    assert says(found, "Warning: offsets of spans seem to count UTF-16 units (two for an emoji)")


def test_texts_that_stand_elsewhere_are_reported(tmp_path: Path) -> None:
    wrong = label_studio(TEXTS, lambda text, at: at + 1)
    with pytest.raises(InputError, match=r"a\.json:\d+: the text at 1 to 5 is 'nna ', but its span says 'Anna' \(\d"):
        read(tmp_path, "a.json", wrong)


def test_offsets_that_cut_most_words_are_refused(tmp_path: Path) -> None:
    texts = [marked("[PER Anna] was there")] * 12
    with pytest.raises(
        InputError, match="12 of 12 spans begin or end inside a word; do offsets count characters from 0"
    ):
        read_dataset(_written(tmp_path / "a.jsonl", doccano(texts, lambda text, at: at + 2)))


def _written(path: Path, content: str) -> Path:
    path.write_text(content, encoding="utf-8")
    return path


def test_overlaps_cut_words_and_spaces_are_counted(tmp_path: Path) -> None:
    odd = [
        ("University of New York rocks", [(14, 22, "LOC"), (0, 22, "ORG"), (0, 22, "ORG"), (18, 28, "X")]),
        ("the iPhone12 cost", [(4, 10, "THING"), (10, 12, "NUMBER")]),
        (" Bob ran", [(0, 5, "PER"), (4, 5, "Z"), (3, 3, "Q")]),
        ("Eve", [(0, 3, "PER"), (0, 3, "LOC")]),
        (" \n", []),
    ]
    found = read(tmp_path, "a.jsonl", doccano([*TEXTS, *odd]))
    assert [(e.words, e.label) for e in found.train[len(TEXTS) :]] == [
        (("University", "of", "New", "York", "rocks"), ("B-ORG", "I-ORG", "I-ORG", "I-ORG", "O")),
        (("the", "iPhone12", "cost"), ("O", "B-THING", "O")),
        (("Bob", "ran"), ("B-PER", "O")),
        (("Eve",), ("B-PER",)),
    ]
    for line in (
        "Warning: spans inside another, which were left out: 1 in train",
        "Warning: spans that overlap a longer one, which were left out: 1 in train",
        "Warning: spans with the ends of another and another type, of which the first was kept: 1 in train",
        "Warning: spans that share a word with a longer one, which were left out: 1 in train",
        "Warning: spans that begin or end inside a word, which belongs to them as a whole: 1 in train",
        "Spans with white space at their ends, which was taken off: 2 in train",
        "Spans of no visible character, which were left out: 2 in train",
        "Texts without a word, which were left out: 1 in train",
    ):
        assert says(found, line), line
    assert any("('iPhone' of 'iPhone12')" in line for line in found.notes)


FAULTS: list[tuple[Any, str]] = [
    ({"text": "short", "label": [[0, 9, "X"]]}, "the span 0 to 9 ('X') is not within its text, which has 5 characters"),
    ({"text": "short", "label": [[-2, 3, "X"]]}, "the span -2 to 3 ('X') is not within its text"),
    ({"text": "short"}, "no value in 'label'; a list of spans is expected"),
    ({"text": None, "label": []}, "no text in 'text'"),
    ({"text": "short", "label": [[0, "b", "X"]]}, "a list of spans is expected, [] for none"),
    ({"text": "short", "label": [{"start": 0, "end": 1.5, "label": "X"}]}, "a span's end is 1.5, not a whole number"),
    ({"text": "short", "label": [{"start": 0, "end": 1}]}, "the span 0 to 1 has no type"),
    ({"text": "short", "label": [{"start": 0, "end": 1, "label": 3}]}, "the span 0 to 1 has the type 3"),
]


@pytest.mark.parametrize(("row", "problem"), FAULTS)
def test_faults_are_reported_with_their_line(tmp_path: Path, row: Any, problem: str) -> None:
    with pytest.raises(InputError) as caught:
        read(tmp_path, "a.jsonl", doccano(TEXTS) + lines([row]))
    assert str(caught.value).startswith(f"{tmp_path}/a.jsonl:6: ")
    assert problem in str(caught.value)


def test_records_that_do_not_count_are_counted(tmp_path: Path) -> None:
    rows = prodigy(TEXTS) + prodigy([("no", [])], answer="reject").replace('"_input_hash": 0', '"_input_hash": 9')
    found = read(tmp_path, "a.jsonl", rows + prodigy([("hm", [])], answer="ignore") + prodigy(TEXTS[:2]))
    expect(found, TEXTS)
    assert says(found, "Records that were rejected or skipped by the annotator, which were left out: 2 in train")
    assert says(
        found, "Warning: records of a text that was annotated more than once, of which the first was kept: 2 in"
    )


@pytest.mark.parametrize(
    ("tokens", "problem"),
    [
        (True, "the token True to None"),
        ([{"text": "Eve", "start": 0, "end": 3}, 4], "the token 4 to None"),
        ([{"text": "Eve", "start": 0, "end": 3}], "no token has the end of the text ('ran')"),
        ([{"text": "ran", "start": 4, "end": 7}], "the token 4 to 7 ('ran') is not there"),
        ([{"text": "Eve", "start": 0, "end": 4}], "the token 0 to 4 ('Eve') is not there"),
        ([{"start": 4, "end": 7}, {"start": 0, "end": 3}], "the token 4 to 7 ('None') is not there"),
    ],
)
def test_tokens_that_are_not_the_texts_are_reported(tmp_path: Path, tokens: Any, problem: str) -> None:
    row = {"text": "Eve ran", "tokens": tokens, "spans": [], "answer": "accept", "_input_hash": 99}
    with pytest.raises(InputError) as caught:
        read(tmp_path, "a.jsonl", prodigy(TEXTS) + lines([row]))
    assert f"a.jsonl:6: {problem}" in str(caught.value)


def test_of_several_annotators_one_is_taken_and_it_is_said(tmp_path: Path) -> None:
    (text, spans), other = TEXTS[0], TEXTS[0][1][:1]
    tasks = json.loads(label_studio(TEXTS))
    cancelled, predicted, marked_true = (json.loads(label_studio([TEXTS[0]]))[0] for _ in range(3))
    cancelled["annotations"][0]["was_cancelled"] = True
    predicted |= {"annotations": [{}], "predictions": predicted["annotations"]}
    first, true = ({"result": regions(text, found), "ground_truth": found is spans} for found in (other, spans))
    marked_true["annotations"] = [first, true]
    tasks[1]["annotations"] *= 2
    tasks[2]["annotations"][0]["result"] += [{"value": {"choices": ["x"]}, "from_name": "c", "type": "choices"}]
    found = read(tmp_path, "a.json", json.dumps([*tasks, cancelled, predicted, marked_true]))
    expect(found, [*TEXTS, (text, spans)])
    assert says(
        found, "Warning: tasks whose annotations differ, of which the one marked as ground truth, or else the first"
    )
    assert says(found, "Tasks with several annotations of the same spans, of which one was taken: 1 in train")
    assert says(found, "Tasks without an annotation that counts (none, cancelled, or predictions only)")
    assert says(found, "Results that are not spans of text (choices, relations and the like)")
    assert any("a.json:1 (record 6)" in line for line in found.notes)


def test_regions_with_several_labels_and_of_other_media(tmp_path: Path) -> None:
    task = json.loads(label_studio(TEXTS))
    task[0]["annotations"][0]["result"] = regions(*TEXTS[0], labels=["ALSO"])
    found = read(tmp_path, "a.json", json.dumps(task))
    expect(found, TEXTS)
    assert says(found, "Warning: spans with several types, of which the first was taken: 2 in train")
    task[0]["annotations"][0]["result"][0]["value"] = {"start": "/p[1]", "startOffset": 0, "hypertextlabels": ["X"]}
    with pytest.raises(InputError, match="spans of HTML are not read; annotate plain text"):
        read(tmp_path, "a.json", json.dumps(task))


def test_columns_that_are_reported(tmp_path: Path) -> None:
    rows = [{"title": "x", "body": t, "gold": s, "entities": [[0, 1, "A"]]} for t, s in TEXTS]
    with pytest.raises(
        InputError, match=r"column of texts is not safe to guess \(title, body\); say which with --text"
    ):
        read(tmp_path, "a.jsonl", lines(rows))
    found = read(tmp_path, "a.jsonl", lines(rows), text="body", label="gold")
    expect(found, TEXTS)
    assert says(found, "Columns: texts 'body', spans 'gold'.")
    tasks = json.loads(label_studio(TEXTS))
    for task in tasks:
        task["annotations"][0]["result"] += [{**r, "from_name": "other"} for r in regions("x", [(0, 1, "Z")])]
    expect(read(tmp_path, "b.json", json.dumps(tasks), label="ner"), TEXTS)
    with pytest.raises(InputError, match=r"no labelling tag 'nr' for --label \(did you mean 'ner'\?"):
        read(tmp_path, "b.json", json.dumps(tasks), label="nr")
    with pytest.raises(InputError, match=r"no text 'txt' in the tasks' data for --text"):
        read(tmp_path, "b.json", json.dumps(tasks), text="txt")


def test_a_file_that_may_be_of_classes_as_well_is_asked_about(tmp_path: Path) -> None:
    rows = lines([{"text": t, "entities": s, "label": "ab"[len(s) % 2]} for t, s in TEXTS * 3])
    with pytest.raises(InputError, match=r"contains tagged words \('entities'\) and labels of texts \(label\)"):
        read(tmp_path, "a.jsonl", rows)
    expect(read(tmp_path, "a.jsonl", rows, task="tagging"), TEXTS * 3)
    assert read(tmp_path, "a.jsonl", rows, label="label").task.kind == "classification"
    assert read(tmp_path, "a.jsonl", rows, task="classification").task.kind == "classification"


def test_spans_that_count_words_are_reported(tmp_path: Path) -> None:
    rows = [{"sentence": t, "tokens": t.split(), "ner": [[0, min(1, len(s)), "X"]]} for t, s in TEXTS]
    with pytest.raises(InputError, match=r"the spans in 'ner' seem to count the words of 'tokens', not characters"):
        read(tmp_path, "a.jsonl", lines(rows))


def test_spans_in_parquet(tmp_path: Path) -> None:
    structs = [[{"start": a, "end": b, "label": k} for a, b, k in s] for _, s in TEXTS]
    path = tmp_path / "a.parquet"
    pyarrow.parquet.write_table(pyarrow.table({"text": [t for t, _ in TEXTS], "entities": structs}), path)
    expect(read_dataset(path, dev=path, test=path), TEXTS)


def test_a_long_document_is_one_example_in_time_in_proportion(tmp_path: Path) -> None:
    text, spans = marked("[PER Anna] was there. " * 4000)
    found = read(tmp_path, "a.jsonl", doccano([(text, spans), *TEXTS]))
    assert (len(found.train[0].words or ()), found.train[0].label) == (16000, ("B-PER", "O", "O", "O") * 4000)


def test_texts_to_be_tagged_are_cut_in_the_same_way(tmp_path: Path) -> None:
    words = [tags_by_characters(*text)[0] for text in TEXTS]
    for name, content in (
        ("a.txt", "".join(text + "\n" for text, _ in TEXTS)),
        ("b.jsonl", lines([{"text": text} for text, _ in TEXTS])),
        ("c.json", json.dumps([{"id": 1, "data": {"text": text}} for text, _ in TEXTS])),
        *((name, write(TEXTS)) for name, write in FORMS.items() if name not in ("doccano_old.jsonl", "manifest.jsonl")),
    ):
        path = _written(tmp_path / name, content)
        found = read_unlabelled(path, task=TASKS["tagging"], usual=("text", None), words="cut")
        assert [e.words for e in found] == words, name
        assert found[0].text == " ".join(words[0])
        if name not in ("prodigy.jsonl", "dataturks.json"):
            assert [e.text for e in read_unlabelled(path, task=None)] == [text for text, _ in TEXTS], name


@st.composite
def annotated(draw: st.DrawFn) -> tuple[str, Spans]:
    """A text with spans that do not overlap and show something at their ends."""
    text = draw(st.text("ab1 é北😀.\n", max_size=30))
    ends = sorted(draw(st.sets(st.integers(0, len(text)), max_size=6)))
    pairs = list(zip(ends[::2], ends[1::2], strict=False))
    return text, [(a, b, draw(st.sampled_from("XY"))) for a, b in pairs if text[a].strip() and text[b - 1].strip()]


@settings(max_examples=80, deadline=None)
@given(st.lists(annotated(), min_size=1, max_size=4), st.sampled_from([points, utf16, utf8]))
def test_any_spans_are_found_in_whatever_they_are_counted(
    tmp_path_factory: pytest.TempPathFactory, texts: Texts, count: Offset
) -> None:
    texts = [*TEXTS, *texts]
    touched = [
        [word for a, b, _ in spans for word in words_in(text) if word[0] < b and a < word[1]] for text, spans in texts
    ]
    assume(all(len(set(words)) == len(words) for words in touched))  # of spans that share a word, one is kept
    seen = [text for text in texts if list(words_in(text[0]))]
    expect(read(tmp_path_factory.mktemp("a"), "a.json", label_studio(texts, count)), seen)


def test_tasks_without_spans_and_spans_that_end_before_they_begin_are_reported(tmp_path: Path) -> None:
    result = [{"value": {"choices": ["good"]}, "from_name": "mood", "type": "choices"}]
    tasks = [{"data": {"text": f"film {i}"}, "annotations": [{"result": result}]} for i in range(20)]
    path = tmp_path / "films.json"
    path.write_text(json.dumps(tasks))
    with pytest.raises(InputError, match=r"contain choices or the like, and no spans; for classes export JSON-MIN"):
        read_dataset(path)
    path.write_text(json.dumps([{"text": f"Anna {i}", "entities": [[4, 0, "PER"]]} for i in range(20)]))
    with pytest.raises(InputError, match=r"the span 4 to 0 ends before it begins"):
        read_dataset(path)
