"""Classes as files spell them: one class in two spellings is merged where that is safe, doubts are reported."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace

from unfreeze.data.cells import number_text
from unfreeze.data.examples import Example, SplitName
from unfreeze.data.label_doubts import check_classes_likely, class_doubts
from unfreeze.data.labels import NO_LABEL, Splits
from unfreeze.errors import InputError, listed, shown
from unfreeze.language.message import say

SURELY_MISSING = frozenset({"nan", "-nan", "<na>", "nat", "#n/a", "#na", "#n/a n/a", "\\n"})
SURELY_MISSING |= {"#ref!", "#value!", "#div/0!", "#name?", "#null!", "#num!", "#spill!", "#calc!"}
SURELY_MISSING |= {sign + word for sign in ("", "-") for word in ("1.#qnan", "1.#ind")}
MISSING = SURELY_MISSING | {"na", "n/a", "null", "none", "?"}
"""Words, in lower case, that programs write for a missing value, or a spreadsheet for a formula that failed."""
MISSING_TEXTS = frozenset({"nan", "NaN", "<NA>", "NaT", "#N/A", "NA", "N/A", "null", "NULL", "None"})
NO_WARNING = frozenset({"none", "NONE"})
"""Spellings that are a class more often than a missing value."""
_INFINITE = frozenset({"inf", "-inf", "infinity", "-infinity"})
_TRUTH = {"true": True, "false": False}

Spelling = Callable[[str], str]


def one_spelling(splits: Mapping[SplitName, tuple[Example, ...]], named: bool = False) -> tuple[Splits, list[str]]:
    """Examples of classes with one spelling for each class, and what was merged or looks doubtful, in sentences.

    Numbers of one value are one class where all training labels are numbers; the training file decides how truth
    values are written (`true`, `True`, `1`), and other files may write them differently.

    Args:
        named: whether the files name the classes, which are then kept as they are.

    Raises:
        InputError: a word for a missing value where the other labels are numbers or truth values, or one that is
            rarely a class; labels that are not classes.
    """
    if named:
        return dict(splits), []
    counts = {split: Counter(str(e.label) for e in examples) for split, examples in splits.items()}
    train = set(counts["train"]) - {NO_LABEL}
    _refuse_missing(splits, train)
    check_classes_likely(splits)
    spell = _numbers(train) or _truth(counts["train"]) or (lambda label: label)
    spelled = {label: spell(label) for label in set().union(*counts.values())}
    merged = {label: one for label, one in spelled.items() if one != label}
    # A spelling that stands alone stays as the files have it.
    if len(set(spelled.values())) == len(spelled):
        merged = {}
    said = []
    if merged:
        pairs = [
            say("'{label}' is read as '{one}'", label=shown(label), one=shown(one))
            for label, one in sorted(merged.items())
        ]
        said.append(say("Labels that are one class in several spellings: {pairs}.", pairs=listed(pairs, 8)))
    settled = (
        {
            split: tuple(replace(e, label=merged[str(e.label)]) if e.label in merged else e for e in examples)
            for split, examples in splits.items()
        }
        if merged
        else dict(splits)
    )
    return settled, [*said, *_doubts(settled["train"])]


def missing_texts(splits: Mapping[SplitName, tuple[Example, ...]]) -> list[str]:
    """Warnings about texts that are nothing but a word which programs write for a missing value."""
    warnings = []
    for split, examples in splits.items():
        found = [e for e in examples if e.text in MISSING_TEXTS or e.text_b in MISSING_TEXTS]
        if found:
            word = found[0].text if found[0].text in MISSING_TEXTS else found[0].text_b
            warnings.append(
                say(
                    "Warning: {found:,} of {examples:,} texts of {split} are a word that programs write for a "
                    "missing value ('{word}', {where}).",
                    found=len(found),
                    examples=len(examples),
                    split=split,
                    word=word,
                    where=found[0].where,
                )
            )
    return warnings


def _is_number(label: str) -> bool:
    return number_text(label) is not None


def _numbers(train: set[str]) -> Spelling | None:
    """One spelling for a number, and for truth values beside 0 and 1, where all training labels are numbers."""
    if not all(map(_is_number, train)):
        return None
    truth = {str(int(value)): value for value in (True, False)}
    binary = {number_text(label) for label in train} == set(truth)

    def spell(label: str) -> str:
        if binary and label.casefold() in _TRUTH:
            return str(int(_TRUTH[label.casefold()]))
        return number_text(label) or label

    return spell


def _truth(train: Counter[str]) -> Spelling | None:
    """The training file's most frequent spelling of true and of false, where its labels are nothing else (or 0, 1)."""
    words: dict[bool, str] = {}
    for label, _ in train.most_common():
        if label.casefold() in _TRUTH:
            words.setdefault(_TRUTH[label.casefold()], label)
        elif label != NO_LABEL and number_text(label) not in ("0", "1"):
            return None
    if len(words) < 2:
        return None
    values = {**_TRUTH, "0": False, "1": True}

    def spell(label: str) -> str:
        value = values.get(number_text(label) or label.casefold())
        return label if value is None else words[value]

    return spell


def _refuse_missing(splits: Mapping[SplitName, tuple[Example, ...]], train: set[str]) -> None:
    rest = {label for label in train if label.casefold() not in MISSING | _INFINITE}
    plain = bool(rest) and all(_is_number(label) or label.casefold() in _TRUTH for label in rest)
    refused = MISSING | _INFINITE if plain else SURELY_MISSING
    for split, examples in splits.items():
        found = [e for e in examples if str(e.label).casefold() in refused]
        if found:
            meaning = (
                say("not a number as '{rest}' is", rest=shown(min(rest)))
                if plain
                else say("what programs write for a missing value")
            )
            count = say(
                "in {found:,} of {examples:,} rows of {split}", found=len(found), examples=len(examples), split=split
            )
            problem = say(
                "the label '{label}' is {meaning}; fill it in or take the row out ({count})",
                label=found[0].label,
                meaning=meaning,
                count=count,
            )
            raise InputError(problem, where=found[0].where)


def _doubts(train: tuple[Example, ...]) -> list[str]:
    """Warnings about training labels that are hardly meant as they stand."""
    first: dict[str, Example] = {}
    for example in train:
        first.setdefault(str(example.label), example)
    counts = Counter(str(e.label) for e in train)
    doubts = []
    for label in sorted(set(counts) - NO_WARNING):
        if label.casefold() in MISSING:
            doubts.append(
                say(
                    "{counts:,} of {train:,} training rows have the label '{label}', which programs write for a "
                    "missing value (first at {where}); it is kept as a class.",
                    counts=counts[label],
                    train=len(train),
                    label=label,
                    where=first[label].where,
                )
            )
    numbers = [label for label in counts if _is_number(label)]
    # Digits behind a zero, `007`, are codes; beside numbers they are not a mixture.
    words = [label for label in counts if not (_is_number(label) or label.isdecimal() or label == NO_LABEL)]
    if numbers and words:
        parts = [
            say(
                "{counts:,} {name} (such as '{kind}', {where})",
                counts=sum(counts[label] for label in kind),
                name=name,
                kind=shown(kind[0]),
                where=first[kind[0]].where,
            )
            for name, kind in (("numbers", numbers), ("words", words))
        ]
        doubts.append(say("the training labels mix {parts}; all are kept as classes.", parts=" and ".join(parts)))
    doubts += class_doubts(counts)
    looks: dict[str, str] = {}
    for label in sorted(counts):
        same = looks.setdefault(number_text(label) or _look(label), label)
        if same != label:
            doubts.append(
                say(
                    "'{same}' and '{label}' are two classes ({where}); one class?",
                    same=shown(same),
                    label=shown(label),
                    where=first[label].where,
                )
            )
    return [say("Warning: {line}", line=line) for line in doubts[:8]]


def _look(label: str) -> str:
    """What two labels share that differ only in case, white space or how a character is composed."""
    return " ".join(unicodedata.normalize("NFKC", label).casefold().split())
