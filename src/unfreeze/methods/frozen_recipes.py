"""Recipes of feature extraction: one table for each family of encoders, each recipe with its source. No torch here.

The order is from what most often wins on dev to what rarely does. Inside a linear recipe the L2 penalty is chosen on
dev as well; its members cost little and share one run. Task models run at a width of 128 where the published one is
300, which costs several times as much; from `thorough` on the published ones are there too.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

from unfreeze.language.message import joined, say, template
from unfreeze.recipe import MethodName, Recipe

if TYPE_CHECKING:  # a plan is read without numpy, which targets need
    from unfreeze.tasks.kinds import Task

_PETERS = "Peters, Ruder & Smith 2019, section 3"
_ALLENNLP = "AllenNLP's published configuration of the same head"
_LINEAR = "logistic or ridge regression on frozen vectors, as SentEval does (Conneau & Kiela 2018)"
_SBERT = "Reimers & Gurevych 2019: each text on its own; [u, v, |u-v|, u*v]"

L2 = (0.0, 1e-3, 3e-3, 1e-2, 3e-2)
PAIR_L2 = (1e-2, 1e-1, 3e-1, 1.0, 3.0, 10.0, 30.0)  # on standardised |u-v| and u*v


@dataclass(frozen=True)
class FrozenRecipe(Recipe):
    """A recipe of feature extraction.

    Attributes:
        layers: the head reads a learned scalar mix of all layers (`mix`), their plain mean (`mean`), or the layers
            listed (one: as it is; several: their plain mean); 0 is the embedding layer, -1 the top one.
        l2: L2 penalties of the `linear` head, which has them in the place of `weight_decay`; all are trained at once
            and the best on dev is kept.
    """

    method: MethodName = field(default="feature-extraction", init=False)
    layers: Literal["mix", "mean"] | tuple[int, ...] = "mix"
    l2: tuple[float, ...] = (0.0,)

    @property
    def brief(self) -> str:
        """As a person would name it: `bcn head, mix of all layers`, `linear head, top layer`."""
        head = say(self.head)
        if isinstance(self.layers, str):
            return say(_OF_ALL[self.layers], head=head)
        names = joined((say("top") if layer == -1 else str(layer) for layer in self.layers), " and ")
        return say(_LAYER if len(self.layers) == 1 else _LAYERS, head=head, layers=names)

    @property
    def _details_of_reading(self) -> tuple[str, ...]:
        layers = say(self.layers) if isinstance(self.layers, str) else joined(map(str, self.layers))
        return (say("layers {layers}", layers=layers),)


_OF_ALL = {
    "mix": template("{head} head, mix of all layers"),
    "mean": template("{head} head, mean of all layers"),
}
_LAYER, _LAYERS = template("{head} head, {layers} layer"), template("{head} head, {layers} layers")

_linear = FrozenRecipe(
    "linear", learning_rate=1e-3, epochs=30, min_steps=1500, batch_size=64, patience=6,
    weight_decay=0.0, dropout=0.0, clip=None, l2=L2, source=_LINEAR,
)  # fmt: skip
_bcn = FrozenRecipe(
    "bcn", learning_rate=1e-3, epochs=6, min_steps=300, batch_size=64, patience=2, dropout=0.25,
    clip=5.0, hidden=128, schedule="constant", weight_decay=0.0, source=f"{_PETERS}; {_ALLENNLP}",
)  # fmt: skip
_esim = FrozenRecipe(
    "esim", learning_rate=1e-3, epochs=6, min_steps=300, batch_size=64, patience=2, dropout=0.3,
    clip=10.0, hidden=128, schedule="constant", weight_decay=0.0, source=f"{_PETERS}; {_ALLENNLP}",
)  # fmt: skip
_tagger = FrozenRecipe(
    "bilstm-crf", learning_rate=1e-3, epochs=12, min_steps=500, batch_size=32, patience=3,
    dropout=0.4, clip=5.0, hidden=128, schedule="constant", weight_decay=0.0, source=f"{_PETERS}; {_ALLENNLP}",
)  # fmt: skip


LINEAR_TOP = replace(_linear, name="linear-top", layers=(-1,))
CRF_TOP = replace(_tagger, name="crf-top", head="crf", learning_rate=5e-3, dropout=0.2, layers=(-1,))


def frozen_recipes(task: Task) -> list[FrozenRecipe]:
    """For a transformer that reads two texts in one input."""
    if task.target.per_word:
        crf = replace(_tagger, head="crf", learning_rate=5e-3, dropout=0.2)
        return [
            replace(_tagger, name="bilstm-crf-mix"),
            replace(crf, name="crf-mix"),
            replace(_tagger, name="bilstm-crf-fast", learning_rate=3e-3, schedule="linear"),
            replace(_tagger, name="bilstm-crf-top", layers=(-1,)),
            replace(_tagger, name="bilstm-crf-published", hidden=200, dropout=0.5),
            replace(crf, name="crf-top", layers=(-1,)),
            replace(_tagger, name="bilstm-crf-wide", hidden=300),
            replace(_tagger, name="bilstm-crf-mean", layers="mean"),
            replace(crf, name="crf-slow", learning_rate=1e-3),
        ]
    if task.pair:
        apart = replace(_linear, pair="separate", l2=PAIR_L2)
        return [
            replace(apart, name="linear-separate-mix"),
            replace(apart, name="linear-separate-top", layers=(-1,)),
            replace(_esim, name="esim-joint"),
            replace(_esim, name="esim-separate", pair="separate"),
            replace(_linear, name="linear-joint-mix"),
            replace(apart, name="linear-separate-max", pooling="max"),
            replace(_esim, name="esim-joint-published", hidden=300, learning_rate=4e-4, batch_size=32, dropout=0.5),
            replace(_linear, name="linear-joint-cls", pooling="cls"),
            replace(_esim, name="esim-separate-slow", pair="separate", learning_rate=4e-4),
        ]
    return [
        replace(_linear, name="linear-mix"),
        replace(_linear, name="linear-top", layers=(-1,)),
        replace(_bcn, name="bcn"),
        replace(_linear, name="linear-mix-max", pooling="max"),
        replace(_linear, name="linear-mix-cls", pooling="cls"),
        replace(_bcn, name="bcn-published", hidden=300),
        replace(_bcn, name="bcn-top", layers=(-1,)),
        replace(_linear, name="linear-mean", layers="mean"),
        replace(_bcn, name="bcn-slow", learning_rate=3e-4),
    ]


def frozen_elmo_recipes(task: Task) -> list[FrozenRecipe]:
    """As for transformers, but an ELMo reads the texts of a pair one by one, and has no [CLS]."""
    if not task.pair:
        table = frozen_recipes(task)
        return [
            replace(r, name="linear-top-max", layers=(-1,), pooling="max") if r.pooling == "cls" else r for r in table
        ]
    apart = replace(_linear, pair="separate", l2=PAIR_L2)
    esim = replace(_esim, pair="separate")
    return [
        replace(apart, name="linear-mix"),
        replace(esim, name="esim"),
        replace(apart, name="linear-mix-max", pooling="max"),
        replace(apart, name="linear-top", layers=(-1,)),
        replace(esim, name="esim-top", layers=(-1,)),
        replace(esim, name="esim-published", hidden=300, learning_rate=4e-4, batch_size=32, dropout=0.5),
        replace(apart, name="linear-top-max", layers=(-1,), pooling="max"),
        replace(esim, name="esim-slow", learning_rate=4e-4),
        replace(apart, name="linear-mean", layers="mean"),
    ]


def frozen_decoder_recipes(task: Task) -> list[FrozenRecipe]:
    """For a decoder that reads the texts of a pair one by one; `suited` gives `cls` another meaning."""
    return [
        replace(r, name="linear-mix-cls", layers="mix", pooling="cls") if r.name == "linear-top-max" else r
        for r in frozen_elmo_recipes(task)
    ]


def frozen_static_recipes(task: Task) -> list[FrozenRecipe]:
    """For static word vectors: one layer, so nothing is mixed; what knows the context is the head."""
    if task.target.per_word:
        tagger = replace(_tagger, layers=(-1,))
        return [
            replace(tagger, name="bilstm-crf"),
            replace(tagger, name="bilstm-crf-fast", learning_rate=3e-3, schedule="linear"),
            replace(tagger, name="bilstm-crf-published", hidden=200, dropout=0.5),
            replace(tagger, name="bilstm-crf-less-dropout", dropout=0.2),
            replace(tagger, name="bilstm-crf-wide", hidden=300),
            replace(tagger, name="crf", head="crf", learning_rate=5e-3, dropout=0.2),
            replace(tagger, name="bilstm-crf-long", epochs=24, patience=6),
            replace(tagger, name="bilstm-crf-batch-16", batch_size=16),
            replace(tagger, name="bilstm-crf-slow", learning_rate=3e-4),
        ]
    if task.pair:
        linear = replace(_linear, layers=(-1,), pair="separate", l2=PAIR_L2)
        head = replace(_esim, layers=(-1,), pair="separate")
    else:
        linear, head = replace(_linear, layers=(-1,)), replace(_bcn, layers=(-1,))
    return [
        replace(linear, name="linear-mean"),
        replace(head, name=head.head),
        replace(linear, name="linear-max", pooling="max"),
        replace(head, name=f"{head.head}-published", hidden=300),
        replace(head, name=f"{head.head}-more-dropout", dropout=0.5),
        replace(head, name=f"{head.head}-slow", learning_rate=4e-4),
        replace(head, name=f"{head.head}-batch-32", batch_size=32),
        replace(head, name=f"{head.head}-long", epochs=12, patience=4),
        replace(head, name=f"{head.head}-narrow", hidden=64),
    ]
