"""Members that train side by side do not notice each other: neither by clipping nor by patience."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import pytest
import torch
from torch import Tensor, nn

from unfreeze.training.loop import fit
from unfreeze.training.settings import FitSettings
from unfreeze.training.step import Indices
from unfreeze.training.update import clip_each

CPU = torch.device("cpu")
SETTINGS = FitSettings(learning_rate=0.1, schedule="constant", epochs=6, batch_size=4)
# Dev scores of three members, epoch by epoch: the first gives up early, the last rises to the end.
SCRIPTS = ((0.5, 0.4, 0.4, 0.4, 0.9, 0.9), (0.1, 0.1, 0.3, 0.1, 0.2, 0.4), (0.1, 0.2, 0.3, 0.4, 0.5, 0.6))


@dataclass
class Scripted:
    """Members whose gradients differ by orders of magnitude and whose dev scores are written down."""

    scripts: Sequence[Sequence[float]]
    slopes: Sequence[float]
    weight: nn.Parameter = field(init=False)
    bias: nn.Parameter = field(init=False)
    epoch: int = 0

    def __post_init__(self) -> None:
        self.weight = nn.Parameter(torch.ones(len(self.slopes), 2, 3))
        self.bias = nn.Parameter(torch.ones(len(self.slopes)))

    def gradients(self, indices: Indices, step: int) -> Tensor:
        # Adam would hide a clipping that is the same at every step.
        scale = torch.tensor(self.slopes) * 10.0 ** (self.epoch % 2)
        loss = scale * (self.weight.square().sum((1, 2)) + self.bias.square())
        torch.autograd.backward(loss.sum())
        return loss.detach()

    def dev_scores(self) -> list[float]:
        self.epoch += 1
        return [script[self.epoch - 1] for script in self.scripts]

    def layer_groups(self) -> list[list[nn.Parameter]]:
        return [[self.weight, self.bias]]

    def train(self, mode: bool = True) -> None:
        pass


def _fit(members: Sequence[int], recipe: FitSettings) -> tuple[tuple[int, ...], Tensor, int]:
    model = Scripted([SCRIPTS[m] for m in members], [(1e-3, 1.0, 1e3)[m] for m in members])
    done = fit(model, recipe, [1] * 8, seed=0)
    kept = torch.cat([model.weight.detach().flatten(1), model.bias.detach()[:, None]], 1)
    return done.best_epoch, kept, done.curve[-1].epoch


@pytest.mark.parametrize("patience", [None, 1, 2, 3])
@pytest.mark.parametrize("clip", [None, 0.5])
def test_a_member_learns_beside_others_what_it_learns_alone(patience: int | None, clip: float | None) -> None:
    recipe = replace(SETTINGS, patience=patience, clip=clip)
    best, weights, _ = _fit((0, 1, 2), recipe)
    for member in range(3):
        (alone,), kept, _ = _fit((member,), recipe)
        assert best[member] == alone
        torch.testing.assert_close(weights[member : member + 1], kept)


def test_training_goes_on_until_the_last_member_has_lost_patience() -> None:
    recipe = replace(SETTINGS, patience=2)
    assert [_fit((member,), recipe)[2] for member in range(3)] == [3, 5, 6]
    assert _fit((0, 1), recipe)[2] == 5
    assert _fit((0, 1, 2), recipe)[2] == 6


@pytest.mark.parametrize("size", [1e-6, 1.0])
def test_clipping_does_to_each_member_what_torch_does_to_it_alone(size: float) -> None:
    """However small the gradients are, and though some parameters have none."""
    weight, unused = nn.Parameter(torch.zeros(3, 2)), nn.Parameter(torch.zeros(3))
    weight.grad = size * torch.tensor([[3.0, 4.0], [0.3, 0.4], [0.0, 1.0]])
    given = weight.grad.clone()
    clip_each([weight, unused], size)
    for member in range(3):
        alone = nn.Parameter(torch.zeros(2))
        alone.grad = given[member].clone()
        nn.utils.clip_grad_norm_([alone], size)
        torch.testing.assert_close(weight.grad[member], alone.grad)
