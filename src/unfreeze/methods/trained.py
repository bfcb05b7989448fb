"""What training hands on, whichever adaptation it was."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from torch import Tensor

from unfreeze.data.examples import Example, Label
from unfreeze.tasks.metrics import main_metric, score
from unfreeze.training.loop import Fit
from unfreeze.training.objectives import Decoded, Objective

DECISION = "decision"
"""Name of the buffer of a head that says how its logits are decided."""


@dataclass(frozen=True)
class Trained:
    """One trained model.

    Attributes:
        weights: what must be kept per task: the head's tensors, and the encoder's if it moved.
        member: which of the fit's members this is.
        dev: predictions on dev at the kept epoch.
        layer_weights: learned scalar mix, bottom to top; None when nothing was mixed.
        chosen: settings that were chosen on dev inside the run.
        counted: multiply-adds, see `unfreeze.methods.work`, given passes over train and readings of dev.
    """

    weights: Mapping[str, Tensor]
    fit: Fit
    member: int
    dev: Decoded
    layer_weights: tuple[float, ...] | None
    counted: Callable[[int, int], int]
    chosen: Mapping[str, float] = field(default_factory=dict)

    @property
    def work(self) -> int:
        """Multiply-adds of the run."""
        return self.work_after(len(self.fit.curve))

    def work_after(self, readings: int) -> int:
        """Multiply-adds up to a reading of dev."""
        return self.counted(self.fit.curve[readings - 1].epoch, readings)


def metrics(objective: Objective, gold: Sequence[Label], said: Decoded) -> dict[str, float]:
    """All metrics of the task, fractions, main metric first."""
    labels = objective.labels
    return score(objective.task, gold, said.labels, labels.names, labels.scheme, said.probabilities)


def settled(trained: Trained, objective: Objective, gold: Sequence[Label]) -> Trained:
    """A run with what is chosen on dev once it is trained: how logits are decided, which is kept with its weights."""
    done = objective.settle(trained.dev, gold)
    weights = {
        name: done.kept if done.kept is not None and name.rpartition(".")[2] == DECISION else tensor
        for name, tensor in trained.weights.items()
    }
    return replace(trained, weights=weights, dev=done.decoded, chosen={**trained.chosen, **done.chosen})


def main_score(objective: Objective, gold: Sequence[Label], dev: Decoded) -> float:
    """The main metric on dev, higher is better, after it was chosen there how logits are decided."""
    return metrics(objective, gold, objective.settle(dev, gold).decoded)[
        main_metric(objective.task, objective.labels.scheme)
    ]


def gold_labels(examples: Sequence[Example]) -> list[Label]:
    """Gold labels; every example must have one."""
    return [e.label for e in examples if e.label is not None]
