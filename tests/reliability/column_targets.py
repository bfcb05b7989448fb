"""CoNLL columns and CoNLL-U that are damaged: words and spans against a plain reader of a few lines."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import tiny
from fuzz import Target, UndecidedError, WrongError

Sentence = list[tuple[str, str]]
_TAG = re.compile(r"([BIESLUM])[-_](.+)|([BIESLUM])", re.DOTALL)
_BEGINS, _GOES_ON = "BSU", "IEML"


def _sentences(split: int) -> list[Sentence]:
    return list(tiny.sentences((30, 10, 10)[split], split, "BIO"))


def _write(folder: Path, suffix: str, line: Callable[[int, str, str], str], head: str = "") -> None:
    for number, split in enumerate(("train", "dev", "test")):
        blocks = []
        for sentence in _sentences(number):
            blocks.append("".join(line(i, word, tag) + "\n" for i, (word, tag) in enumerate(sentence, 1)))
        (folder / f"{split}.{suffix}").write_text(head + "\n".join(blocks) + "\n", encoding="utf-8")


def _two(i: int, word: str, tag: str) -> str:
    return f"{word} {tag}"


def _tabs(i: int, word: str, tag: str) -> str:
    return f"{word}\t{tag}"


def _four(i: int, word: str, tag: str) -> str:
    return f"{word} {'NN' if i % 2 else 'VB'} {'B-NP' if i % 3 else 'O'} {tag}"


def _numbered(i: int, word: str, tag: str) -> str:
    return f"{i}\t{word}\t{tag}\tO"


def _conllu(i: int, word: str, tag: str) -> str:
    return "\t".join((str(i), word, word, "NOUN" if tag == "O" else "PROPN", *"______"))


def read_tagged(folder: Path, suffix: str, options: dict[str, str], said: list[str] | None = None) -> list[Any]:
    """Words and tags of the training sentences, as `compare` and `check` read them; audited too."""
    from unfreeze.data.audit import audit
    from unfreeze.data.audit_lines import audit_lines
    from unfreeze.plan import plan_from
    from unfreeze.runs.question import read_data

    files = {split: str(folder / f"{split}.{suffix}") for split in ("train", "dev", "test")}
    dataset = read_data(plan_from({**files, "task": "tagging", **options}))
    audit_lines(audit(dataset))
    if said is not None:
        said += dataset.notes
    return [[list(example.words or ()), list(example.label or ())] for example in dataset.train]  # type: ignore[arg-type]


def spans(tags: Sequence[str]) -> list[tuple[int, int, str]]:
    """Spans of tags of any scheme, as lenient as CoNLL's own script: a span goes on where the mark and type say so."""
    found: list[list[Any]] = []
    for i, tag in enumerate(tags):
        match = _TAG.fullmatch(tag[:1].upper() + tag[1:])
        if match is None:
            continue
        mark, kind = match[1] or match[3], match[2] or ""
        goes_on = found and found[-1][1] == i and found[-1][2] == kind and mark in _GOES_ON
        if goes_on:
            found[-1][1] = i + 1
        else:
            found.append([i, i + 1, kind])
    return [tuple(one) for one in found]


def _blocks(text: str) -> list[list[str]]:
    if "\n" not in text:
        text = text.replace("\r", "\n")
    lines = [line.removesuffix("\r") for line in text.split("\n")]
    blocks: list[list[str]] = [[]]
    for line in lines:
        if not line.strip(" \t\ufeff") or line.startswith(("-DOCSTART-", "#begin document", "#end document")):
            blocks.append([])
        else:
            blocks[-1].append(line)
    return [block for block in blocks if block]


def _plain(text: str, word: int, tag: int, tabs: bool) -> list[Sentence]:
    """Every line has a word and a tag; a line that begins with `#` and has another number of fields is a comment.

    Where words are numbered, a range or a number with a point stands before no word.
    """
    out = []
    width = len(_fields(_blocks(text)[-1][-1], tabs))
    for block in _blocks(text):
        sentence = []
        for line in block:
            fields = _fields(line, tabs)
            if line.startswith("#") and len(fields) != width:
                continue
            if len(fields) <= max(word, tag % width):
                raise WrongError(f"a line of {len(fields)} fields was read: {line[:80]!r}")
            if word and re.fullmatch(r"\d+[-.]\d+", fields[0]):
                continue  # a range, or an empty node
            sentence.append((fields[word].strip(" "), fields[tag].strip()))
        if sentence:
            out.append(sentence)
    return out


def _fields(line: str, tabs: bool) -> list[str]:
    """Other white space than tabs and spaces separates nothing."""
    return line.split("\t") if tabs else re.split("[ \t]+", line.strip(" \t"))


def _plain_conllu(text: str) -> list[Sentence]:
    out = []
    for block in _blocks(text):
        rows = [line.split("\t") for line in block if not line.startswith("#")]
        words = [row for row in rows if row[0].isdecimal()]
        for row in rows:
            if len(row) != 10 or not re.fullmatch(r"\d+([-.]\d+)?", row[0]):
                raise WrongError(f"no line of CoNLL-U was read: {row}")
        if words:
            out.append([(row[1].strip(), row[3].strip()) for row in words])
    return out


def judge(
    folder: Path, sound: Path, found: list[Any], suffix: str, reader: Callable[[str], list[Sentence]], spanned: bool
) -> None:
    """Words and spans (of CoNLL-U: words and tags) are those of a plain reader, and no unhurt sentence is lost."""
    data = (folder / f"train.{suffix}").read_bytes()
    codec = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = data.decode(codec)
    except UnicodeDecodeError:
        raise WrongError("bytes that are not text were read") from None
    expected = [([w for w, _ in s], [t for _, t in s]) for s in reader(text)]
    if [words for words, _ in expected] != [words for words, _ in found] and "\t" in text and spanned:
        # Where tabs do not come out even, runs of tabs and spaces separate.
        with suppress(WrongError):
            evened = reader("\n".join(re.sub("[ \t]+", "\t", line.strip(" ")) for line in text.split("\n")))
            expected = [([w for w, _ in s], [t for _, t in s]) for s in evened]
    if len(expected) != len(found):
        _unhurt(found, reader((sound / f"train.{suffix}").read_text(encoding="utf-8")), reader(text), spanned)
        raise UndecidedError(f"{len(found)} sentences, a plain reader has {len(expected)}")
    for (words, tags), (their_words, their_tags) in zip(found, expected, strict=True):
        if list(words) != their_words:
            raise WrongError(f"{their_words} was read as {words}")
        if _shape(tags, spanned) != _shape(their_tags, spanned):
            raise WrongError(f"{their_tags} was read as {tags}")


def _shape(tags: Sequence[str], spanned: bool) -> Any:
    return spans(tags) if spanned else list(tags)


def _unhurt(found: list[Any], before: list[Sentence], after: list[Sentence], spanned: bool) -> None:
    """Sentences that stand in the damaged file as they did before were read."""
    there = [(list(words), _shape(tags, spanned)) for words, tags in found]
    for sentence in before:
        own = [word for word, _ in sentence], _shape([tag for _, tag in sentence], spanned)
        if sentence in after and own not in there:
            raise WrongError(f"an unhurt sentence is gone: {own[0]}")


def targets() -> list[Target]:
    """Every layout of columns."""
    layouts: tuple[tuple[str, str, Callable[[int, str, str], str], str, dict[str, str], Any], ...] = (
        ("conll", "conll", _two, "", {}, lambda text: _plain(text, 0, 1, False)),
        ("conll tabs", "conll", _tabs, "", {"text": "0", "label": "1"}, lambda text: _plain(text, 0, 1, True)),
        ("conll 2003", "conll", _four, "-DOCSTART- -X- -X- O\n\n", {}, lambda text: _plain(text, 0, 3, False)),
        ("conll numbered", "conll", _numbered, "# text = a\n", {"text": "1", "label": "2"},
         lambda text: _plain(text, 1, 2, True)),
        ("conllu", "conllu", _conllu, "# newdoc\n", {}, _plain_conllu),
    )  # fmt: skip
    return [
        Target(
            name, lambda folder, a=(suffix, line, head): _write(folder, *a), (f"train.{suffix}",),
            lambda folder, a=(suffix, options): read_tagged(folder, *a),
            lambda folder, sound, found, a=(suffix, reader, name != "conllu"): judge(folder, sound, found, *a),
        )
        for name, suffix, line, head, options, reader in layouts
    ]  # fmt: skip
