"""The kinds of machines that seconds were measured on: they are compared within one kind only. No torch here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

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
    names = [kind or "a machine that is not named" for kind in kinds]
    return ", and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def why_not_compared(seconds: Sequence[Kinds], milliseconds: Sequence[Kinds]) -> str | None:
    """Why times of several arms are not compared, as a sentence; None where all are of one kind of machine.

    Args:
        seconds, milliseconds: of each arm the kinds of machines that they were measured on.
    """
    differ = {name: each for name, each in (("seconds", seconds), ("milliseconds", milliseconds)) if apart(each)}
    if not differ:
        return None
    what, kinds = " and ".join(differ), together(together(each) for each in differ.values())
    return f"{what[:1].upper()}{what[1:]} are not compared: they were measured on {in_words(kinds)}."


def on_machines(kinds: Kinds, named: bool = False) -> str:
    """Where times are of several machines, that they are, as the end of a sentence.

    Args:
        named: one machine alone is named, too.
    """
    if len(kinds) > 1:
        return f", on several machines ({in_words(kinds)})"
    return f", on {in_words(kinds)}" if named and kinds else ""
