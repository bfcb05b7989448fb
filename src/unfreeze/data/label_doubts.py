"""Training labels that are hardly one class a text: lists, several classes in a cell, another value in every row."""

from __future__ import annotations

import ast
import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence

from unfreeze.data.cells import number_text
from unfreeze.data.examples import SPLITS, Example, SplitName
from unfreeze.data.tag_spellings import spelling_of
from unfreeze.errors import InputError, listed, shown
from unfreeze.language.message import say

_YES = ("true", "t", "yes", "y", "1")
_NO = ("false", "f", "no", "n", "0")
_SIGNS = ",;|#"
_ALONE, _FEW_ROWS = 0.9, 20
"""Where more than this share of that many rows have a label of their own, the labels are not classes."""
_RECURRING = 0.7
_SAMPLE = 200


def check_classes_likely(splits: Mapping[SplitName, tuple[Example, ...]]) -> None:
    """Refuse training labels that are not classes of texts.

    Raises:
        InputError: printed lists or objects, the tags of all words in one cell, a label of its own in nearly every row
            where a split is yet to be cut from them.
    """
    train = splits["train"]
    labels = [str(e.label) for e in train]
    for example, label in zip(train, labels, strict=True):
        if _is_printed(label):
            problem = say(
                "the label '{label}' is a printed list or object; one class a text can be learnt", label=shown(label)
            )
            raise InputError(say("{problem}: write its name alone", problem=problem), where=example.where)
    if _are_tags(labels[:_SAMPLE]):
        problem = say("the label '{labels}' seems to contain a tag for every word", labels=shown(labels[0]))
        advice = say(
            "give lists of words and tags, or words and tags parted by spaces, as many of the one as of the other"
        )
        raise InputError(say("{problem}; {advice}", problem=problem, advice=advice), where=train[0].where)
    different = len(set(labels))
    if len(splits) < len(SPLITS) and len(labels) >= _FEW_ROWS and different > _ALONE * len(labels):
        problem = say(
            "{different:,} different labels in {labels:,} rows (such as '{labels2}') are not classes",
            different=different,
            labels=len(labels),
            labels2=shown(labels[0]),
        )
        advice = say("is it the label column? --label takes another, --task regression reads plain numbers as scores")
        raise InputError(say("{problem}; {advice}", problem=problem, advice=advice), where=train[0].where)


def class_doubts(counts: Counter[str]) -> list[str]:
    """What is doubtful about the training labels with these counts, in sentences."""
    return [*_several(counts), *_truth_words(counts), *_minus_one(counts)]


def _is_printed(label: str) -> bool:
    if label[:1] + label[-1:] not in ("[]", "{}"):
        return False
    for read in (json.loads, ast.literal_eval):
        try:
            return isinstance(read(label), (list, dict, set))
        except (ValueError, SyntaxError, RecursionError, MemoryError, TypeError):
            continue
    return False


def _are_tags(labels: Sequence[str]) -> bool:
    """Whether labels contain several span tags with letters each."""
    rows = [[part for part in re.split(r"[\s,;]+", label) if part] for label in labels]
    if sum(map(len, rows)) < 2 * len(rows):
        return False
    spelling = spelling_of(rows)
    read = [tag for row in rows for tag in spelling.read(row)]
    return spelling.form in ("before", "behind") and all(tag == "O" or tag[1:2] == "-" for tag in read)


def _several(counts: Counter[str]) -> list[str]:
    """Labels that seem to name several classes: `joy,anger` beside `joy`."""
    for sign in (*_SIGNS, " "):
        parts = {label: [part.strip() for part in label.split(sign)] for label in counts if sign in label}
        if sign == " ":
            parts = {label: own for label, own in parts.items() if all(map(number_text, own))}
        parts = {label: own for label, own in parts.items() if all(own)}
        known = [label for label, own in parts.items() if any(part in counts for part in own)]
        whole = [label for label in known if all(part in counts for part in parts[label])]
        shared = Counter(part for own in parts.values() for part in set(own))
        often = sum(n for n in shared.values() if n > 1) >= _RECURRING * max(1, shared.total())
        if whole or len(known) > 1 or (len(parts) > 2 and often):
            first = (whole or known or list(parts))[0]
            rows = sum(counts[label] for label in parts)
            return [
                say(
                    "labels such as '{first}' seem to name several classes (parted by '{sign}', in {rows:,} rows); "
                    "one class a text is learnt, and each combination is a class of its own.",
                    first=shown(first),
                    sign=sign,
                    rows=rows,
                )
            ]
    return []


def _truth_words(counts: Counter[str]) -> list[str]:
    folded = {number_text(label) or label.casefold() for label in counts}
    for words in (_YES, _NO):
        same = [word for word in words if word in folded]
        if len(same) > 1 and folded <= {*_YES, *_NO} and not folded <= {"true", "false", "1", "0"}:
            return [
                say(
                    "{word} are classes of their own; if they mean one, write one word.",
                    word=listed([repr(word) for word in same]),
                )
            ]
    return []


def _minus_one(counts: Counter[str]) -> list[str]:
    """-1 beside class numbers from 0, of which sentiments from -1 to 1 are none."""
    numbers = {number_text(label): n for label, n in counts.items()}
    if "-1" not in numbers or len(numbers) < 4:
        return []
    if set(numbers) != {str(i) for i in range(-1, len(numbers) - 1)}:
        return []
    return [
        say(
            "'-1' ({numbers:,} rows) is kept as a class; if it stands for no label, take these rows out.",
            numbers=numbers["-1"],
        )
    ]
