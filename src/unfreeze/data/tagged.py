"""Tagged sentences become examples: one scheme for the whole data set, decided by train, checked everywhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path

from unfreeze.data.conll import Sentence, has_segment_digits, read_sentences, strip_segment_digits
from unfreeze.data.examples import Example, SplitName
from unfreeze.data.schemes import CANONICAL, Scheme, convert, fault, is_torn, recognise
from unfreeze.data.text_files import Format
from unfreeze.errors import InputError

SLIPS, SLIP_SHARE = 2, 0.002
"""So many broken training sentences, or this share of them, are slips; more are how the data is."""


def read_tagged(
    files: Mapping[SplitName, Path],
    loaded: Mapping[SplitName, tuple[Format, str]],
    word: str | None,
    label: str | None,
) -> tuple[dict[SplitName, tuple[Example, ...]], str | None, str, list[str]]:
    """Examples of each split with tags in a canonical scheme.

    Args:
        files, loaded: path, and format with content, of each split.
        word, label: columns, as `read_sentences` takes them.

    Returns:
        Splits, scheme (`"BIO"`, `"BIOES"` or None), the tag column, and what was found, in sentences.

    Raises:
        InputError: as `read_sentences`, or a tag breaks the scheme that the training tags follow.
    """
    sentences: dict[SplitName, list[Sentence]] = {}
    column = ""
    for split, path in files.items():
        kind, content = loaded[split]
        sentences[split], used = read_sentences(path, kind, content, word=word, label=label)
        column = column or used
    said = [f"Tags from column {column}{'' if label else ' (--label COLUMN takes another)'}."]
    if all(has_segment_digits(found) for found in sentences.values()):
        sentences = {split: strip_segment_digits(found) for split, found in sentences.items()}
        said.append("Every word is a character with a segment digit; the digit was taken off.")
    scheme = recognise(s.tags for s in sentences["train"] if s.tags)
    canonical = CANONICAL[scheme]
    if canonical is None:
        said.append("The tags are plain tags, in no span scheme.")
    else:
        said.append(
            f"The tags follow {scheme}" + ("." if scheme == canonical else f" and were turned into {canonical}.")
        )
    checked, loosened = _strictness(files["train"], sentences["train"], scheme)
    said += loosened
    torn = 0 if scheme in ("IO", "IOB1") else sum(sum(_torn(found, scheme)) for found in sentences.values())
    if torn:
        said.append(f"Spans that run on into the next sentence, each read as two: {torn}.")
    splits = {split: _converted(files[split], found, scheme, checked) for split, found in sentences.items()}
    return splits, canonical, column, said


def _converted(path: Path, sentences: Sequence[Sentence], scheme: Scheme, checked: Scheme) -> tuple[Example, ...]:
    """Examples with canonical tags, after a check by the rules of `checked`."""
    broken = _faults(sentences, checked)
    if broken:
        line, problem = broken[0]
        more = f" (and {len(broken) - 1} more sentences of the file)" if broken[1:] else ""
        raise InputError(problem + more, where=f"{path}:{line}")
    return tuple(words_example(path, s, convert(s.tags or (), scheme, CANONICAL[scheme])) for s in sentences)


def _strictness(path: Path, train: Sequence[Sentence], scheme: Scheme) -> tuple[Scheme, list[str]]:
    """The scheme to hold the tags to, and what to say about it.

    A few broken sentences in BIO are slips, to be mended; more are the habit of the data (Weibo NER), and BIO is
    then read as loosely as IOB1, where `I-` may begin a span. BIOES and its kin, which mark both ends, stay strict.
    """
    broken = _faults(train, scheme) if scheme == "BIO" else []
    if len(broken) <= max(SLIPS, SLIP_SHARE * len(train)):
        return scheme, []
    line, problem = broken[0]
    return "IOB1", [
        f"Warning: {len(broken)} of {len(train)} training sentences break BIO, so tags are read loosely, "
        f"by conlleval's rules (first at {path}:{line}: {problem.partition(' breaks')[0]})."
    ]


def _faults(sentences: Sequence[Sentence], scheme: Scheme) -> list[tuple[int, str]]:
    """Line and problem of the first fault of each faulty sentence; a span that runs over a sentence's edge is none."""
    tags = [s.tags or () for s in sentences]
    torn = _torn(sentences, scheme)
    found = []
    for i, sentence in enumerate(sentences):
        before = tags[i - 1][-1] if i and torn[i - 1] else "O"
        after = tags[i + 1][0] if i < len(torn) and torn[i] else "O"
        broken = fault(tags[i], scheme, before, after)
        if broken:
            found.append((sentence.lines[broken[0]], broken[1]))
    return found


def _torn(sentences: Sequence[Sentence], scheme: Scheme) -> list[bool]:
    """Whether a span runs from each sentence but the last into the next."""
    return [is_torn(first.tags or (), second.tags or (), scheme) for first, second in pairwise(sentences)]


def words_example(path: Path, sentence: Sentence, label: tuple[str, ...] | None = None) -> Example:
    """An example of gold words, tagged or not."""
    where = f"{path}:{sentence.lines[0]}"
    return Example(where, " ".join(sentence.words), words=sentence.words, label=label)
