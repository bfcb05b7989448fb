"""Messages, comments and documents are written in standard technical English: translated idioms do not come back."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
IDIOMS = {
    "depend on": r"\bh[au]ng(s|ing)?\b(?: (neither|only|alone|too))? (up)?on\b",
    "alone, independently, on its own": r"\bby (itself|themselves)\b",
    "resume, continue": r"\b(gone|goes|going|went|go) on (with|from)\b",
    "stored alongside": r"\b(told|said) along\b|tell_along",
    "again, from scratch": r"\banew\b",
    "not a number (NaN), not finite": r"\bno (finite )?numbers?\b",
    "is not a ...": r"(?<![Tt]here\s)\b(is|are) no (?!longer|more|less|different|better|worse|other|such)\w+",
    "expected": r"\b(wanted (is|are) (?!None|not)|(is|are) wanted)\b",
    "already exists": r"\b(is|are) (there already|already there)\b",
    "contains": r"\bholds? (no|nothing|anything|something|only|more than)\b",
    "invalid": r"\bat fault\b",
    "fix": r"\bmend(s|ed|ing)?\b",
    "one per line": r"\b(one|a (word|row|text|state|vector|piece|recipe|run)) a "
    r"(line|method|row|text|step|layer|word|token|set|class|member|run|file|split|sentence|second|piece)\b",
    "at most N": r"\bso many\b",
    "reported, noted": r"\b(is|are|to be) told\b",
    "outcome": r"\b(came of|came about)\b",
    "exactly the same": r"\bthe very \w+",
    "separately": r"\b(told|tell|tells|read|taken|set) apart\b",
    "negligible, as before, rarely": r"\bnext to nothing\b|\bas ever\b|\bhardly ever\b",
}
"""What to write, and the idiom that it stands for."""
ROOMS = sorted(
    str(path.relative_to(ROOT))
    for folder in ("src/unfreeze", "tests")
    for path in (ROOT / folder).iterdir()
    if (path.is_dir() and path.name != "__pycache__") or (path.suffix == ".py" and path != Path(__file__).resolve())
)
FINISHED = (
    *ROOMS, "README.md", "CONTRIBUTING.md", "CHANGELOG.md",
    *sorted(f"docs/{page.name}" for page in ROOT.glob("docs/*.md")),
    "docs/building", "docs/reference", "findings", "benchmarks", "examples/README.md",
)  # fmt: skip
"""Rooms and documents whose English has been gone through."""


def idioms_in(text: str) -> list[str]:
    """`line: idiom, write ...` for each idiom in a text."""
    return [
        f"{text.count(chr(10), 0, match.start()) + 1}: {match[0]!r}, write {better!r}"
        for better, pattern in IDIOMS.items()
        for match in re.finditer(pattern.replace(" ", r"\s+(?:# )?"), text)
    ]


def _files(name: str) -> list[Path]:
    path = ROOT / name
    return sorted(p for p in path.rglob("*") if p.suffix in (".py", ".md", ".j2", ".sh")) if path.is_dir() else [path]


def test_all_rooms_are_looked_at() -> None:
    assert {"src/unfreeze/data", "src/unfreeze/plan.py", "tests/data", "tests/test_docs.py"} <= set(ROOMS)
    assert len(_files("src/unfreeze/encoders")) > 40


@pytest.mark.parametrize("name", FINISHED)
def test_finished_rooms_have_no_translated_idioms(name: str) -> None:
    files = _files(name)
    found = [f"{file.relative_to(ROOT)}:{line}" for file in files for line in idioms_in(file.read_text("utf-8"))]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    "sentence",
    [
        "the result hangs neither on the seed", "each sentence by\nitself", "it is gone on with", "written anew",
        "the loss is no number", "is no JSON", "wanted is a folder", "out is there already", "holds no comparison",
        "the data is at fault", "mend that", "a word a line", "at most so many", "it is told", "what came of it",
        "the very same", "tells them apart: told apart", "as ever",
    ],
)  # fmt: skip
def test_an_idiom_is_seen(sentence: str) -> None:
    assert idioms_in(sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        "a process hangs", "there is no lock", "there are no parameters", "which no longer exists", "he told them",
        "a lock is held", "two a minute", "it holds", "hold the folder", "is no longer there",
    ],
)  # fmt: skip
def test_plain_english_passes(sentence: str) -> None:
    assert not idioms_in(sentence)
