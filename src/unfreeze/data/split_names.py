"""Words by which the names of files and folders tell a split."""

from __future__ import annotations

import re

from unfreeze.data.examples import SplitName

WORDS: dict[str, SplitName] = {
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("dev", "devel", "development", "valid", "validation", "val", "testa"), "dev"),
    **dict.fromkeys(("test", "testing", "testb"), "test"),
}


def split_of(name: str) -> SplitName | None:
    """The split that a file name tells: its one word for a split, also right behind a digit (`wnut17train`)."""
    words = [word for word in re.split(r"[^0-9a-z]+", name.lower()) if word]
    words = [re.sub(r"^.*\d(?=(train|dev|test)$)", "", word) for word in words]
    found = {WORDS[word] for word in words if word in WORDS}
    return found.pop() if len(found) == 1 else None
