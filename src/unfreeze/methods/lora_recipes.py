"""Recipes of LoRA, each with its source. No torch here.

The order is from what most often wins on dev to what rarely does.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from unfreeze.language.message import say, template
from unfreeze.recipe import MethodName, Recipe, Targets

if TYPE_CHECKING:  # a plan is read without numpy, which targets need
    from unfreeze.tasks.kinds import Task

_HU = "Hu et al. 2021 (LoRA), sections 4.2 and 7.1, table 9"
_BIDERMAN = "Biderman et al. 2024, section 6: all linear layers, alpha twice the rank, ten times fine-tuning's rate"
_SCHULMAN = "Schulman et al. 2025 (LoRA without regret): all linear layers, ten times fine-tuning's rate"
_KALAJDZIEVSKI = "Kalajdzievski 2023 (rsLoRA): a higher rank pays with alpha over its root"
_TURC = "rates as fine-tuning has them for encoders much smaller than BERT-base (Turc et al. 2019), times ten"


@dataclass(frozen=True)
class LoraRecipe(Recipe):
    """A recipe of low-rank adapters; the head always reads the top layer.

    Attributes:
        rank: of the product that is added to a linear layer's weight.
        alpha: the product is multiplied with alpha / rank.
        targets: linear layers with adapters: projections to queries and values, or all.
        adapter_dropout: on what an adapter reads.
        rank_stabilised: the product is multiplied with alpha over the square root of the rank instead.
        head_rate: the head's learning rate as a multiple of `learning_rate`, which is the adapters'.
        unfreeze_top: only this many layer groups from the top have adapters; None: all of them.
    """

    method: MethodName = field(default="lora", init=False)
    rank: int = 16
    alpha: float = 32.0
    targets: Targets = "all-linear"
    adapter_dropout: float = 0.0
    rank_stabilised: bool = False
    head_rate: float = 1.0
    unfreeze_top: int | None = None

    @property
    def brief(self) -> str:
        """As a person would name it: `linear head, linear schedule, rank 16`."""
        return say("{recipe}, rank {rank}", recipe=super().brief, rank=self.rank)

    @property
    def _details_of_training(self) -> tuple[str, ...]:
        scaled = _OVER_ITS_ROOT if self.rank_stabilised else _OVER_IT
        all_linear = self.targets == "all-linear"
        return (
            say(scaled, rank=self.rank, alpha=self.alpha),
            say("adapters on all linear layers") if all_linear else say("adapters on queries and values"),
            say("dropout {share:g} in adapters", share=self.adapter_dropout) if self.adapter_dropout else "",
            say("head's rate times {times:g}", times=self.head_rate) if self.head_rate != 1 else "",
        )


_OVER_IT = template("rank {rank}, alpha {alpha:g} over it")
_OVER_ITS_ROOT = template("rank {rank}, alpha {alpha:g} over its root")

_adapted = LoraRecipe("linear", epochs=3, min_steps=300, weight_decay=0.0, source=f"{_SCHULMAN}; {_BIDERMAN}")


def lora_recipes(task: Task, small: bool, adaptable: tuple[Targets, ...]) -> list[LoraRecipe]:
    """Recipes for an encoder; a small one (width up to 512) takes rates several times as high as BERT-base.

    Args:
        adaptable: see `Traits`; an encoder without projections to queries and values has adapters of the same rank on
            all linear layers in their place.
    """
    low, high = (1e-3, 2e-3) if small else (2e-4, 4e-4)
    source = f"{_adapted.source}; {_TURC}" if small else _adapted.source
    one = other = replace(_adapted, learning_rate=low, source=source)
    names = "mean", "mean"
    if task.target.per_word:
        one, other, names = replace(one, head="crf", epochs=4), replace(one, epochs=4), ("crf", "linear")
    elif task.pair:
        one, names = replace(one, pair="separate"), ("separate", "joint")
    attention = {"targets": "attention", "rank": 8, "alpha": 16.0, "learning_rate": high, "source": _HU}
    wide = {"rank": 64, "alpha": 16.0, "rank_stabilised": True, "source": f"{_KALAJDZIEVSKI}; {source}"}
    first_piece = 1, "all", {"pooling": "cls", "learning_rate": high, "source": f"{_HU}; {source}"}
    changes: list[tuple[int, str, dict[str, Any]]] = [
        (0, "all", {}),
        (1, "all-fast", {"learning_rate": high}),
        (0, "attention", attention),
        (1, "all-long", {"epochs": 8}),
        (0, "all-rank64", wide),
        (1, "all-batch16", {"batch_size": 16}),
        (0, "all-rank4", {"rank": 4, "alpha": 8.0}),
        (1, "attention-long", {**attention, "epochs": 8}) if task.pair or task.target.per_word else first_piece,
        (0, "all-dropout", {"adapter_dropout": 0.1}),
    ]
    table = [
        replace((one, other)[i], name=f"{changed.get('pooling', names[i])}-{name}", **changed)
        for i, name, changed in changes
    ]
    if "attention" in adaptable:
        return table
    return [replace(r, targets="all-linear", name=r.name.replace("attention", "all-rank8")) for r in table]
