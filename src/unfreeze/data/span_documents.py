"""Records with spans of characters: which columns contain texts and spans, and which records count."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from unfreeze.data.columns import find_column
from unfreeze.data.known_columns import TEXTS, folded
from unfreeze.data.label_studio import check_tag, label_studio_document, text_member
from unfreeze.data.span_offsets import Document
from unfreeze.data.span_records import SEVERAL, Item, span_items, spans_of
from unfreeze.data.tables import Table
from unfreeze.data.tally import Tally, take_others
from unfreeze.errors import InputError, listed, shown
from unfreeze.language.message import say

REJECTED = say("Records that were rejected or skipped by the annotator, which were left out")
REPEATED = say("Records of a text that was annotated more than once, of which the first was kept")
_SPANS = ("label", "labels", "entities", "spans", "annotations", "annotation", "ner", "tags", "named_entities", "ents")
_NEVER = frozenset({"predictions", "prediction", "suggestions", "relations", "cats", "meta", "comments", "tokens"})
_TEXTS = TEXTS | {
    "data",
    "raw_text",
    "full_text",
    "source_text",
    "doc",
    "document_text",
    "context",
    "passage",
    "raw",
    "source",
}
_SAMPLE, _MOSTLY = 200, 0.5


@dataclass(frozen=True)
class SpanColumns:
    """Columns of texts and spans.

    Attributes:
        text, spans: names.
        tasks: whether records are Label Studio's tasks, whose text is the member `text` of their `data`.
        tokens: the column of the file's own tokens, if it has one.
    """

    text: str
    spans: str
    tasks: bool = False
    tokens: str | None = None


def find_spans(table: Table, text: str | None, label: str | None) -> SpanColumns | None:
    """The columns of texts and spans; None where no column (or not the one that `label` names) contains spans.

    Raises:
        InputError: several columns may be it.
    """
    names = table.columns
    if has_tasks(table) and ("annotations" in names or "completions" in names):
        tasks = "annotations" if "annotations" in names else "completions"
        if label is not None:
            check_tag(label, table.values(tasks), str(table.path))
        member = text_member(table.values("data"), table.values(tasks), text, str(table.path))
        return SpanColumns(member, tasks, tasks=True)
    found = [name for name in names if folded(name) not in _NEVER and _holds_spans(table.first(name))]
    if label is not None:
        told = find_column(table, label, "--label")
        if told not in found:
            return None
        found = [told] if told else []
    if not found:
        return None
    known = [name for name in _SPANS for column in found if folded(column) == name]
    if len(found) > 1 and not known:
        problem = say("several columns contain spans ({found}); say which with --label", found=listed(found))
        raise InputError(problem, where=str(table.path))
    spans = next((column for name in known for column in found if folded(column) == name), found[0])
    _check_characters(table, spans)
    tokens = "tokens" if "tokens" in names and holds_tokens(table.first("tokens")) else None
    return SpanColumns(text_column(table, text, spans), spans, tokens=tokens)


def _check_characters(table: Table, spans: str) -> None:
    """Raise `InputError` where spans count words: none ends behind the last of its row's list of words."""
    for name in table.nested:
        if folded(name) in ("tokens", "words", "tokenized_text", "sentence"):
            rows = zip(table.first(name, _SAMPLE), table.first(spans, _SAMPLE), strict=True)
            pairs = [(words, span_items(value) or []) for words, value in rows if isinstance(words, list)]
            if not all(isinstance(word, str) for words, _ in pairs for word in words):
                continue
            within = [
                str(item["end"]).isdecimal() and int(item["end"]) <= len(w) for w, items in pairs for item in items
            ]
            if within and all(within):
                problem = say(
                    "the spans in '{spans}' seem to count the words of '{name}', not characters", spans=spans, name=name
                )
                raise InputError(
                    say("{problem}; write a list of one tag a word instead", problem=problem), where=table.where(0)
                )


def has_tasks(table: Table) -> bool:
    """Whether records are Label Studio's tasks, whose texts are members of `data`."""
    return "data" in table.nested and any(isinstance(value, dict) for value in table.first("data"))


def text_column(table: Table, text: str | None, spans: str | None) -> str:
    """The column of texts.

    Raises:
        InputError: no such column, or none that is safe to guess.
    """
    if text is not None:
        return find_column(table, text, "--text") or text
    texts = [name for name in table.columns if name != spans and name not in table.nested and _holds_texts(table, name)]
    known = [name for name in texts if folded(name) in _TEXTS]
    for names in ([name for name in known if folded(name) == "text"], known, texts):
        if len(names) == 1:
            return names[0]
    problem = say(
        "the column of texts is not safe to guess ({value}); say which with --text",
        value=listed(texts) or "none has texts",
    )
    raise InputError(problem, where=str(table.path))


def _holds_texts(table: Table, name: str) -> bool:
    return any(isinstance(value, str) for value in table.first(name, _SAMPLE))


def _holds_spans(values: Sequence[Any]) -> bool:
    """Whether most of the first values are spans; the others are faults then."""
    some = [value for value in values if value is not None and value not in ("", [], "[]", {})][:_SAMPLE]
    return sum(bool(span_items(value)) for value in some) > _MOSTLY * len(some)


def holds_tokens(values: Sequence[Any]) -> bool:
    """Whether most values are lists of tokens with their places in the text, as Prodigy's."""
    some = [value for value in values if value][:_SAMPLE]
    return sum(map(_are_tokens, some)) > _MOSTLY * len(some)


def _are_tokens(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(t, dict) and {"start", "end"} <= t.keys() for t in value)


def documents_of(table: Table, columns: SpanColumns, split: str, label: str | None, tally: Tally) -> list[Document]:
    """The annotated texts of a file.

    Raises:
        InputError: a record without text or spans, or a span that is none.
    """
    if columns.tasks:
        found = zip(table.values("data"), table.values(columns.spans), table.lines, strict=True)
        rows = (
            label_studio_document(data, made, table.where(i), line, split, columns.text, label, tally)
            for i, (data, made, line) in enumerate(found)
        )
        return [document for document in rows if document is not None]
    texts, spans = table.values(columns.text), table.values(columns.spans)
    tokens = table.values(columns.tokens) if columns.tokens else [None] * len(texts)
    nothing: list[Any] = [None] * len(texts)
    answers, done = (table.values(n) if n in table.columns else nothing for n in ("answer", "annotation_id"))
    columns_of = (texts, spans, tokens, answers, done, _identities(table))
    seen = set()
    documents = []
    for row, (text, value, own, answer, made, identity) in enumerate(zip(*columns_of, strict=True)):
        where = table.where(row)
        if answer in ("reject", "ignore"):
            tally.add(REJECTED, split, where)
        elif identity is not None and str(identity) in seen:
            tally.add(REPEATED, split, where)
        else:
            seen.add(str(identity))
            if not isinstance(text, str):
                raise InputError(
                    say("no text in '{text}'; fill it in or take the record out", text=columns.text), where=where
                )
            annotated = answer == "accept" or own is not None or made is not None
            items = _items(value, columns.spans, annotated, where)
            found_spans, several = spans_of(items, lambda where=where: where)  # type: ignore[misc]
            tally.add(SEVERAL, split, where, several)
            words = own_words(own, text, where) if own is not None else None
            documents.append(Document(where, table.lines[row], text, tuple(found_spans), words))
    return documents


def _identities(table: Table) -> Sequence[Any]:
    """What records of one text share: Prodigy's hash of the input, or the task's id in Label Studio's short form."""
    if "_input_hash" in table.columns:
        return table.values("_input_hash")
    if "id" in table.columns and not {"annotation_id", "annotator"}.isdisjoint(table.columns):
        return table.values("id")
    return [None] * len(table.lines)


def _items(value: Any, column: str, annotated: bool, where: str) -> list[Item]:
    """The spans of a record; none where it has no value although the tool says that it was annotated."""
    items = span_items(value) if value not in (None, "") else [] if annotated else None
    if items is None:
        found = say("no value") if value in (None, "") else f"'{shown(str(value))}'"
        raise InputError(
            say("{found} in '{column}'; a list of spans is expected, [] for none", found=found, column=column),
            where=where,
        )
    return items


def own_words(tokens: Any, text: str, where: str) -> tuple[tuple[int, int], ...]:
    """Ends of the tokens that a file names.

    Raises:
        InputError: tokens that are not in the text, or not in its order.
    """
    words: list[tuple[int, int]] = []
    end = 0
    for token in tokens if isinstance(tokens, list) else [tokens]:
        place = (
            (token.get("start"), token.get("end"), token.get("text"))
            if isinstance(token, dict)
            else (token, None, None)
        )
        match place:
            case (int(start), int(stop), named) if end <= start <= stop <= len(text) and not text[end:start].strip():
                fits = not isinstance(named, str) or named == text[start:stop]
            case _:
                fits = False
        if not fits:
            found = f"{place[0]} to {place[1]} ('{shown(str(place[2]))}')"
            advice = say("tokens follow each other and leave out white space only; export texts and tokens again")
            raise InputError(
                say("the token {found} is not there in the text; {advice}", found=shown(found), advice=advice),
                where=where,
            )
        end = stop
        words.append((start, stop))
    if text[end:].strip():
        problem = say("no token has the end of the text ('{strip}')", strip=shown(text[end:].strip()))
        raise InputError(say("{problem}; export texts and tokens again", problem=problem), where=where)
    return tuple(words)


def columns_said(columns: SpanColumns, guessed: Sequence[str]) -> str:
    """Which columns are read as what, in a sentence; `guessed` are the options that were not given."""
    if columns.tasks:
        return say(
            "Columns: texts 'data.{text}', spans '{spans}' (Label Studio){guessed}.",
            text=columns.text,
            spans=columns.spans,
            guessed=take_others(guessed),
        )
    tokens = f", words '{columns.tokens}'" if columns.tokens else ""
    return say(
        "Columns: texts '{text}'{tokens}, spans '{spans}'{guessed}.",
        text=columns.text,
        tokens=tokens,
        spans=columns.spans,
        guessed=take_others(guessed),
    )
