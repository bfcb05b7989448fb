"""How an arm, a method on an encoder, looks wherever it is drawn or named: the same in every chart and table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from unfreeze.judging.read import Arm
from unfreeze.judging.result import ArmResult
from unfreeze.judging.wording import arm_words
from unfreeze.language.message import say
from unfreeze.methods import table
from unfreeze.methods.table import method_named
from unfreeze.recipe import MethodName


@dataclass(frozen=True)
class Look:
    """An arm's look.

    Attributes:
        name: inside a sentence.
        colour: of its marks, by method.
        shape: of its points, by method.
        css: class that colours its name, by method, see `styles`.
        label: in charts and tables of many arms: the encoder and the method in short, or the method alone.
    """

    name: str
    colour: str
    shape: str
    css: str
    label: str


@dataclass(frozen=True)
class Style:
    """The colours of a method's name, on the light and the dark page, and the class that has them."""

    css: str
    light: str
    dark: str


def styles() -> list[Style]:
    """Those of all methods."""
    return [Style(_css(method.name), *method.words.text_colours) for method in table.METHODS]


def _css(method: MethodName) -> str:
    return f"by-{method}"


def look_of(method: MethodName, encoder: str | None = None) -> Look:
    """The look of a method, where there are several encoders on one of them."""
    words = method_named(method).words
    name, label = words.noun, words.noun
    if encoder is not None:
        name, label = arm_words(method, encoder), say("{encoder} · {method}", encoder=encoder, method=words.short)
    return Look(name, words.colour, words.mark, _css(method), label)


def looks(arms: Sequence[Arm] | Sequence[ArmResult]) -> dict[str, Look]:
    """Arm id to its look, in the order of the arms."""
    single = all(arm.id == arm.method for arm in arms)
    return {arm.id: look_of(arm.method, None if single else arm.encoder) for arm in arms}
