"""What a method is called wherever a person reads of it. No torch here."""

from __future__ import annotations

from dataclasses import dataclass

from unfreeze.language.message import say


@dataclass(frozen=True)
class Words:
    """Names of a method.

    Attributes:
        noun: inside a sentence: `feature extraction`.
        short: where there is little room: `frozen`.
        advice: to use it, in a few words, `{encoder}` in them.
        headline: the same where there is room.
        text_colours: of its name, as `#rrggbb`, on the light page and on the dark one; each holds 4.5 : 1.
        colour: of charts, as `#rrggbb`; holds a contrast of 3 : 1 against the light and the dark page, and differs from
            the others' for every common colour blindness.
        mark: of charts, a shape of Vega-Lite.
    """

    noun: str
    short: str
    advice: str
    headline: str
    text_colours: tuple[str, str]
    colour: str
    mark: str

    def advice_for(self, encoder: str | None) -> str:
        """To use it, in a few words; `encoder` is None where there is one alone."""
        return say(self.advice, encoder=encoder or say("the encoder"))

    def headline_for(self, encoder: str | None) -> str:
        """The same where there is room."""
        return say(self.headline, encoder=encoder or say("the encoder"))
