"""Which language people are spoken to in: the one asked for, else that of the environment, else English."""

from __future__ import annotations

import locale
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from unfreeze.language.catalogue import ENGLISH, LANGUAGES
from unfreeze.language.message import in_language

OWN = "UNFREEZE_LANGUAGE"
POSIX = ("LC_ALL", "LC_MESSAGES", "LANG")
"""The variables that say in which language messages are, the first that is set counts."""

_chosen = ENGLISH


def chosen() -> str:
    """The language that is spoken now."""
    return _chosen


def choose(language: str) -> None:
    """Speak a language from now on, one of `LANGUAGES`."""
    global _chosen
    _chosen = language


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Speak a language inside the block."""
    before = chosen()
    choose(language)
    try:
        yield
    finally:
        choose(before)


def told(value: Any) -> Any:
    """A message, or messages in lists and mappings, in the language that is spoken; other values as they are."""
    return in_language(value, _chosen)


def from_environment(environment: Mapping[str, str] = os.environ) -> str:
    """The language of `UNFREEZE_LANGUAGE`, else of the locale; English where that is none of ours.

    `LANGUAGE` is a list of languages in order of preference and, as in gettext, counts only where the locale is not C.
    Where no variable of POSIX is set, as on Windows, the locale is what the system says.
    """
    if own := known(environment.get(OWN, "")):
        return own
    name = next((environment[key] for key in POSIX if environment.get(key)), "")
    if not name:
        name = (locale.getlocale()[0] or "") if sys.platform in ("win32", "darwin") else ""
    if name.partition(".")[0] in ("", "C", "POSIX"):
        return ENGLISH
    preferred = environment.get("LANGUAGE", "").split(":")
    found = (known(one) for one in (*preferred, name))
    return next((language for language in found if language), ENGLISH)


def known(name: str) -> str | None:
    """The language of a name such as `zh_CN.UTF-8`, `zh-Hans` or `Chinese_China`; None where it is none of ours."""
    first = name.strip().replace("-", "_").partition("_")[0].partition(".")[0].lower()
    first = {"chinese": "zh", "english": ENGLISH}.get(first.partition(" ")[0], first)
    return first if first in LANGUAGES else None
