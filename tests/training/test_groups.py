from __future__ import annotations

import copy
from collections.abc import Callable

import pytest
import torch
from families import make_encoder
from torch import nn

from unfreeze.encoders.elmo.bilm import BiLm, LstmSize
from unfreeze.heads.linear_members import LinearMembers
from unfreeze.training.groups import optimiser_for, set_rate, unfreeze_top
from unfreeze.training.settings import FitSettings

Groups = list[list[nn.Parameter]]


@pytest.fixture
def groups() -> Groups:
    """Of a real encoder, with a head on top."""
    head = nn.Linear(16, 2)
    return [*make_encoder("bert").layer_groups(), list(head.parameters())]


def recipe(**options: object) -> FitSettings:
    return FitSettings(learning_rate=0.1, weight_decay=0.02, **options)  # type: ignore[arg-type]


def test_rates_fall_by_a_power_a_group(groups: Groups) -> None:
    optimiser = optimiser_for(groups, recipe(layer_decay=0.5))
    rate = {id(p): g["lr"] for g in optimiser.param_groups for p in g["params"]}
    for depth, group in enumerate(reversed(groups)):
        assert {rate[id(p)] for p in group} == {0.1 * 0.5**depth}
    assert sum(len(g["params"]) for g in optimiser.param_groups) == len(rate) == sum(map(len, groups))


def test_the_head_has_a_rate_of_its_own(groups: Groups) -> None:
    optimiser = optimiser_for(groups, recipe(layer_decay=0.5, head_rate=10.0))
    peaks = {group["depth"]: group["peak"] for group in optimiser.param_groups}
    assert peaks[0] == 1.0
    assert [peaks[depth] for depth in range(1, len(groups))] == [0.1 * 0.5**depth for depth in range(1, len(groups))]


def test_no_decay_on_vectors(groups: Groups) -> None:
    """Biases, norms and mixing weights are vectors."""
    for group in optimiser_for(groups, recipe()).param_groups:
        assert {group["weight_decay"]} == {0.02 if p.ndim > 1 else 0.0 for p in group["params"]}


@pytest.mark.parametrize("made", [
    lambda: BiLm(3, LstmSize(4, 3)), lambda: LinearMembers(2, 3, 2, (0.0, 0.1), (0, 1)), lambda: nn.LSTM(3, 4),
])  # fmt: skip
def test_no_decay_on_vectors_side_by_side(made: Callable[[], nn.Module]) -> None:
    """As biases of both directions, or of each member; in copies too."""
    module = made()
    for model in (module, copy.deepcopy(module), module.to(torch.float64)):
        names = {id(p): name for name, p in model.named_parameters()}
        for group in optimiser_for([list(model.parameters())], recipe()).param_groups:
            for parameter in group["params"]:
                name = names[id(parameter)].rpartition(".")[2]
                vector = name.startswith("bias") or name in ("mix", "gamma")
                assert group["weight_decay"] == (0.0 if vector else 0.02), name


def test_the_head_comes_first(groups: Groups) -> None:
    """`fit` reports the first group's rate as the head's."""
    first = optimiser_for(groups, recipe(layer_decay=0.5)).param_groups[0]
    assert first["params"][0] is groups[-1][0]
    assert first["depth"] == 0


def test_set_rate_keeps_the_proportions(groups: Groups) -> None:
    optimiser = optimiser_for(groups, recipe(layer_decay=0.5))
    for factor in (0.25, 1.0, 0.5):
        set_rate(optimiser, factor)
        assert all(g["lr"] == factor * 0.1 * 0.5 ** g["depth"] for g in optimiser.param_groups)


def test_a_step_moves_each_group_by_its_rate() -> None:
    """Adam's first step is the rate itself, up to its epsilon."""
    groups = [[nn.Parameter(torch.zeros(2, 2))] for _ in range(3)]
    optimiser = optimiser_for(groups, recipe(layer_decay=0.1))
    set_rate(optimiser, 0.5)
    for (parameter,) in groups:
        parameter.grad = torch.ones(2, 2)
    optimiser.step()
    moved = [-float(p[0, 0].detach()) for (p,) in groups]
    assert moved == pytest.approx([0.0005, 0.005, 0.05], rel=1e-4)


@pytest.mark.parametrize("count", [0, 1, 2, 5])
def test_unfreeze_top(count: int, groups: Groups) -> None:
    for group in groups:
        for parameter in group:
            parameter.grad = torch.zeros_like(parameter)
    unfreeze_top(groups, count)
    for index, group in enumerate(groups):
        open_ = index >= len(groups) - count
        assert all(p.requires_grad is open_ for p in group)
        assert all((p.grad is not None) is open_ for p in group)  # a stale gradient would still be applied
    unfreeze_top(groups, len(groups))
    assert all(p.requires_grad for group in groups for p in group)
