"""A job is one recipe with one seed on one question; its id says all three, so a finished one is never run again.

A work is what is run in one call. Both are plain data, and so is what comes of them: a run's folder with its record.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Literal

from unfreeze.data.examples import SPLITS, Dataset
from unfreeze.language.message import say
from unfreeze.plan import plain
from unfreeze.recipe import CacheDtype, Recipe

if TYPE_CHECKING:  # without torch
    from unfreeze.encoders.precision import Precision

Need = Literal["record", "test", "weights"]
"""What of a run is needed: its record, its scores on test or that it can be scored, or its weights."""
FORMAT: dict[Precision, int] = {"fp32": 6, "bf16": 8}
"""By a question's precision: raise when training in it changes so that old runs no longer say what new ones would."""


@dataclass(frozen=True)
class Job:
    """One run to do; `id` is its folder under `runs/`."""

    recipe: Recipe
    seed: int
    id: str


@dataclass(frozen=True)
class Work:
    """Jobs of one recipe, and what is needed of them."""

    jobs: tuple[Job, ...]
    need: Need = "record"

    @property
    def recipe(self) -> Recipe:
        """Of all its jobs."""
        return self.jobs[0].recipe

    @property
    def name(self) -> str:
        """For people."""
        return say(
            "{method} {name}, seed {seed}",
            method=self.recipe.method,
            name=self.recipe.name,
            seed=", ".join(str(job.seed) for job in self.jobs),
        )


def question_digest(
    dataset: Dataset,
    encoder_fingerprint: str,
    precision: Precision,
    max_length: int,
    cache_dtype: CacheDtype = "float16",
) -> str:
    """Digest of everything but recipe and seed that a run's numbers depend on."""
    digest = hashlib.blake2b(digest_size=16)
    about = [FORMAT[precision], dataset.task.kind, asdict(dataset.labels), encoder_fingerprint]
    digest.update(json.dumps(about if dataset.task.asked is None else [*about, dataset.task.asked]).encode())
    computed = [precision, max_length]
    digest.update(json.dumps(computed if cache_dtype == "float16" else [*computed, cache_dtype]).encode())
    for split in SPLITS:
        for example in dataset.split(split):
            row = [example.text, example.text_b, example.words, example.label]
            digest.update(json.dumps(row, ensure_ascii=False).encode())
        digest.update(split.encode())
    return digest.hexdigest()


def job(question: str, recipe: Recipe, seed: int) -> Job:
    """The job of a recipe and seed; names and sources of recipes do not count, their settings do."""
    settings = plain(replace(recipe, name="", source=""))
    digest = hashlib.blake2b(json.dumps([question, settings], sort_keys=True).encode(), digest_size=4).hexdigest()
    return Job(recipe, seed, f"{recipe.method}.{recipe.head}.{digest}.seed{seed}")
