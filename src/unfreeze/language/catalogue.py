"""The languages that there are, and a catalogue for each: English template to the template of that language."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module

ENGLISH = "en"
CATALOGUES: Mapping[str, str] = {"zh": "unfreeze.language.zh"}
"""Language to the package whose modules hold its messages; English is in the code."""
UNSPACED = frozenset({"zh"})
"""Languages whose words are written without spaces between them."""
LANGUAGES = (ENGLISH, *CATALOGUES)


@cache
def catalogue(language: str) -> Mapping[str, str]:
    """English template to the template of a language. Raises `KeyError` where there is no such language."""
    known: Mapping[str, str] = import_module(CATALOGUES[language]).MESSAGES
    return known


def translation(template: str, language: str) -> str:
    """The template in a language; the English one where its catalogue has none."""
    return template if language == ENGLISH else catalogue(language).get(template, template)
