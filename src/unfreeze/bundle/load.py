"""A bundle read back: a model that predicts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from unfreeze.bundle.description import REMEDY, About, read_about
from unfreeze.data.examples import Example, Label, LabelSpace
from unfreeze.data.word_cutting import CUT_WORDS, spaced_words, words_in
from unfreeze.disk.mirror import mirrored
from unfreeze.disk.remote import is_remote
from unfreeze.disk.tensors import load_into, read_tensors
from unfreeze.disk.typed import typed
from unfreeze.encoders.load import load_encoder
from unfreeze.encoders.precision import pick_device
from unfreeze.errors import InputError
from unfreeze.features.cache import cache_folder
from unfreeze.language.message import say
from unfreeze.methods.checks import check_recipes
from unfreeze.methods.model import AdaptedModel, restore
from unfreeze.methods.trainer import trainer_of
from unfreeze.plan import check_length
from unfreeze.recipe import Recipe
from unfreeze.records.fitting import label_problem
from unfreeze.tasks.kinds import Task, task
from unfreeze.training.objectives import Decoded, Objective

Text = str | tuple[str, str] | Sequence[str]


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
        self._spans: Callable[[str], Iterator[tuple[int, int]]] = words_in if cut else spaced_words

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
        return list(self.predict_examples([self.example(f"texts[{i}]", text) for i, text in enumerate(texts)]).labels)

    def predict_examples(self, examples: Sequence[Example]) -> Decoded:
        """Labels with the probability of each, where the head gives one."""
        return self.model.predict(examples, finite=True)[0] if examples else Decoded(())

    def words_in(self, text: str) -> list[tuple[int, int]]:
        """Where each word of a text starts and ends, as `predict` splits a string for tagging."""
        return list(self._spans(text))

    def example(self, where: str, text: Text) -> Example:
        """One of the texts that `predict` takes. Raises `InputError`, with `where`, for anything else."""
        if self.task.target.per_word:
            words = tuple(text[a:b] for a, b in self.words_in(text)) if isinstance(text, str) else tuple(text)
            if not words or not all(isinstance(w, str) for w in words):
                raise InputError("must be a list of words, at least one", where=where)
            return Example(where, " ".join(words), words=words)
        if self.task.pair:
            if isinstance(text, str) or len(text) != 2:
                raise InputError(
                    say("must be two texts, as (text, text), for {kind}", kind=self.task.kind), where=where
                )
            return Example(where, text[0], text[1])
        if not isinstance(text, str):
            raise InputError(say("must be one string for {kind}", kind=self.task.kind), where=where)
        return Example(where, text)


def load(folder: str | Path, device: str = "auto") -> Predictor:
    """Load a bundle, from a folder or a URL.

    Raises:
        InputError: the folder is not a bundle, or its files do not fit together.
    """
    with bundle_folder(folder) as local:
        return _load(local, device)


@contextmanager
def bundle_folder(place: str | Path) -> Iterator[Path]:
    """The folder of a bundle; of one at a URL, where it is fetched to. Raises `InputError` where it cannot be."""
    if is_remote(str(place)):
        with mirrored(str(place), cache_folder(), ("bundle.json",)) as local:
            yield local
    else:
        yield Path(place)


def _load(folder: Path, device: str) -> Predictor:
    about, values = read_about(folder)
    where = folder / "bundle.json"
    objective, recipe = _objective(about, where), about.recipe
    encoder = load_encoder(str(folder / "encoder"), about.max_length).to(pick_device(device))
    if encoder.fingerprint() != about.fingerprint:
        raise InputError("the encoder is not the one that was saved with this bundle", where=str(folder / "encoder"))
    file = folder / "head.safetensors"
    tensors = read_tensors(file, REMEDY)
    with _said_of(where):
        check_recipes([recipe], objective.task, encoder.traits)
        _check_size(recipe, objective, sum(tensor.numel() for tensor in tensors.values()))
    encoder.eval().requires_grad_(False)
    encoder = trainer_of(recipe).opened(folder, encoder, recipe, REMEDY)
    put = partial(load_into, where=str(file), remedy=REMEDY)
    return Predictor(restore(encoder, recipe, objective, [tensors], put), values)


def _objective(about: About, where: Path) -> Objective:
    labels = typed(about.labels, LabelSpace, f"{where} (labels)", REMEDY)
    with _said_of(where):
        kind = task(about.task)
        if problem := label_problem(kind, labels):
            raise InputError(say("has {problem}", problem=problem))
        if not about.score_spread > 0:
            raise InputError(say("score_spread is {score_spread}; it must be above 0", score_spread=about.score_spread))
        check_length(about.max_length)
    return Objective(kind, labels, about.score_mean, about.score_spread)


def _check_size(recipe: Recipe, objective: Objective, numbers: int) -> None:
    """Raise `InputError` where a recipe's head would need more than the numbers that its file has."""
    least = objective.outputs ** (2 if "crf" in recipe.head else 1)
    if recipe.head in ("bcn", "esim", "bilstm-crf"):
        least = max(least, 4 * recipe.hidden**2)
    if least > numbers:
        raise InputError(
            say("asks for a head of {least:,} numbers or more; its file has {numbers:,}", least=least, numbers=numbers)
        )


@contextmanager
def _said_of(where: Path) -> Iterator[None]:
    """What is wrong with a setting is wrong with the file that it was read from."""
    try:
        yield
    except InputError as error:
        raise InputError(say("{error}; {remedy}", error=error, remedy=REMEDY), where=str(where)) from None
