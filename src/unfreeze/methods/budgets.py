"""Which recipes each budget tries: one table, the same number for both methods, each with its source.

`quick` takes the first 3 of each column, `standard` 6, `thorough` 9; the order is from what most often wins on dev to
what seldom does. Inside a frozen linear recipe the L2 penalty is chosen on dev as well; its members cost next to
nothing and share one run, as the choice of the epoch shares one run of fine-tuning. Task models run at a width of 128
where the published one is 300, which costs several times as much; from `thorough` on the published ones are there too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from unfreeze.methods.sentence_vector_recipes import sentence_vector_recipes
from unfreeze.methods.suited_recipes import suited
from unfreeze.plan import Budget, Family, Method, Reads, Recipe
from unfreeze.tasks.kinds import TASKS, Task

RECIPES: dict[Budget, int] = {"quick": 3, "standard": 6, "thorough": 9}
SEEDS: dict[Budget, int] = {"quick": 3, "standard": 5, "thorough": 10}

_PETERS = "Peters, Ruder & Smith 2019, section 3"
_ALLENNLP = "AllenNLP's published configuration of the same head"
_LINEAR = "logistic or ridge regression on frozen vectors, as SentEval does (Conneau & Kiela 2018)"
_DEVLIN = "Devlin et al. 2019, appendix A.3"
_TURC = "Turc et al. 2019, the larger rates of their grid, for encoders much smaller than BERT-base"
_ULMFIT = "Howard & Ruder 2018, sections 3.2 and 3.3; decay per layer eased, since there are more layers than 3"
_ZHANG = "Zhang et al. 2021: re-initialised top layers and longer training help with few examples"
_KUMAR = "Kumar et al. 2022: a head that lags behind distorts the encoder, so it learns at a larger rate"
_ELMO = "Peters, Ruder & Smith 2019, appendix A, and the authors' configuration for SST-2; rate for small batches"
_SBERT = "Reimers & Gurevych 2019: each text on its own; [u, v, |u-v|, u*v]"

L2 = (0.0, 1e-3, 3e-3, 1e-2, 3e-2)
PAIR_L2 = (1e-2, 1e-1, 3e-1, 1.0, 3.0, 10.0, 30.0)  # on standardised |u-v| and u*v

_linear = Recipe(
    "feature-extraction", "linear", learning_rate=1e-3, epochs=30, min_steps=1500, batch_size=64, patience=6,
    weight_decay=0.0, dropout=0.0, clip=None, l2=L2, source=_LINEAR,
)  # fmt: skip
_bcn = Recipe(
    "feature-extraction", "bcn", learning_rate=1e-3, epochs=6, min_steps=300, batch_size=64, patience=2, dropout=0.25,
    clip=5.0, hidden=128, schedule="constant", weight_decay=0.0, source=f"{_PETERS}; {_ALLENNLP}",
)  # fmt: skip
_esim = Recipe(
    "feature-extraction", "esim", learning_rate=1e-3, epochs=6, min_steps=300, batch_size=64, patience=2, dropout=0.3,
    clip=10.0, hidden=128, schedule="constant", weight_decay=0.0, source=f"{_PETERS}; {_ALLENNLP}",
)  # fmt: skip
_tagger = Recipe(
    "feature-extraction", "bilstm-crf", learning_rate=1e-3, epochs=12, min_steps=500, batch_size=32, patience=3,
    dropout=0.4, clip=5.0, hidden=128, schedule="constant", weight_decay=0.0, source=f"{_PETERS}; {_ALLENNLP}",
)  # fmt: skip
_tuned = Recipe("fine-tuning", "linear", epochs=3, min_steps=300, dropout=0.1, source=_DEVLIN)


def _frozen(task: Task) -> list[Recipe]:
    if task.target == "tags":
        crf = replace(_tagger, head="crf", learning_rate=5e-3, batch_size=32, dropout=0.2)
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


def _moving(task: Task, small: bool) -> list[Recipe]:
    """Fine-tuning recipes; a small encoder (width up to 512) takes rates several times as high as BERT-base."""
    low, middle, high = (1e-4, 2e-4, 4e-4) if small else (2e-5, 3e-5, 5e-5)
    source = f"{_DEVLIN}; {_TURC}" if small else _DEVLIN
    plain = replace(_tuned, source=source)
    tuned = replace(plain, head_rate=10.0, source=f"{source}; {_KUMAR}")
    slanted = replace(
        plain, schedule="slanted-triangular", layer_decay=0.85, learning_rate=high, source=f"{_ULMFIT}; {source}"
    )
    gradual = replace(slanted, gradual_unfreezing=True)
    few = replace(tuned, learning_rate=middle, reinit_top=1, epochs=6, source=f"{_ZHANG}; {source}")
    if task.target == "tags":
        crf = replace(tuned, head="crf", epochs=4)
        return [
            replace(crf, name="crf-low", learning_rate=low),
            replace(tuned, name="linear-middle", learning_rate=middle, epochs=4),
            replace(slanted, name="crf-slanted", head="crf", learning_rate=middle, head_rate=10.0, epochs=4),
            replace(crf, name="crf-long", learning_rate=low, epochs=8),
            replace(gradual, name="crf-gradual", head="crf"),
            replace(plain, name="linear-published", learning_rate=low, epochs=4),
            replace(crf, name="crf-batch16", learning_rate=low, batch_size=16),
            replace(few, name="linear-reinit"),
            replace(plain, name="linear-published-high", learning_rate=high, epochs=4),
        ]
    if task.pair:
        apart = replace(tuned, pair="separate", source=f"{_SBERT}; {tuned.source}")
        return [
            replace(apart, name="separate-low", learning_rate=low),
            replace(tuned, name="joint-middle", learning_rate=middle),
            replace(slanted, name="joint-slanted"),
            replace(apart, name="separate-middle", learning_rate=middle),
            replace(tuned, name="joint-long", learning_rate=middle, epochs=8),
            replace(plain, name="joint-published", learning_rate=middle),
            replace(tuned, name="joint-low-batch16", learning_rate=low, batch_size=16, epochs=4),
            replace(gradual, name="joint-gradual"),
            replace(few, name="joint-reinit"),
        ]
    return [
        replace(tuned, name="mean-low", learning_rate=low),
        replace(tuned, name="mean-middle", learning_rate=middle),
        replace(slanted, name="mean-slanted"),
        replace(plain, name="cls-published", learning_rate=middle, pooling="cls"),
        replace(plain, name="mean-published", learning_rate=low),
        replace(gradual, name="mean-gradual"),
        replace(tuned, name="mean-low-batch16", learning_rate=low, batch_size=16),
        replace(few, name="mean-reinit"),
        replace(tuned, name="mean-long", learning_rate=low, epochs=6),
    ]


def _moving_apart(task: Task, small: bool) -> list[Recipe]:
    """Fine-tuning of an encoder that reads the texts of a pair one by one: the recipes of single texts."""
    source = f"{_SBERT}; {_moving(task, small)[5].source}"
    single = _moving(TASKS["classification"], small)
    return [replace(r, name=r.name.replace("mean", "separate"), pair="separate", source=source) for r in single]


def _frozen_elmo(task: Task) -> list[Recipe]:
    """As for transformers, but an ELMo reads the texts of a pair one by one, and has no [CLS]."""
    if not task.pair:
        table = _frozen(task)
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


def _moving_elmo(task: Task) -> list[Recipe]:
    """Fine-tuning a biLM by the recipe of its authors, around which rate, unfreezing and length are varied."""
    tuned = Recipe(
        "fine-tuning", "linear", pooling="max", pair="separate", learning_rate=5e-4, schedule="slanted-triangular",
        layer_decay=0.4, epochs=12, min_steps=500, batch_size=32, weight_decay=0.0, dropout=0.5, clip=5.0,
        gradual_unfreezing=True, source=_ELMO,
    )  # fmt: skip
    pair = task.pair
    if task.target == "tags":
        tuned = replace(tuned, head="crf", pooling="mean", learning_rate=1e-3)
    elif pair:  # Peters et al. unfroze gradually for texts and tagging
        tuned = replace(tuned, head="biattention", pooling="mean", gradual_unfreezing=False)
    other = replace(tuned, head="linear", pooling="max") if pair else replace(tuned, gradual_unfreezing=False)
    return [
        replace(tuned, name="published"),
        replace(tuned, name="published-faster", learning_rate=2 * tuned.learning_rate),
        replace(other, name="pooled" if pair else "at-once"),
        replace(tuned, name="flatter", layer_decay=0.7),
        replace(tuned, name="longer", epochs=20),
        replace(tuned, name="batch-16", batch_size=16),
        replace(tuned, name="slower", learning_rate=tuned.learning_rate / 2),
        replace(tuned, name="less-dropout", dropout=0.2),
        replace(tuned, name="gradual", gradual_unfreezing=True)
        if pair
        else replace(other, name="at-once-faster", learning_rate=2 * tuned.learning_rate),
    ]


def _frozen_decoder(task: Task) -> list[Recipe]:
    """For a decoder that reads the texts of a pair one by one; `suited` gives `cls` another meaning."""
    return [
        replace(r, name="linear-mix-cls", layers="mix", pooling="cls") if r.name == "linear-top-max" else r
        for r in _frozen_elmo(task)
    ]


def _frozen_static(task: Task) -> list[Recipe]:
    """For static word vectors: one layer, so nothing is mixed; what knows the context is the head."""
    if task.target == "tags":
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


_FROZEN: dict[Family, Callable[[Task], list[Recipe]]] = {
    "transformer": _frozen,
    "elmo": _frozen_elmo,
    "word-vectors": _frozen_static,
    "sentence-vectors": sentence_vector_recipes,
}


def recipes(budget: Budget, method: Method, task: Task, width: int, reads: Reads = Reads()) -> tuple[Recipe, ...]:
    """The recipes that a budget tries for a method; none where the encoder cannot be put to use so.

    Args:
        width: of the encoder's layer states; decides the range of a transformer's learning rates.
        reads: how the encoder reads.
    """
    family, apart = reads.family, task.pair and not reads.pairs
    if method == "feature-extraction":
        of_family = _FROZEN[family] if family != "transformer" or not apart else _frozen_decoder
        table = of_family(task)
    elif family == "transformer":
        table = (_moving_apart if apart else _moving)(task, small=width <= 512)
    else:
        table = _moving_elmo(task) if family == "elmo" else []
    return tuple(suited(table, reads)[: RECIPES[budget]])
