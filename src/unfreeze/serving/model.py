"""The bundle that a server has: examples in, answers out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

import torch

from unfreeze.bundle.load import Predictor
from unfreeze.data.examples import Example, Label
from unfreeze.errors import InputError
from unfreeze.language.message import say
from unfreeze.methods.inputs import are_cut, pair_reading, read_inputs

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
_BYTES_A_PIECE = 4  # of UTF-8, a little less than English and Chinese have; only the size of a batch depends on it
_PIECES_A_THREAD = 512  # in a batch: twice what keeps a thread busy, a tenth of a second of a small encoder


@dataclass(frozen=True)
class Answer:
    """What is predicted of a text.

    Attributes:
        likely: probability of every label, in index order; None where the model gives none.
        cut: the text is longer than the model reads.
    """

    label: Label
    likely: tuple[float, ...] | None = None
    cut: bool = False


class Model:
    """A loaded bundle under a name.

    Attributes:
        whole: the texts of a request are read in their order and apart from those of others.
        budget: `cost` that a batch should have.
    """

    def __init__(self, predictor: Predictor, name: str) -> None:
        self.predictor, self.name = predictor, name
        encoder = predictor.model.encoder
        self.whole = encoder.ordered is not None
        alone = torch.get_num_threads() if encoder.device.type == "cpu" else encoder.batch_pieces
        self.budget = min(encoder.batch_pieces, _PIECES_A_THREAD * alone)

    def cost(self, example: Example) -> int:
        """About how many pieces are read."""
        size = sum(len(text.encode("utf-8", "replace")) for text in (example.text, example.text_b or ""))
        pieces = 2 + size // _BYTES_A_PIECE
        return pieces if example.words is not None else min(pieces, 2 * self.predictor.model.encoder.max_length)

    def answers(self, examples: Sequence[Example]) -> list[Answer]:
        """One for each example, as `unfreeze predict` predicts them.

        Raises:
            InputError: the encoder's states of a text are not finite.
        """
        model, task = self.predictor.model, self.predictor.task
        inputs = read_inputs(model.encoder, task, pair_reading(model.recipe, task), examples)
        said = model.predict_read(inputs, finite=True)[0]
        likely = [None] * len(examples) if said.probabilities is None else map(tuple, said.probabilities.tolist())
        return [
            Answer(label, each, cut)
            for label, each, cut in zip(said.labels, likely, are_cut(inputs).tolist(), strict=True)
        ]

    def warm_up(self) -> None:
        """Predict a text, so that what libraries prepare at their first use is done."""
        text = ("a", "a") if self.predictor.task.pair else "a"
        self.answers([self.predictor.example("warm-up", text)])


def name_of(bundle: str, asked: str | None) -> str:
    """The name of a model: the one asked for, else that of the bundle's folder, or of the folder around `bundle`.

    Raises:
        InputError: it could not stand in a URL.
    """
    if asked is not None:
        if not _NAME.fullmatch(asked):
            allowed = "letters, digits, '.', '_' and '-', the first one a letter or digit, are allowed"
            raise InputError(
                say("'{asked}' is not a name of a model; {allowed}", asked=asked, allowed=allowed), where="--name"
            )
        return asked
    parts = [part for part in PurePosixPath(bundle).parts if part not in ("/", ".", "..", "bundle")]
    found = re.sub(r"[^A-Za-z0-9._-]+", "-", parts[-1] if parts else "").strip("-._")[:128]
    return found or "model"
