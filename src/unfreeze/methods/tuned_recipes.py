"""Recipes of fine-tuning: one table for each family of encoders, each recipe with its source. No torch here.

The order is from what most often wins on dev to what rarely does.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

from unfreeze.language.message import joined, say
from unfreeze.recipe import MethodName, Recipe

if TYPE_CHECKING:  # a plan is read without numpy, which targets need
    from unfreeze.tasks.kinds import Task

_DEVLIN = "Devlin et al. 2019, appendix A.3"
_TURC = "Turc et al. 2019, the larger rates of their grid, for encoders much smaller than BERT-base"
_ULMFIT = "Howard & Ruder 2018, sections 3.2 and 3.3; decay per layer eased, since there are more layers than 3"
_ZHANG = "Zhang et al. 2021: re-initialised top layers and longer training help with few examples"
_LP_FT = "Kumar et al. 2022, section 4: a linear probe first, then all layers from its head, at a smaller rate"
_KUMAR = "Kumar et al. 2022: a head that lags behind distorts the encoder, so it learns at a larger rate"
_ELMO = "Peters, Ruder & Smith 2019, appendix A, and the authors' configuration for SST-2; rate for small batches"
_SBERT = "Reimers & Gurevych 2019: each text on its own; [u, v, |u-v|, u*v]"


@dataclass(frozen=True)
class TunedRecipe(Recipe):
    """A recipe of fine-tuning; the head always reads the top layer.

    Attributes:
        layer_decay: learning rate factor from one layer group to the one below (discriminative rates); 1 is off.
        head_rate: the head's learning rate as a multiple of `learning_rate`, which is the encoder's.
        gradual_unfreezing: before those epochs, one for the head alone and one more for each layer group from the top.
        unfreeze_top: at most this many layer groups of the encoder learn, from the top; None: all of them.
        reinit_top: this many top layers start from fresh weights.
        head_first: `probe`: before anything else a linear probe is trained on the frozen states that the head reads,
            and the head begins with its weights (LP-FT). Its penalty is chosen on dev.
    """

    method: MethodName = field(default="fine-tuning", init=False)
    layer_decay: float = 1.0
    head_rate: float = 1.0
    gradual_unfreezing: bool = False
    unfreeze_top: int | None = None
    reinit_top: int = 0
    head_first: Literal["probe"] | None = None

    @property
    def freezes_layers(self) -> bool:
        """Whether some layers stay frozen for a part of the run, so that their states can come from a store."""
        return self.gradual_unfreezing or self.unfreeze_top is not None

    @property
    def brief(self) -> str:
        """As a person would name it: `linear head, slanted-triangular schedule, gradual unfreezing`."""
        parts = (
            super().brief,
            say("gradual unfreezing") if self.gradual_unfreezing else "",
            say("from a linear probe") if self.head_first else "",
        )
        return joined(part for part in parts if part)

    @property
    def _details_of_training(self) -> tuple[str, ...]:
        return (
            say("layer decay {decay:g}", decay=self.layer_decay) if self.layer_decay != 1 else "",
            say("head's rate times {times:g}", times=self.head_rate) if self.head_rate != 1 else "",
            say("gradual unfreezing") if self.gradual_unfreezing else "",
            say("top {layers} layers fresh", layers=self.reinit_top) if self.reinit_top else "",
            say("head from a linear probe") if self.head_first else "",
        )


_tuned = TunedRecipe("linear", epochs=3, min_steps=300, dropout=0.1)


def tuned_recipes(task: Task, small: bool) -> list[TunedRecipe]:
    """Fine-tuning recipes; a small encoder (width up to 512) takes rates several times as high as BERT-base."""
    low, middle, high = (1e-4, 2e-4, 4e-4) if small else (2e-5, 3e-5, 5e-5)
    source = f"{_DEVLIN}; {_TURC}" if small else _DEVLIN
    plain = replace(_tuned, source=source)
    tuned = replace(plain, head_rate=10.0, source=f"{source}; {_KUMAR}")
    slanted = replace(
        plain, schedule="slanted-triangular", layer_decay=0.85, learning_rate=high, source=f"{_ULMFIT}; {source}"
    )
    gradual = replace(slanted, gradual_unfreezing=True)
    probed = replace(plain, head_first="probe", learning_rate=low / 2, source=f"{_LP_FT}; {source}")
    few = replace(tuned, learning_rate=middle, reinit_top=1, epochs=6, source=f"{_ZHANG}; {source}")
    if task.target.per_word:
        crf = replace(tuned, head="crf", epochs=4)
        return [
            replace(crf, name="crf-low", learning_rate=low),
            replace(tuned, name="linear-middle", learning_rate=middle, epochs=4),
            replace(slanted, name="crf-slanted", head="crf", learning_rate=middle, head_rate=10.0, epochs=4),
            replace(crf, name="crf-long", learning_rate=low, epochs=8),
            replace(gradual, name="crf-gradual", head="crf"),
            replace(probed, name="crf-probe-first", head="crf", epochs=4),
            replace(probed, name="linear-probe-first", learning_rate=low, epochs=4),
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
            replace(probed, name="separate-probe-first", pair="separate", source=f"{_SBERT}; {probed.source}"),
            replace(plain, name="joint-published", learning_rate=middle),
            replace(gradual, name="joint-gradual"),
            replace(few, name="joint-reinit"),
        ]
    return [
        replace(tuned, name="mean-low", learning_rate=low),
        replace(tuned, name="mean-middle", learning_rate=middle),
        replace(slanted, name="mean-slanted"),
        replace(plain, name="cls-published", learning_rate=middle, pooling="cls"),
        replace(probed, name="mean-probe-first"),
        replace(gradual, name="mean-gradual"),
        replace(probed, name="mean-probe-first-low", learning_rate=low),
        replace(few, name="mean-reinit"),
        replace(tuned, name="mean-long", learning_rate=low, epochs=6),
    ]


def tuned_apart_recipes(task: Task, small: bool) -> list[TunedRecipe]:
    """Fine-tuning of an encoder that reads the texts of a pair one by one: the recipes of single texts."""
    single = tuned_recipes(replace(task, pair=False), small)
    return [
        replace(r, name=r.name.replace("mean", "separate"), pair="separate", source=f"{_SBERT}; {r.source}")
        for r in single
    ]


def tuned_elmo_recipes(task: Task) -> list[TunedRecipe]:
    """Fine-tuning a biLM by the recipe of its authors, around which rate, unfreezing and length are varied."""
    tuned = TunedRecipe(
        "linear", pooling="max", pair="separate", learning_rate=5e-4, schedule="slanted-triangular",
        layer_decay=0.4, epochs=12, min_steps=500, batch_size=32, weight_decay=0.0, dropout=0.5, clip=5.0,
        gradual_unfreezing=True, source=_ELMO,
    )  # fmt: skip
    pair = task.pair
    if task.target.per_word:
        tuned = replace(tuned, head="crf", pooling="mean", learning_rate=1e-3)
    elif pair:  # Peters et al. unfroze gradually for texts and tagging
        tuned = replace(tuned, head="biattention", pooling="mean", gradual_unfreezing=False)
    other = replace(tuned, head="linear", pooling="max") if pair else replace(tuned, gradual_unfreezing=False)
    probed = replace(
        other, name="probe-first", head_first="probe", learning_rate=other.learning_rate / 2,
        source=f"{_LP_FT}; {_ELMO}",
    )  # fmt: skip
    return [
        replace(tuned, name="published"),
        replace(tuned, name="published-faster", learning_rate=2 * tuned.learning_rate),
        replace(other, name="pooled" if pair else "at-once"),
        replace(tuned, name="flatter", layer_decay=0.7),
        replace(tuned, name="longer", epochs=20),
        probed,
        replace(tuned, name="slower", learning_rate=tuned.learning_rate / 2),
        replace(tuned, name="less-dropout", dropout=0.2),
        replace(tuned, name="gradual", gradual_unfreezing=True)
        if pair
        else replace(other, name="at-once-faster", learning_rate=2 * tuned.learning_rate),
    ]
