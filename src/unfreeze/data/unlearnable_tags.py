"""Columns whose values are not single tags of words: several tags at once, chains of mentions, multiword units."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from unfreeze.data.conll import Sentence
from unfreeze.errors import InputError
from unfreeze.language.message import say

_LAYER = re.compile(r"[BIESMLUW][-_].+")
_CHAIN = re.compile(r"\(\d+\)?|\d+\)")
_MULTIWORD = re.compile(r"\d+(:[^;]+)?(;\d+(:[^;]+)?)*")


def check_tags(path: Path, sentences: Sequence[Sentence]) -> None:
    """See that each word has one tag.

    Raises:
        InputError: tags of several layers in one (`B-PER|I-ORG`), coreference chains (`(12`), multiword expressions as
            in PARSEME's corpora (`1:VID`).
    """
    problems = {tag: _problem(tag) for tag in {tag for sentence in sentences for tag in sentence.tags or ()}}
    if not any(problems.values()):
        return
    for sentence in sentences:
        for tag, line in zip(sentence.tags or (), sentence.lines, strict=True):
            if problems[tag]:
                raise InputError(say("'{tag}' {problems}", tag=tag, problems=problems[tag]), where=f"{path}:{line}")


def _problem(tag: str) -> str | None:
    if tag.isalpha():
        return None
    for sign in "|;, ":
        layers = tag.split(sign)
        if len(layers) > 1 and all(x == "O" or _LAYER.fullmatch(x) for x in layers) and any(x != "O" for x in layers):
            return say(
                "contains several tags; one per word can be learnt: keep one of them, such as the outermost span's"
            )
    if all(_CHAIN.fullmatch(part) for part in tag.split("|")):
        return say("is a mention of a coreference chain, not a tag; give another column with --label")
    if ":" in tag and _MULTIWORD.fullmatch(tag):
        return say("is a numbered multiword expression, not a tag; give another column with --label")
    return None
