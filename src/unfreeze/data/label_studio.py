"""Label Studio's export: tasks with the annotations of several people, of which one is taken."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from unfreeze.data.span_offsets import Document, Span
from unfreeze.data.span_records import SEVERAL, span_items, spans_of
from unfreeze.data.tally import Tally
from unfreeze.errors import InputError, listed, nearest, shown
from unfreeze.language.message import say

UNANNOTATED = say("Tasks without an annotation that counts (none, cancelled, or predictions only), which were left out")
AGREED = say("Tasks with several annotations of the same spans, of which one was taken")
DISAGREED = say("Tasks whose annotations differ, of which the one marked as ground truth, or else the first, was taken")
OTHER = say("Results that are not spans of text (choices, relations and the like), which were left out")
_ODD = {"hypertextlabels": "HTML", "paragraphlabels": "a dialogue"}


def label_studio_document(
    data: Any, annotations: Any, where: str, line: int, split: str, text: str, label: str | None, tally: Tally
) -> Document | None:
    """The text of a task with the spans of one annotation; None where there is none that counts.

    Cancelled annotations and predictions are not labels. Of several annotations the one that is marked as ground truth
    is taken, else the first.

    Args:
        data, annotations: of the task.
        text: the member of `data` that contains the text.
        label: the labelling tag (`from_name`) whose spans are taken; None takes those of all.

    Raises:
        InputError: no text, or spans of something that is not plain text.
    """
    if annotations is not None and not isinstance(annotations, list):
        raise InputError(
            say("the annotations are {annotations}, not a list; export it again", annotations=shown(str(annotations))),
            where=where,
        )
    made = [a for a in _objects(annotations) if isinstance(a.get("result"), list)]
    made = [annotation for annotation in made if not (annotation.get("was_cancelled") or annotation.get("skipped"))]
    if not made:
        tally.add(UNANNOTATED, split, where)
        return None
    marked = [annotation for annotation in made if annotation.get("ground_truth")]
    found = [_spans(annotation, where, label) for annotation in made]
    spans, other, several = found[made.index(marked[0]) if marked else 0]
    tally.add(OTHER, split, where, other)
    tally.add(SEVERAL, split, where, several)
    if made[1:]:
        different = len({frozenset((s.start, s.end, s.kind) for s in spans) for spans, _, _ in found}) > 1
        tally.add(DISAGREED if different else AGREED, split, where)
    content = data.get(text) if isinstance(data, Mapping) else None
    if not isinstance(content, str):
        raise InputError(
            say("the task's data has no text '{text}'; fill it in or take the task out", text=text), where=where
        )
    return Document(where, line, content, tuple(spans))


def _objects(value: Any) -> list[Mapping[str, Any]]:
    """The objects in a list."""
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []


def _spans(annotation: Mapping[str, Any], where: str, label: str | None) -> tuple[list[Span], int, int]:
    """Spans of one annotation, how many results are none, and how many spans have several labels."""
    items, other = [], 0
    for result in _objects(annotation.get("result")):
        value = result.get("value")
        odd = [what for name, what in _ODD.items() if isinstance(value, Mapping) and name in value]
        if odd:
            raise InputError(say("spans of {odd} are not read; annotate plain text", odd=odd[0]), where=where)
        item = span_items([result]) if isinstance(value, Mapping) and "labels" in value else None
        if item is None or (label is not None and result.get("from_name") != label):
            other += 1
        else:
            items += item
    spans, several = spans_of(items, lambda: where)
    return spans, other, several


def check_tag(label: str, annotations: Sequence[Any], where: str) -> None:
    """Raise `InputError` where no task has a result of a labelling tag."""
    made = [annotation for of_task in annotations for annotation in _objects(of_task)]
    names = {str(result.get("from_name")) for annotation in made for result in _objects(annotation.get("result"))}
    if label not in names:
        raise InputError(
            say("no labelling tag '{label}' for --label{label2}", label=label, label2=nearest(label, names)),
            where=where,
        )


def text_member(tasks: Sequence[Any], annotations: Sequence[Any], name: str | None, where: str) -> str:
    """Which member of the tasks' data is the text: the one named, `text`, one with the spans' texts, or the only one.

    Raises:
        InputError: no such member, or several may be it.
    """
    members = {
        key: None for data in tasks if isinstance(data, Mapping) for key, v in data.items() if isinstance(v, str)
    }
    if name is not None:
        if name not in members:
            raise InputError(
                say("no text '{name}' in the tasks' data for --text{name2}", name=name, name2=nearest(name, members)),
                where=where,
            )
        return str(name)
    named = [
        (data, item["text"])
        for data, made in zip(tasks, annotations, strict=True)
        for annotation in _objects(made)[:1]
        if isinstance(data, Mapping)
        for item in span_items(annotation.get("result") or []) or []
        if item.get("text")
    ]
    holding = [key for key in members if named and all(text in str(data.get(key)) for data, text in named)]
    for keys in ([key for key in members if key == "text"], holding, list(members)):
        if len(keys) == 1:
            return str(keys[0])
    problem = say(
        "which of the tasks' data is the text is not safe to guess ({value})",
        value=listed(list(members)) or "none is text",
    )
    raise InputError(say("{problem}; say which with --text", problem=problem), where=where)
