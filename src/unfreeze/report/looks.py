"""How an arm, a method on an encoder, looks wherever it is drawn or named: the same in every chart and table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from unfreeze.judging.read import Arm
from unfreeze.judging.result import ArmResult
from unfreeze.methods.table import method_named
from unfreeze.recipe import MethodName

# Every colour holds a contrast of 3 : 1 against the light and the dark page; the first two differ for every common
# colour blindness.
ENCODER_COLOURS = ("#2f7ed8", "#d9730d", "#1b9e77", "#c2448f", "#8a6fd1", "#8c7a1f", "#b3564d", "#5b8a8f")


@dataclass(frozen=True)
class Look:
    """An arm's look.

    Attributes:
        name: inside a sentence.
        colour: of its marks: the method's where there is one encoder, else the encoder's.
        shape: of its points, by method.
        css: class of the style sheet that colours its name; empty where there are several encoders.
    """

    name: str
    colour: str
    shape: str
    css: str = ""


def look_of(method: MethodName) -> Look:
    """The look of a method where there is one encoder."""
    words = method_named(method).words
    return Look(words.noun, words.colour, words.mark, words.colour_class)


def looks(arms: Sequence[Arm] | Sequence[ArmResult]) -> dict[str, Look]:
    """Arm id to its look, in the order of the arms."""
    encoders = list(dict.fromkeys(arm.encoder for arm in arms))
    if all(arm.id == arm.method for arm in arms):
        return {arm.id: look_of(arm.method) for arm in arms}
    return {
        arm.id: Look(
            f"{method_named(arm.method).words.noun} of {arm.encoder}",
            ENCODER_COLOURS[encoders.index(arm.encoder) % len(ENCODER_COLOURS)],
            method_named(arm.method).words.mark,
        )
        for arm in arms
    }
