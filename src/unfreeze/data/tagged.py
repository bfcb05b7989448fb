"""Tagged sentences become examples: one scheme for the whole data set, decided by train, checked everywhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

from unfreeze.data.column_roles import Roles, roles_said
from unfreeze.data.conll import (
    Sentence,
    has_segment_digits,
    language_of,
    read_sentences,
    strip_segment_digits,
    without_language,
)
from unfreeze.data.examples import Example, SplitName
from unfreeze.data.measurable import without
from unfreeze.data.star_brackets import is_star_column, unstarred
from unfreeze.data.tag_spellings import spelling_of, spelling_said
from unfreeze.data.text_files import Format
from unfreeze.data.unlearnable_tags import check_tags
from unfreeze.errors import InputError
from unfreeze.language.message import say
from unfreeze.tasks.schemes import CANONICAL, Scheme, convert, fault, is_torn, recognise

LONG = 1000
"""A file of one sentence with more words than this has probably lost its blank lines."""
SLIPS, SLIP_SHARE = 2, 0.002
"""So many broken training sentences, or this share of them, are slips; more are how the data is."""


_SAME: Mapping[str, str] = {}
Tagged = dict[SplitName, list[Sentence]]


def column_sentences(
    files: Mapping[SplitName, Path],
    loaded: Mapping[SplitName, tuple[Format, str]],
    word: str | None,
    label: str | None,
) -> tuple[Tagged, Roles, list[str]]:
    """Sentences of each split's column file, tags as they are written.

    Args:
        files, loaded: path, and format with content, of each split.
        word, label: columns, as `read_sentences` takes them.

    Returns:
        Sentences, the columns of the training file, and what was found, in sentences.

    Raises:
        InputError: as `read_sentences`.
    """
    sentences: Tagged = {}
    kind, content = loaded["train"]
    sentences["train"], roles = read_sentences(files["train"], kind, content, word=word, label=label)
    said = [roles_said(roles)]
    for split in sorted(files.keys() - {"train"}):
        kind, content = loaded[split]
        if roles.tag is not None and _is_one_column(content):
            problem = say("has one column only, so words without tags; {split}", split=without(split))
            raise InputError(problem, where=str(files[split]))
        sentences[split], own = read_sentences(files[split], kind, content, word=word, label=label, like=roles)
        if own is not roles and own.guessed:
            said.append(
                say(
                    "Warning: {split} has {width} columns, train {width2}. {own}",
                    split=split,
                    width=own.width,
                    width2=roles.width,
                    own=roles_said(own),
                )
            )
    if all(has_segment_digits(found) for found in sentences.values()):
        sentences = {split: strip_segment_digits(found) for split, found in sentences.items()}
        said.append(say("Every word is a character with a segment digit; the digit was taken off."))
    language = language_of([s for found in sentences.values() for s in found])
    if language:
        sentences = {split: without_language(found, language) for split, found in sentences.items()}
        said.append(say("Every word begins with '{language}', the language, which was taken off.", language=language))
    for split, found in sentences.items():
        if len(found) == 1 and len(found[0].words) > LONG:
            said.append(
                say(
                    "Warning: {split} is one sentence of {words:,} words; blank lines part sentences.",
                    split=split,
                    words=len(found[0].words),
                )
            )
    return {split: sentences[split] for split in files}, roles, said


def _is_one_column(content: str) -> bool:
    """Whether no line has white space inside."""
    lines = [line.split() for line in content.splitlines()]
    return any(lines) and all(len(fields) < 2 or fields[0].startswith(("#", "-DOCSTART-")) for fields in lines)


def tagged_examples(
    files: Mapping[SplitName, Path], sentences: Tagged, *, in_bio: bool = False
) -> tuple[dict[SplitName, tuple[Example, ...]], str | None, list[str]]:
    """Examples of each split with tags in a canonical scheme.

    Args:
        files: path of each split.
        sentences: with tags in whatever spelling; the training tags decide which.
        in_bio: the tags are known to be BIO, as made from spans.

    Returns:
        Splits, scheme (`"BIO"`, `"BIOES"` or None), and what was found, in sentences.

    Raises:
        InputError: a tag breaks the scheme that the training tags follow, or contains something that is not a tag of
            one word.
    """
    if in_bio:
        return {split: _converted(files[split], found, "BIO", "BIO") for split, found in sentences.items()}, "BIO", []
    sentences, said = _without_brackets(files, sentences)
    check_tags(files["train"], sentences["train"])
    written = [s.tags or () for s in sentences["train"]]
    spelling = spelling_of(written)
    as_read = {tag: spelling.read([tag])[0] for found in sentences.values() for s in found for tag in s.tags or ()}
    sentences = {
        split: [replace(s, tags=tuple(as_read[tag] for tag in s.tags or ())) for s in found]
        for split, found in sentences.items()
    }
    scheme: Scheme = "plain" if spelling.form == "none" else recognise(s.tags for s in sentences["train"] if s.tags)
    canonical = CANONICAL[scheme]
    said = said or [spelling_said(spelling, scheme, canonical, written)]
    checked, loosened = _strictness(files["train"], sentences["train"], scheme)
    said += loosened
    torn = 0 if scheme in ("IO", "IOB1") else sum(sum(_torn(found, scheme)) for found in sentences.values())
    if torn:
        said.append(say("Spans that run on into the next sentence, each read as two: {torn}.", torn=torn))
    said += [say("Warning: {line}", line=line) for line in _twice(as_read)]
    files_tags = {read: tag for tag, read in as_read.items() if tag != read}
    splits = {split: _converted(files[split], found, scheme, checked, files_tags) for split, found in sentences.items()}
    return splits, canonical, said


def _twice(as_read: Mapping[str, str]) -> list[str]:
    """Tags of two spellings that mean the same."""
    by_meaning: dict[str, list[str]] = {}
    for tag, read in as_read.items():
        by_meaning.setdefault(read, []).append(tag)
    pairs = [tags for tags in by_meaning.values() if len(tags) > 1]
    return (
        [
            say(
                "tags in two spellings mean the same, such as '{pairs}' and '{pairs2}'.",
                pairs=pairs[0][0],
                pairs2=pairs[0][1],
            )
        ]
        if pairs
        else []
    )


def _without_brackets(files: Mapping[SplitName, Path], sentences: Tagged) -> tuple[Tagged, list[str]]:
    """The sentences with tags in BIO where brackets and stars stood."""
    if not is_star_column([s.tags or () for s in sentences["train"]]):
        return sentences, []
    read: Tagged = {}
    said = [say("The tags are spans in brackets and stars, such as '(PER*', and were turned into BIO.")]
    for split, found in sentences.items():
        plain = unstarred([s.tags or () for s in found], [s.lines for s in found], str(files[split]))
        read[split] = [replace(s, tags=tags) for s, tags in zip(found, plain.tags, strict=True)]
        if plain.nested:
            said.append(
                say(
                    "Warning: {split}: {nested} spans lie inside others and were left out.",
                    split=split,
                    nested=plain.nested,
                )
            )
    return read, said


def _converted(
    path: Path, sentences: Sequence[Sentence], scheme: Scheme, checked: Scheme, files_tags: Mapping[str, str] = _SAME
) -> tuple[Example, ...]:
    """Examples with canonical tags, after a check by the rules of `checked`.

    Args:
        files_tags: tags as read, to how the files write them where that is otherwise.
    """
    broken = _faults(sentences, checked)
    if broken:
        line, tag, problem = broken[0]
        problem += say(" (the file writes '{files_tags}')", files_tags=files_tags[tag]) if tag in files_tags else ""
        more = say(" (and {broken} more sentences of the file)", broken=len(broken) - 1) if broken[1:] else ""
        raise InputError(problem + more, where=f"{path}:{line}")
    return tuple(words_example(path, s, convert(s.tags or (), scheme, CANONICAL[scheme])) for s in sentences)


def _strictness(path: Path, train: Sequence[Sentence], scheme: Scheme) -> tuple[Scheme, list[str]]:
    """The scheme that the tags must follow, and what to say about it.

    A few broken sentences in BIO are slips, to be fixed; more are the habit of the data (Weibo NER), and BIO is
    then read as loosely as IOB1, where `I-` may begin a span. BIOES and its kin, which mark both ends, stay strict.
    """
    broken = _faults(train, scheme) if scheme == "BIO" else []
    if len(broken) <= max(SLIPS, SLIP_SHARE * len(train)):
        return scheme, []
    line, _, problem = broken[0]
    return "IOB1", [
        say(
            "Warning: {broken} of {train} training sentences break BIO, so tags are read loosely, by "
            "conlleval's rules (first at {path}:{line}: {partition}).",
            broken=len(broken),
            train=len(train),
            path=path,
            line=line,
            partition=problem.partition(" breaks")[0],
        )
    ]


def _faults(sentences: Sequence[Sentence], scheme: Scheme) -> list[tuple[int, str, str]]:
    """Line, tag and problem of each faulty sentence's first fault; a span that runs over a sentence's edge is none."""
    tags = [s.tags or () for s in sentences]
    torn = _torn(sentences, scheme)
    found = []
    for i, sentence in enumerate(sentences):
        before = tags[i - 1][-1] if i and torn[i - 1] else "O"
        after = tags[i + 1][0] if i < len(torn) and torn[i] else "O"
        broken = fault(tags[i], scheme, before, after)
        if broken:
            found.append((sentence.lines[broken[0]], tags[i][broken[0]], broken[1]))
    return found


def _torn(sentences: Sequence[Sentence], scheme: Scheme) -> list[bool]:
    """Whether a span runs from each sentence but the last into the next."""
    return [is_torn(first.tags or (), second.tags or (), scheme) for first, second in pairwise(sentences)]


def words_example(path: Path, sentence: Sentence, label: tuple[str, ...] | None = None) -> Example:
    """An example of gold words, tagged or not."""
    where = f"{path}:{sentence.lines[0]}"
    return Example(where, " ".join(sentence.words), words=sentence.words, label=label)
