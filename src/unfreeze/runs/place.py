"""Where the runs of a question are made: here, or at a place that has machines of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol, TypeVar

import torch

from unfreeze.encoders.precision import Precision, pick_device, precision_to_use
from unfreeze.encoders.protocol import Encoder
from unfreeze.errors import InputError
from unfreeze.language.message import say
from unfreeze.methods.split_features import SplitFeatures
from unfreeze.plan import HERE, Plan
from unfreeze.runs.bench import Where, Workbench
from unfreeze.runs.engine import Engine
from unfreeze.runs.ray_token import give_token

Answer = TypeVar("Answer")
Item = TypeVar("Item")


class Place(Protocol):
    """Machines beside this process."""

    def engine(self, bench: Workbench) -> AbstractContextManager[Engine]:
        """An engine for the works of a bench; where the block is left by an error, what is at work ends."""
        ...

    def precision(self) -> Precision:
        """In which its machines compute fast."""
        ...

    def states(self, bench: Workbench, where: Where) -> SplitFeatures:
        """A split's states, computed there; where they are read here, they are fetched."""
        ...

    def asked(self, bench: Workbench, ask: Callable[..., Answer], each: Iterable[Sequence[Any]]) -> Iterator[Answer]:
        """What a function of a module says about the question's bench, computed there, for each of some arguments.

        What it raises is raised.
        """
        ...

    def mapped(self, work: Callable[[Item], Answer], items: Iterable[tuple[int, Item]]) -> Iterator[tuple[int, Answer]]:
        """What `work` makes of numbered items, computed there: the numbers with the answers, in order of finishing.

        Items are taken as there is room for them, answers are kept until they are taken. An error is raised at once,
        and what is at work then ends.
        """
        ...


def place_of(plan: Plan) -> Place | None:
    """The place that a plan names; None for this process.

    Raises:
        InputError: what it needs is not installed, or nothing answers there.
    """
    return None if plan.engine == HERE else place_at(plan)


def place_at(plan: Plan) -> Place:
    """The place of a plan whose runs are made elsewhere. Raises `InputError` as `place_of` does."""
    try:
        give_token(plan.engine)
        from unfreeze.runs.ray_place import RayPlace
    except ModuleNotFoundError as error:
        if error.name not in ("ray", "grpc"):
            raise
        raise InputError("is not installed: pip install 'unfreeze[ray]'", where="--engine ray") from None
    return RayPlace(plan)


def check_parted(encoder: Encoder, plan: Plan) -> None:
    """Raise `InputError` where texts cannot be shared among machines, each of which reads some of them alone."""
    if encoder.ordered is not None:
        problem = say(
            "{name} reads each text after the one before, so one process reads all; leave --engine out",
            name=encoder.name,
        )
        raise InputError(problem, where=f"--engine {plan.engine}")


def own_device(plan: Plan) -> torch.device:
    """What this process computes on: where runs are made elsewhere, it need not have the GPU that they ask for."""
    return pick_device("auto" if plan.engine != HERE and plan.device == "cuda" else plan.device)


def precision_for(plan: Plan, begun: str | None) -> Precision:
    """The precision of a question: that in which it was begun, else the one that is fast where its runs are made."""
    place = place_of(plan) if begun is None else None
    return precision_to_use(own_device(plan), begun) if place is None else place.precision()


def at_its_place(bench: Workbench, ask: Callable[..., Answer], *args: object) -> Answer:
    """What a function of a module says about a bench, computed where its runs are made."""
    if bench.place is None:
        return ask(bench, *args)
    (answer,) = bench.place.asked(bench, ask, [args])
    return answer
