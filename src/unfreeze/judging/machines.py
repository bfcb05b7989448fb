"""The kinds of machines that seconds were measured on: they are compared within one kind only. No torch here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from unfreeze.language.message import joined, say, template

Kind = str | None
"""A processor with its threads, or a GPU; None where a record names none, as those of older versions."""
Kinds = tuple[Kind, ...]


def distinct(kinds: Iterable[Kind]) -> Kinds:
    """Each of them once, in their order."""
    return tuple(dict.fromkeys(kinds))


def together(each: Iterable[Kinds]) -> Kinds:
    """The kinds of several arms."""
    return distinct(kind for kinds in each for kind in kinds)


def apart(each: Iterable[Kinds]) -> bool:
    """Whether times of several arms cannot be compared, given the kinds of machines that each was measured on."""
    arms = list(each)
    return len(arms) > 1 and len(together(arms)) > 1


def in_words(kinds: Kinds) -> str:
    """`AMD EPYC 9B14, 1 thread, and NVIDIA H200`."""
    return joined([kind or say("a machine that is not named") for kind in kinds], last=", and ")


_NOT_COMPARED = {
    (True, False): template("Seconds are not compared: they were measured on {machines}."),
    (False, True): template("Milliseconds are not compared: they were measured on {machines}."),
    (True, True): template("Seconds and milliseconds are not compared: they were measured on {machines}."),
}


def why_not_compared(seconds: Sequence[Kinds], milliseconds: Sequence[Kinds]) -> str | None:
    """Why times of several arms are not compared, as a sentence; None where all are of one kind of machine.

    Args:
        seconds, milliseconds: of each arm the kinds of machines that they were measured on.
    """
    differ = apart(seconds), apart(milliseconds)
    if not any(differ):
        return None
    kinds = together(
        together(each) for each, differs in zip((seconds, milliseconds), differ, strict=True) if differs
    )  # fmt: skip
    return say(_NOT_COMPARED[differ], machines=in_words(kinds))


def on_machines(kinds: Kinds, named: bool = False) -> str:
    """Where times are of several machines, that they are, as the end of a sentence.

    Args:
        named: one machine alone is named, too.
    """
    if len(kinds) > 1:
        return say(", on several machines ({machines})", machines=in_words(kinds))
    return say(", on {machine}", machine=in_words(kinds)) if named and kinds else ""
