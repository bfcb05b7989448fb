"""Splits and subsets: stratified by class, duplicate texts on one side, the same for the same seed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from unfreeze.data.examples import Example
from unfreeze.errors import InputError
from unfreeze.tasks import Task

Examples = tuple[Example, ...]
Ints = npt.NDArray[np.int64]


def duplicate_key(example: Example) -> str:
    """What two examples share when their texts are the same but for case and white space."""
    text = " ".join(example.text.split()).casefold()
    return text if example.text_b is None else f"{text}\n{' '.join(example.text_b.split()).casefold()}"


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


def _classes(examples: Examples, task: Task) -> Ints:
    """(E,) the class of each example as its rank by rareness, then name; all 0 where there are no classes."""
    if task.target != "class":
        return np.zeros(len(examples), np.int64)
    labels = [str(e.label) for e in examples]
    counts = Counter(labels)
    rank = {label: i for i, label in enumerate(sorted(counts, key=lambda c: (counts[c], c)))}
    return np.array([rank[label] for label in labels], np.int64)


def stratified_subset(examples: Examples, task: Task, size: int, seed: int) -> Examples:
    """`size` of the examples in their order, classes in proportion and each present where `size` allows.

    All of them when there are no more than `size`. Scores and tags are drawn evenly.
    """
    if size >= len(examples):
        return examples
    classes = _classes(examples, task)
    counts = np.bincount(classes)
    rng = np.random.default_rng(seed)
    chosen: list[int] = []
    for i, share in enumerate(quotas(counts, size, int(size >= len(counts)))):
        chosen += rng.permutation(np.flatnonzero(classes == i))[:share].tolist()
    return tuple(examples[i] for i in sorted(chosen))


def spread_out(examples: Examples, task: Task, texts: int, words: int) -> Ints:
    """Places of at most `texts` examples (about `words` words, for tagging), evenly spread and each class among them.

    All places when the examples are within these bounds.
    """
    most = texts
    if task.target == "tags":
        found = sum(len(e.words or ()) for e in examples)
        most = len(examples) if found <= words else max(1, len(examples) * words // found)
    if len(examples) <= most:
        return np.arange(len(examples))
    chosen = np.linspace(0, len(examples) - 1, most).round().astype(np.int64)
    if task.target != "class":
        return chosen
    present = {examples[i].label for i in chosen}
    firsts = {e.label: i for i, e in reversed([*enumerate(examples)]) if e.label not in present}
    return np.concatenate([chosen, np.array(list(firsts.values()), np.int64)])


def cut(examples: Examples, task: Task, share: float, seed: int) -> tuple[Examples, Examples]:
    """Cut a share of the examples out, stratified by class, equal texts together.

    Each class keeps at least one text on the first side. A group of equal texts that clash in label counts for its
    rarest class. A group that is larger than what is still to be cut stays, so the cut may be a little short.

    Args:
        share: of the examples, between 0 and 1.

    Returns:
        The kept and the cut examples, both in their order.

    Raises:
        InputError: too few different texts to cut any.
    """
    numbers: dict[str, int] = {}
    group = np.array([numbers.setdefault(duplicate_key(e), len(numbers)) for e in examples], np.int64)  # (E,)
    sizes = np.bincount(group)  # (G,)
    stratum = np.full(len(sizes), len(examples))  # (G,)
    np.minimum.at(stratum, group, _classes(examples, task))
    in_stratum = np.bincount(stratum, weights=sizes).astype(np.int64)
    rng = np.random.default_rng(seed)
    is_cut = np.zeros(len(sizes), bool)
    for i, quota in enumerate(quotas(in_stratum, round(share * len(examples)))):
        left = quota
        for g in rng.permutation(np.flatnonzero(stratum == i))[1:].tolist():
            if sizes[g] <= left:
                is_cut[g] = True
                left -= int(sizes[g])
    if not is_cut.any():
        found = f"{len(examples)} examples with {len(sizes)} different texts"
        problem = f"{found} are too few to cut a split from; give --dev and --test files"
        raise InputError(problem, where=examples[0].where if examples else None)
    taken = is_cut[group].tolist()
    kept = tuple(e for e, out in zip(examples, taken, strict=True) if not out)
    return kept, tuple(e for e, out in zip(examples, taken, strict=True) if out)
