"""The winner as a folder: an encoder folder, the head's weights, and what is needed to read both.

bundle.json          task, labels, recipe, scores, versions
encoder/             the encoder (tuned or as it was), as its `save` writes it
head.safetensors     the head
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from unfreeze.adaptation.feature_extraction import frozen_head
from unfreeze.adaptation.fine_tuning import tuned_head
from unfreeze.adaptation.model import AdaptedModel
from unfreeze.data.examples import Example, Label, LabelSpace
from unfreeze.data.word_cutting import CUT_WORDS, cut_words
from unfreeze.encoders.finite import all_finite
from unfreeze.encoders.load import load_encoder
from unfreeze.encoders.precision import pick_device
from unfreeze.errors import InputError
from unfreeze.experiment.files import new_folder, write_json
from unfreeze.experiment.record import as_written, read_json
from unfreeze.plan import plain, recipe_from
from unfreeze.tasks import Task, task
from unfreeze.training.objectives import Decoded, Objective

SCHEMA = 1
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


def bundled_run(folder: Path) -> str | None:
    """The run whose model a bundle holds; None where there is no bundle."""
    run: str | None = read_json(folder / "bundle.json").get("run") if (folder / "bundle.json").exists() else None
    return run


def tell_along(folder: Path, about: Mapping[str, Any]) -> None:
    """Bring what a bundle tells along up to date; its model stays."""
    write_json(folder / "bundle.json", {**read_json(folder / "bundle.json"), **about})


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
    about = _about(folder)
    with as_written(folder / "bundle.json"):
        labels = LabelSpace(**{**about["labels"], "names": tuple(about["labels"]["names"])})
        objective = Objective(task(about["task"]), labels, about["score_mean"], about["score_spread"])
        recipe = recipe_from(about["recipe"], where=str(folder / "bundle.json"))
        max_length, fingerprint = about["max_length"], about["fingerprint"]
    encoder = load_encoder(str(folder / "encoder"), max_length).to(pick_device(device))
    if encoder.fingerprint() != fingerprint:
        raise InputError("the encoder is not the one that was saved with this bundle", where=str(folder / "encoder"))
    if recipe.method == "fine-tuning":
        head = tuned_head(recipe, objective, encoder.width)
    else:
        head = frozen_head(recipe, objective, encoder.layers, encoder.width)
    try:
        head.load_state_dict(load_file(folder / "head.safetensors"))
    except (OSError, SafetensorError, RuntimeError) as error:
        raise InputError(f"cannot be loaded: {error}", where=str(folder / "head.safetensors")) from None
    if not all(all_finite(weights) for weights in head.parameters()):
        raise InputError("holds weights that are infinite or no numbers", where=str(folder / "head.safetensors"))
    encoder.eval().requires_grad_(False)
    head = head.to(encoder.device).eval().requires_grad_(False)
    return Predictor(AdaptedModel(recipe, objective, encoder, (head,)), about)


def _about(folder: Path) -> dict[str, Any]:
    if not (folder / "bundle.json").exists():
        raise InputError(
            "holds no bundle.json; wanted is the bundle folder in the --out of a comparison", where=str(folder)
        )
    about: dict[str, Any] = read_json(folder / "bundle.json")
    if about.get("schema") != SCHEMA:
        found = f"has schema {about.get('schema')}, this unfreeze reads {SCHEMA}; use the version that wrote it"
        raise InputError(found, where=str(folder / "bundle.json"))
    return about
