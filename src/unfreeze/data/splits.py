"""Splits and subsets: stratified by class, duplicate texts on one side, the same for the same seed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence

import numpy as np
import numpy.typing as npt

from unfreeze.data.examples import Example
from unfreeze.errors import InputError
from unfreeze.language.message import say
from unfreeze.tasks.kinds import Task
from unfreeze.tasks.targets.target import MARKED

LEAST = 2
"""Minimum examples of a cut, if as many stay: a single one could show nothing."""

Examples = tuple[Example, ...]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


def duplicate_key(example: Example) -> str:
    """What two examples share when their texts are the same but for case and white space."""
    text = " ".join(example.text.split()).casefold()
    return text if example.text_b is None else f"{text}\n{' '.join(example.text_b.split()).casefold()}"


def text_groups(examples: Iterable[Example]) -> Ints:
    """(E,) a number for each example, one for all whose texts are the same; from 0 in the order of occurrence."""
    numbers: dict[str, int] = {}
    return np.fromiter((numbers.setdefault(duplicate_key(e), len(numbers)) for e in examples), np.int64)


def quotas(counts: Sequence[int] | Ints, total: int, at_least: int = 0) -> list[int]:
    """Share out `total` in proportion to `counts`, by largest remainder, each between `at_least` and its count."""
    sizes = np.asarray(counts, np.int64)
    exact = sizes * (total / max(int(sizes.sum()), 1))
    shares = np.clip(np.floor(exact).astype(np.int64), np.minimum(at_least, sizes), sizes)
    while shares.sum() < min(total, sizes.sum()):
        shares[np.argmax(np.where(shares < sizes, exact - shares, -np.inf))] += 1
    while shares.sum() > total and (shares > at_least).any():
        shares[np.argmax(np.where(shares > at_least, shares - exact, -np.inf))] -= 1
    return [int(share) for share in shares]


def _strata(examples: Examples, task: Task) -> Ints:
    """(E,) the class of each example as its rank by rareness, then name; all 0 where there are no classes."""
    return task.target.strata([e.label for e in examples])


def stratified_subset(examples: Examples, task: Task, size: int, seed: int) -> Examples:
    """`size` of the examples in their order, classes in proportion and each present where `size` allows.

    All of them when there are no more than `size`. Scores and tags are drawn evenly.
    """
    if size >= len(examples):
        return examples
    strata = _strata(examples, task)
    counts = np.bincount(strata)
    rng = np.random.default_rng(seed)
    chosen: list[int] = []
    for i, share in enumerate(quotas(counts, size, int(size >= len(counts)))):
        chosen += rng.permutation(np.flatnonzero(strata == i))[:share].tolist()
    return tuple(examples[i] for i in sorted(chosen))


def spread_out(examples: Examples, task: Task, texts: int, words: int) -> Ints:
    """Places of at most `texts` examples (about `words` words, for tagging), evenly spread and each class among them.

    All places when the examples are within these bounds.
    """
    most = texts
    if task.target.per_word:
        found = sum(len(e.words or ()) for e in examples)
        most = len(examples) if found <= words else max(1, len(examples) * words // found)
    if len(examples) <= most:
        return np.arange(len(examples))
    chosen = np.linspace(0, len(examples) - 1, most).round().astype(np.int64)
    present = {name for i in chosen for name in task.target.names_in(examples[i].label)}
    firsts = {
        name: i
        for i, e in reversed([*enumerate(examples)])
        for name in task.target.names_in(e.label)
        if name not in present
    }
    return np.concatenate([chosen, np.array(list(dict.fromkeys(firsts.values())), np.int64)])


def cut(examples: Examples, task: Task, share: float, seed: int) -> tuple[Examples, Examples]:
    """Cut a share of the examples out, stratified by class, equal texts together.

    Each class keeps at least one text on the first side. A group of equal texts that clash in label counts for its
    rarest class. A group that is larger than what is still to be cut stays, so the cut may be a little short. Where the
    examples allow it, two are cut at least, and their labels are not all the same (see `measurable.py`).

    Args:
        share: of the examples, between 0 and 1.

    Returns:
        The kept and the cut examples, both in their order.

    Raises:
        InputError: too few different texts to cut any.
    """
    return parted(examples, cut_places(examples, task, share, seed, text_groups(examples)))


def parted(examples: Examples, taken: Bools) -> tuple[Examples, Examples]:
    """The examples that are not taken and those that are, both in their order."""
    places = taken.tolist()
    kept = tuple(e for e, out in zip(examples, places, strict=True) if not out)
    return kept, tuple(e for e, out in zip(examples, places, strict=True) if out)


def cut_places(examples: Examples, task: Task, share: float, seed: int, groups: Ints) -> Bools:
    """(E,) which examples `cut` cuts out; `groups` are their `text_groups`, or the part of them that was left."""
    group = np.unique(groups, return_inverse=True)[1]  # without gaps
    sizes = np.bincount(group)  # (G,)
    stratum = np.full(len(sizes), len(examples))  # (G,)
    np.minimum.at(stratum, group, _strata(examples, task))
    in_stratum = np.bincount(stratum, weights=sizes).astype(np.int64)
    rng = np.random.default_rng(seed)
    is_cut = np.zeros(len(sizes), bool)
    wanted = max(round(share * len(examples)), LEAST if len(sizes) >= 2 * LEAST else 0)
    for i, quota in enumerate(quotas(in_stratum, wanted)):
        left = quota
        for g in rng.permutation(np.flatnonzero(stratum == i))[1:].tolist():
            if sizes[g] <= left:
                is_cut[g] = True
                left -= int(sizes[g])
    if not is_cut.any():
        found = say("{examples} examples with {sizes} different texts", examples=len(examples), sizes=len(sizes))
        problem = say("{found} are too few to cut a split from; give --dev and --test files", found=found)
        raise InputError(problem, where=examples[0].where if examples else None)
    taken: Bools = is_cut[group]
    if not all(_tells(_answers(examples, side, task)) for side in (taken, ~taken)):
        taken = _mixed([task.target.answer(e.label) for e in examples], group, stratum, is_cut, rng)[group]
    return taken


def _answers(examples: Examples, side: Bools, task: Task) -> Counter[Hashable]:
    """Of one side, as many as are enough to be sure of it."""
    found: Counter[Hashable] = Counter()
    for place in np.flatnonzero(side).tolist():
        found[task.target.answer(examples[place].label)] += 1
        if len(found) > 2:
            break
    return found


def _tells(answers: Counter[Hashable]) -> bool:
    """Whether something can be measured on labels that say this, and something be cut from them."""
    if MARKED in answers:
        return answers[MARKED] > 1
    return len(answers) > 2 or (len(answers) == 2 and min(answers.values()) > 1)


def _mixed(answers: Sequence[object], group: Ints, stratum: Ints, is_cut: Bools, rng: np.random.Generator) -> Bools:
    """(G,) a cut with a group or two exchanged, so that no side has one answer alone, if that can be.

    Each class keeps a text on the first side, and beside the most frequent answer more than one other stays there, for
    a second cut to follow.

    Args:
        answers, group: (E,) of each example.
        stratum: (G,)
    """

    def with_other(answer: object) -> Bools:
        found = np.zeros(len(is_cut), bool)
        found[group[[one != answer for one in answers]]] = True
        return found

    present = {answer for answer, out in zip(answers, is_cut[group].tolist(), strict=True) if out}
    spare = np.bincount(stratum[~is_cut], minlength=stratum.max() + 1)[stratum] > 1
    sizes, mixed = np.bincount(group), is_cut.copy()
    if len(present) == 1 and present != {MARKED}:
        into, out, count = with_other(*present) & ~is_cut & spare, is_cut, 1
    else:
        rare = with_other(Counter(answers).most_common(1)[0][0])
        cut, kept = int(np.count_nonzero(rare & is_cut)), int(np.count_nonzero(rare & ~is_cut))
        into, out, count = ~rare & ~is_cut & spare, rare & is_cut, min(2 - kept, cut - 1)
    chosen = rng.permutation(np.flatnonzero(into))
    leaving = rng.permutation(np.flatnonzero(out))
    for taken in chosen[np.argsort(sizes[chosen], kind="stable")][: max(0, count)]:
        mixed[taken] = True
        same = leaving[mixed[leaving] & (sizes[leaving] == sizes[taken])]
        if np.count_nonzero(is_cut) > 1:
            mixed[same[:1]] = False  # so that as many are cut as before
    return mixed
