"""What a method is: the light half, all that plans, judging and reports ask of it. No torch here.

The half that computes is its `Trainer` (`unfreeze.methods.trainer`), which is imported only once something is trained
or restored. `unfreeze.methods.table` lists the methods; nothing else compares a method's name with anything.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Literal, Protocol, TypeVar

from unfreeze.methods.names import Words
from unfreeze.methods.work import Past
from unfreeze.recipe import Head, MethodName, Recipe, Traits

if TYPE_CHECKING:  # a plan is read without numpy, which targets need
    from unfreeze.tasks.kinds import Task

R = TypeVar("R", bound=Recipe)
Shape = Literal["text", "pair", "words"]
"""What a task gives a head to read."""


class Method(Protocol[R]):
    """One way to put an encoder to use.

    Attributes:
        name: in plans, run folders and `result.json`.
        words: its names for people.
        recipe: dataclass of its recipes; its `method` is `name`.
        trainer: module and name of its `Trainer`: `unfreeze.methods.frozen:FROZEN`.
        default: it takes part where a plan names no methods.
    """

    name: MethodName
    words: Words
    recipe: type[R]
    trainer: str
    default: bool = False

    @abstractmethod
    def heads(self, shape: Shape) -> tuple[Head, ...]:
        """The heads that it can put on what a task gives to read."""

    def unfit(self, traits: Traits) -> str | None:
        """Why it cannot be used with an encoder: `cannot be fine-tuned: it has no weights`; None where it can."""
        return None

    @abstractmethod
    def table(self, task: Task, traits: Traits) -> list[R]:
        """All recipes for a task over an encoder, those that most often win on dev first; none where it is unfit."""

    def problem(self, recipe: R, task: Task, traits: Traits) -> str | None:
        """What is wrong with a recipe's own settings; what all recipes share is checked by `methods.checks`."""
        return None

    def limited(self, recipe: R, top: int) -> R:
        """The recipe where no more than `top` layer groups of the encoder may learn."""
        return recipe

    def head_work(self, recipe: R, task: Task, trained_parameters: int) -> int:
        """Multiply-adds of the head per piece in predicting, as far as they count beside the encoder's."""
        return 0

    def estimate(self, recipe: R, task: Task, past: Past) -> tuple[int, dict[str, int]]:
        """Work of a run of a version that did not count, and of the states that it read: see `RunRecord.work`."""
        return 0, {}
