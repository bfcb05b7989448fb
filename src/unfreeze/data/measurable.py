"""Whether dev and test can measure anything: a metric needs more than one answer, and more than one item to ask.

Shared tasks hide the labels of their test sets behind a placeholder: `-1`, a class of train, `O` for every word. Scores
on such a split are the same for all models, and so is a choice by them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from unfreeze.data.examples import Dataset, Example, SplitName
from unfreeze.errors import InputError
from unfreeze.language.message import say
from unfreeze.tasks.kinds import TAGS, Task
from unfreeze.tasks.targets.target import Target

JUDGED: tuple[SplitName, ...] = ("dev", "test")


def one_answer(examples: Sequence[Example], task: Task, scheme: str | None) -> str | None:
    """What all labels of these examples say, as the end of a sentence; None where they say several things.

    Tags in a scheme say one thing only where they mark no span: spans are counted, of whatever kind.
    """
    return task.target.one_answer([e.label for e in examples], scheme)


def check_measurable(
    splits: Mapping[SplitName, Sequence[Example]], task: Task, scheme: str | None, files: Mapping[SplitName, Path]
) -> None:
    """Refuse a dev or test split on which nothing can be measured.

    A single dev item may stand where its score is defined: it says too little, which the audit tells.

    Args:
        files: of the splits that have one; others were cut out of train.

    Raises:
        InputError: one answer only; a single test item, on which any difference would look certain.
    """
    for split in JUDGED:
        problem = _problem(split, splits.get(split, ()), task, scheme)
        if problem is not None and split in files:
            raise InputError(say("{problem}; {split}", problem=problem, split=without(split)), where=str(files[split]))
        if problem is not None:
            cut = say(
                "what was cut out of train as {split} {partition}",
                split=split,
                partition=problem.partition("; perhaps")[0],
            )
            raise InputError(
                say("{cut}; add rows with other labels, or give --{split}", cut=cut, split=split),
                where=str(files["train"]),
            )


def check_placeholder_tags(tags: Mapping[SplitName, Sequence[Sequence[str]]], files: Mapping[SplitName, Path]) -> None:
    """Raise `InputError` where all words of dev or test have one tag, as it is written, that no word of train has."""
    for split in JUDGED:
        own = {tag for sentence in tags.get(split, ()) for tag in sentence}
        if len(own) == 1 and not any(tag in own for sentence in tags["train"] for tag in sentence):
            problem = _says(say("every word has the tag '{pop}'", pop=own.pop()), TAGS)
            raise InputError(say("{problem}; {split}", problem=problem, split=without(split)), where=str(files[split]))


def check_items(items: Sequence[Example], task: Task, scheme: str | None, where: str) -> None:
    """Raise `InputError` where the test items of a finished comparison (perhaps an old one) measure nothing."""
    problem = _problem("test", items, task, scheme)
    if problem is not None:
        advice = say("compare again in another folder: {without}", without=without("test"))
        raise InputError(say("the test set {problem}; {advice}", problem=problem, advice=advice), where=where)


def check_parts(dataset: Dataset, where: str) -> Dataset:
    """The data set, whose splits are parts of larger ones. Raises `InputError` where a part can measure nothing."""
    for split in JUDGED:
        problem = _problem(split, dataset.split(split), dataset.task, dataset.labels.scheme)
        if problem is not None:
            raise InputError(
                say("the part of {split} that is used {problem}; use more of it", split=split, problem=problem),
                where=where,
            )
    return dataset


def without(split: SplitName) -> str:
    """What to do about a split whose labels cannot be used."""
    others = "--train (and --test)" if split == "dev" else "--train (and --dev)"
    return say(
        "leave the file out, and a {split} set is cut from train: name the other files with {others}",
        split=split,
        others=others,
    )


def _problem(split: SplitName, examples: Sequence[Example], task: Task, scheme: str | None) -> str | None:
    """What is wrong with a split, as the end of a sentence about it."""
    if len(examples) == 1 and (problem := task.target.single_problem()):
        return problem
    if len(examples) == 1 and split == "test":
        words = (
            say(" of {words:,} words (blank lines part sentences)", words=len(examples[0].words))
            if examples[0].words
            else ""
        )
        return say("has 1 item{words}, on which any difference between two models would look certain", words=words)
    found = one_answer(examples, task, scheme)
    if found is None or (len(examples) == 1 and task.target.single_tells):
        return None
    return _says(found, task.target)


def _says(answer: str, target: Target) -> str:
    return say(
        "has one answer only ({answer}), so it cannot show {shows}; perhaps its labels are hidden",
        answer=answer,
        shows=target.words.shows,
    )
