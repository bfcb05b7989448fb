"""The winner as a folder: an encoder folder, the head's weights, and what is needed to read both.

bundle.json          task, labels, recipe, scores, versions
encoder/             the encoder (tuned or as it was), as its `save` writes it
head.safetensors     the head
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from safetensors.torch import save_file
from torch import nn

from unfreeze.adaptation.feature_extraction import frozen_head
from unfreeze.adaptation.fine_tuning import tuned_head
from unfreeze.adaptation.model import AdaptedModel
from unfreeze.data.examples import Example, Label, LabelSpace
from unfreeze.data.word_cutting import CUT_WORDS, cut_words
from unfreeze.disk.json_files import read_json
from unfreeze.disk.tensors import load_into, read_tensors
from unfreeze.disk.typed import typed
from unfreeze.encoders.load import load_encoder
from unfreeze.encoders.precision import pick_device
from unfreeze.encoders.protocol import Encoder
from unfreeze.errors import InputError
from unfreeze.experiment.files import new_folder, write_json
from unfreeze.experiment.fitting import label_problem
from unfreeze.experiment.recipe_check import check_recipes
from unfreeze.plan import Recipe, check_length, plain
from unfreeze.tasks import Task, task
from unfreeze.training.objectives import Decoded, Objective

SCHEMA = 1
REMEDY = "remove the folder of the bundle and start the comparison's command again"
Text = str | tuple[str, str] | Sequence[str]


def save_bundle(folder: Path, model: AdaptedModel, about: Mapping[str, Any]) -> None:
    """Write a model with one head; the folder is whole or not there.

    Args:
        about: told along in `bundle.json`: scores, versions, how the model came about.
    """
    (head,) = model.heads
    objective = model.objective
    with new_folder(folder) as new:
        model.encoder.save(new / "encoder")
        save_file({name: tensor.contiguous() for name, tensor in head.state_dict().items()}, new / "head.safetensors")
        values = {
            "schema": SCHEMA,
            "task": objective.task.kind,
            "labels": asdict(objective.labels),
            "score_mean": objective.mean,
            "score_spread": objective.spread,
            "recipe": plain(model.recipe),
            "encoder": model.encoder.name,
            "max_length": model.encoder.max_length,
            "fingerprint": model.encoder.fingerprint(),
            **about,
        }
        write_json(new / "bundle.json", values)


@dataclass(frozen=True)
class _About:
    """`bundle.json`, as far as anything depends on it; it tells more."""

    task: str
    labels: Mapping[str, Any]
    score_mean: float
    score_spread: float
    recipe: Mapping[str, Any]
    max_length: int
    fingerprint: str
    columns: Mapping[str, str] = field(default_factory=dict)
    run: str | None = None


def bundled_run(folder: Path) -> str | None:
    """The run whose model a bundle holds; None where there is no bundle."""
    return _about(folder)[0].run if (folder / "bundle.json").exists() else None


def tell_along(folder: Path, about: Mapping[str, Any]) -> None:
    """Bring what a bundle tells along up to date; its model stays."""
    write_json(folder / "bundle.json", {**_about(folder)[1], **about})


class Predictor:
    """A loaded bundle.

    Attributes:
        task: what it predicts.
        labels: the classes or tags it knows.
        about: all of `bundle.json`.
    """

    def __init__(self, model: AdaptedModel, about: Mapping[str, Any]) -> None:
        self.model, self.about = model, about
        self.task: Task = model.objective.task
        self.labels: LabelSpace = model.objective.labels
        cut = about.get("columns", {}).get("words") == CUT_WORDS
        self._split: Callable[[str], Sequence[str]] = cut_words if cut else str.split

    def predict(self, texts: Sequence[Text]) -> list[Label]:
        """One label a text: a class name, a number, or one tag a word.

        Args:
            texts: strings; (text, text) tuples for pairs; for tagging lists of words (a string is split at spaces,
                or cut into words as the training texts were).

        Raises:
            InputError: an item is not what the task needs.

        Example:
            >>> unfreeze.load("out/bundle").predict(["a fine film"])  # doctest: +SKIP
            ['positive']
        """
        if isinstance(texts, str):
            raise InputError("must be a list of texts, not one string", where="texts")
        return list(self.predict_examples([self._example(i, text) for i, text in enumerate(texts)]).labels)

    def predict_examples(self, examples: Sequence[Example]) -> Decoded:
        """Labels with the probability of each, where the head gives one."""
        return self.model.predict(examples, finite=True)[0] if examples else Decoded(())

    def _example(self, index: int, text: Text) -> Example:
        where = f"texts[{index}]"
        if self.task.target == "tags":
            words = tuple(self._split(text) if isinstance(text, str) else text)
            if not words or not all(isinstance(w, str) for w in words):
                raise InputError("must be a list of words, at least one", where=where)
            return Example(where, " ".join(words), words=words)
        if self.task.pair:
            if isinstance(text, str) or len(text) != 2:
                raise InputError(f"must be two texts, as (text, text), for {self.task.kind}", where=where)
            return Example(where, text[0], text[1])
        if not isinstance(text, str):
            raise InputError(f"must be one string for {self.task.kind}", where=where)
        return Example(where, text)


def load(folder: str | Path, device: str = "auto") -> Predictor:
    """Load a bundle.

    Raises:
        InputError: the folder is no bundle, or its files do not fit together.
    """
    folder = Path(folder)
    about, values = _about(folder)
    where = folder / "bundle.json"
    objective, recipe = _objective(about, where), typed(about.recipe, Recipe, str(where), REMEDY)
    encoder = load_encoder(str(folder / "encoder"), about.max_length).to(pick_device(device))
    if encoder.fingerprint() != about.fingerprint:
        raise InputError("the encoder is not the one that was saved with this bundle", where=str(folder / "encoder"))
    tensors = read_tensors(folder / "head.safetensors", REMEDY)
    with _said_of(where):
        check_recipes([recipe], objective.task, encoder.layers, encoder.reads)
        head = _head(recipe, objective, encoder, sum(tensor.numel() for tensor in tensors.values()))
    load_into(head, tensors, str(folder / "head.safetensors"), REMEDY)
    encoder.eval().requires_grad_(False)
    head = head.to(encoder.device).eval().requires_grad_(False)
    return Predictor(AdaptedModel(recipe, objective, encoder, (head,)), values)


def _about(folder: Path) -> tuple[_About, dict[str, Any]]:
    """What `bundle.json` says, and all that it tells along."""
    path = folder / "bundle.json"
    if not path.exists():
        found = "holds no bundle.json; wanted is the bundle folder in the --out of a comparison"
        raise InputError(found, where=str(folder))
    values = read_json(path)
    schema = values.get("schema") if isinstance(values, dict) else None
    if isinstance(schema, int) and schema != SCHEMA:
        found = f"has schema {schema}, this unfreeze reads {SCHEMA}; use the version that wrote it"
        raise InputError(found, where=str(path))
    return typed(values, _About, str(path), REMEDY, loose=True), values


def _objective(about: _About, where: Path) -> Objective:
    labels = typed(about.labels, LabelSpace, f"{where} (labels)", REMEDY)
    with _said_of(where):
        kind = task(about.task)
        if problem := label_problem(kind, labels):
            raise InputError(f"has {problem}")
        if not about.score_spread > 0:
            raise InputError(f"score_spread is {about.score_spread}; it must be above 0")
        check_length(about.max_length)
    return Objective(kind, labels, about.score_mean, about.score_spread)


def _head(recipe: Recipe, objective: Objective, encoder: Encoder, numbers: int) -> nn.Module:
    """The head of a recipe, unless it would need more than the numbers that its file has."""
    least = objective.outputs ** (2 if "crf" in recipe.head else 1)
    if recipe.head in ("bcn", "esim", "bilstm-crf"):
        least = max(least, 4 * recipe.hidden**2)
    if least > numbers:
        raise InputError(f"asks for a head of {least:,} numbers or more; its file has {numbers:,}")
    if recipe.method == "fine-tuning":
        return tuned_head(recipe, objective, encoder.width)
    return frozen_head(recipe, objective, encoder.layers, encoder.width)


@contextmanager
def _said_of(where: Path) -> Iterator[None]:
    """What is wrong with a setting is wrong with the file that it was read from."""
    try:
        yield
    except InputError as error:
        raise InputError(f"{error}; {REMEDY}", where=str(where)) from None
