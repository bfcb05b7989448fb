"""Folds: every labelled example is tested once, by models that learned from the other folds and never saw it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from unfreeze.data.examples import Dataset
from unfreeze.data.grouped import OPTION, cut_out, fold_numbers, grouped
from unfreeze.data.measurable import check_parts, one_answer
from unfreeze.data.read import DEV_SHARE, TOGETHER
from unfreeze.data.splits import Bools, Examples, parted
from unfreeze.errors import InputError
from unfreeze.language.message import say


@dataclass(frozen=True)
class Folds:
    """A data set in folds.

    Attributes:
        parts: for each fold a data set whose test split it is; train and dev are cut out of the other folds.
        whole: train and dev of all labelled examples, nothing to test.
    """

    parts: tuple[Dataset, ...]
    whole: Dataset

    @property
    def size(self) -> int:
        """Labelled examples."""
        return sum(len(part.test) for part in self.parts)


def in_folds(dataset: Dataset, number: int, seed: int) -> Folds:
    """A data set without a test file in folds.

    A file of dev examples is labelled data like the rest here: each fold has a dev split of its own, cut out of what
    it learns from, so that nothing is chosen on what it tests.

    Raises:
        InputError: it has a test file, too few texts or groups, or a fold on which nothing can be measured.
    """
    if "test" not in dataset.cut:
        problem = say(
            "tests every labelled example, and there is a test file; leave it out, or name it with --train too"
        )
        raise InputError(problem, where=OPTION)
    whole = (*dataset.train, *dataset.dev, *dataset.test)
    of = fold_numbers(whole, dataset.task, number, seed)
    labels = dataset.task.target.space(whole, dataset.labels.scheme)
    together = TOGETHER[grouped(whole)]
    note = say(
        "{number} folds: each of {whole:,} labelled examples is tested once, by models that never saw it "
        "({cut_by}{together} together, seed {seed}); {dev_share:.0%} of them choose recipes and epochs "
        "in each fold.",
        number=number,
        whole=len(whole),
        cut_by=dataset.task.target.words.cut_by,
        together=together,
        seed=seed,
        dev_share=DEV_SHARE,
    )
    said = tuple(line for line in dataset.notes if line not in dataset.cut.values())
    every = replace(dataset, labels=labels, notes=(*said, note), cut={})
    parts = [_part(every, whole, of == fold, seed) for fold in range(number)]
    for fold, part in enumerate(parts, start=1):
        check_parts(part, say("fold {fold} of {number} ({option} has fewer)", fold=fold, number=number, option=OPTION))
        if only := one_answer(part.train, part.task, labels.scheme):
            raise InputError(
                say(
                    "fold {fold} of {number} learns from one answer alone ({only})", fold=fold, number=number, only=only
                ),
                where=OPTION,
            )
    train, dev = parted(whole, cut_out(whole, dataset.task, DEV_SHARE, seed))
    return Folds(tuple(parts), replace(every, train=train, dev=dev, test=()))


def _part(every: Dataset, whole: Examples, tested: Bools, seed: int) -> Dataset:
    rest, test = parted(whole, tested)
    train, dev = parted(rest, cut_out(rest, every.task, DEV_SHARE * len(whole) / len(rest), seed))
    return replace(every, train=train, dev=dev, test=test)
