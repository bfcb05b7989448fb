"""Data sets of the Hugging Face hub, through the package `datasets`, which is imported here alone."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from unfreeze.data.held import kept
from unfreeze.data.split_names import split_of
from unfreeze.errors import InputError, listed
from unfreeze.language.message import say

PREFIX = "hf://"
_NAME = r"[A-Za-z0-9][A-Za-z0-9._-]*"
_URL = re.compile(rf"hf://datasets/(?P<repo>{_NAME}/{_NAME})(?:/(?P<config>[^@/\s]+))?(?:@(?P<revision>[^@\s]+))?")
_FORM = "hf://datasets/OWNER/NAME[/CONFIG][@REVISION]"


@dataclass(frozen=True)
class HubSet:
    """A data set of the hub.

    Attributes:
        config: None takes the only one, or the default.
        revision: branch, tag or commit; None takes the newest.
    """

    repo: str
    config: str | None = None
    revision: str | None = None

    @property
    def name(self) -> str:
        """For folders and titles."""
        return "-".join([self.repo.partition("/")[2], *([self.config] if self.config else [])])


def hub_set(url: str) -> HubSet:
    """What a URL names. Raises `InputError` where it names none."""
    match = _URL.fullmatch(url)
    if match is None:
        raise InputError(say("names no data set of the hub; they are written {form}", form=_FORM), where=url)
    return HubSet(match["repo"], match["config"], match["revision"])


def fetched(url: str, folder: Path) -> tuple[Path, str, str]:
    """A data set of the hub as files below `folder`: where they are, its name, and which revision it is, as a sentence.

    Raises:
        InputError: `datasets` is not installed, or the set cannot be fetched.
    """
    asked = hub_set(url)
    revision = _newest(asked)
    try:
        loaded = load(replace(asked, revision=revision or asked.revision))
    except ImportError:
        raise InputError("needs the package datasets: pip install 'unfreeze[datasets]'", where=url) from None
    except Exception as error:  # no connection, no such set, several configurations: it fails in many ways
        line = " ".join(str(error).split())
        raise InputError(say("cannot be fetched: {line}", line=line), where=url) from None
    splits = {name: rows for name, rows in loaded.items() if split_of(name) is not None}
    if not splits:
        raise InputError(
            say("has no split that is known by its name: {loaded}", loaded=listed(list(loaded))), where=url
        )
    left = [name for name in loaded if name not in splits]
    known = revision or asked.revision or say("of the last time it was fetched (the hub did not answer)")
    said = say("Data set {repo} of the Hugging Face hub, revision {known}", repo=asked.repo, known=known)
    return kept(splits, folder, url), asked.name, f"{said}{f'; without {listed(left)}' if left else ''}."


def load(asked: HubSet) -> Any:
    """What `datasets` gives: a `DatasetDict`. Raises whatever that package does."""
    import datasets

    return datasets.load_dataset(asked.repo, asked.config, revision=asked.revision)


def _newest(asked: HubSet) -> str | None:
    """The commit that a revision is now; None where the hub does not answer."""
    try:
        from huggingface_hub import HfApi

        return str(HfApi().dataset_info(asked.repo, revision=asked.revision).sha)
    except Exception:  # without a connection, what was fetched before will do
        return None
