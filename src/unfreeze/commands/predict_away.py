"""A bundle's predictions for a large file, made in parts on other machines; no finished part is ever made again."""

from __future__ import annotations

import hashlib
import json
import shutil
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from unfreeze.bundle.load import Predictor, bundle_folder, load
from unfreeze.commands.predict import Form, Predicted, check_texts, form_of, predicted, texts_of, wanted_of
from unfreeze.data.examples import Example
from unfreeze.disk.files import new_file
from unfreeze.disk.in_parts import Parts, parts_of
from unfreeze.errors import InputError
from unfreeze.language.message import say
from unfreeze.methods.inputs import said_cut
from unfreeze.plan import Plan
from unfreeze.runs.opening import versions
from unfreeze.runs.parcels import Parcel, digest_of, packed
from unfreeze.runs.place import Place, check_parted, place_at
from unfreeze.runs.sending import Last, check_version, kept_folder
from unfreeze.runs.watching import Progress, Watcher

SHARD = 1024
"""Texts of a part, whatever machines there are, so that other machines can resume."""


@dataclass(frozen=True)
class Asked:
    """What is predicted: see `predict_file`."""

    bundle: str
    file: Path
    out: Path | None
    text: str | None
    text_b: str | None
    escape_formulas: bool


@dataclass(frozen=True)
class _Shard:
    """Some texts of a file, which may be its first ones."""

    texts: Sequence[Example]
    first: bool


_predictor = Last[tuple[str, str], Predictor]()  # of the bundle of this digest, on this device


@dataclass(frozen=True)
class _Bundle:
    """A bundle that predicts on any machine: sent there once, and loaded once by each process."""

    files: Parcel
    digest: str
    device: str
    form: Form
    version: str

    def __call__(self, shard: _Shard) -> Predicted:
        check_version(self.version)
        predictor = _predictor.get((self.digest, self.device), self._load)
        return predicted(predictor, self.form, shard.texts, first=shard.first)

    def _load(self) -> Predictor:
        return load(kept_folder("bundles", self.digest, lambda: self.files), self.device)


def predict_away(asked: Asked, plan: Plan, watcher: Watcher) -> int:
    """As `predict_file`, by the machines of a plan's engine: the same lines in the same order.

    Returns:
        The number of predictions.

    Raises:
        InputError: as `predict_file`; there is no `out`, or the texts cannot be predicted in parts.
    """
    if asked.out is None:
        raise InputError("needs --out FILE, beside which finished parts are kept", where=f"--engine {plan.engine}")
    form = form_of(asked.out, asked.escape_formulas)
    with bundle_folder(asked.bundle) as folder:
        predictor = load(folder, "cpu")
        check_parted(predictor.model.encoder, plan)
        files = packed(folder)
    wanted = wanted_of(predictor, asked.text, asked.text_b)
    count = check_texts(asked.file, wanted)
    bundle = _Bundle(files, digest_of(files), plan.device, form, versions()["unfreeze"])
    place = place_at(plan)
    with parts_of(asked.out, _told(asked, bundle)) as parts:
        _make(
            parts,
            bundle,
            texts_of(asked.file, wanted, SHARD),
            place,
            Progress(watcher, say("predictions for {count:,} texts", count=count), count),
        )
        cut = _join(parts, asked.out)
    if told := said_cut(cut, count, predictor.model.encoder.max_length):
        print(told, file=sys.stderr)
    return count


def _told(asked: Asked, bundle: _Bundle) -> dict[str, str]:
    """All that the parts depend on."""
    with asked.file.open("rb") as file:
        content = hashlib.file_digest(file, hashlib.blake2b).hexdigest()
    read = [asked.file.name, content, asked.text, asked.text_b, SHARD]  # its name says how it is read
    return {"bundle": bundle.digest, "texts": json.dumps(read), "form": repr(bundle.form), "version": bundle.version}


def _make(parts: Parts, bundle: _Bundle, texts: Iterable[Sequence[Example]], place: Place, progress: Progress) -> None:
    """Have all parts, those that are not there made by a place's machines and put away as they come."""
    finished = {number: _Head.of(parts.path(number)).texts for number in parts.finished()}
    progress.begin(sum(finished.values()))
    shards = ((n, _Shard(part, first=n == 0)) for n, part in enumerate(texts) if n not in finished)
    for number, said in place.mapped(bundle, shards):
        parts.put(number, _Head(said.texts, said.cut).line() + "".join(f"{line}\n" for line in said.lines))
        progress.add(said.texts)
    progress.end()


def _join(parts: Parts, out: Path) -> int:
    """Write the lines of all parts to one file. Gives the number of texts that are cut."""
    cut = 0
    with new_file(out) as temporary, temporary.open("wb") as joined:
        for number in parts.finished():
            with parts.path(number).open("rb") as part:
                cut += _Head.from_line(part.readline()).cut
                shutil.copyfileobj(part, joined)
    return cut


@dataclass(frozen=True)
class _Head:
    """The first line of a part's file: see `Predicted`."""

    texts: int
    cut: int

    def line(self) -> str:
        return f"{self.texts} {self.cut}\n"

    @staticmethod
    def from_line(line: bytes) -> _Head:
        texts, cut = map(int, line.split())
        return _Head(texts, cut)

    @staticmethod
    def of(path: Path) -> _Head:
        with path.open("rb") as file:
            return _Head.from_line(file.readline())
