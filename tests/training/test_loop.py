"""The loop with toy models whose every step can be watched."""

from __future__ import annotations

import functools
import operator
import time
from collections.abc import Sequence
from dataclasses import replace

import pytest
import torch
from torch import Tensor, nn

from unfreeze.training import step
from unfreeze.training.loop import Epoch, Fit, early_readings, fit, planned_epochs, scored_every
from unfreeze.training.schedules import linear, slanted_triangular
from unfreeze.training.settings import FitSettings
from unfreeze.training.step import Indices
from unfreeze.training.update import Tools

CPU = torch.device("cpu")
SETTINGS = FitSettings(learning_rate=0.1, epochs=6, batch_size=4, weight_decay=0.0, clip=None, schedule="constant",
)  # fmt: skip


class Toy(nn.Module):
    """Members of linear models on 16 points in 3 dimensions; dev is the training set, unless scores are scripted.

    Args:
        seeds: one per member, for its first weights.
        scripted: dev scores of an epoch, one per member.
    """

    def __init__(self, seeds: Sequence[int] = (0,), scripted: Sequence[Sequence[float]] = ()) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(9)
        self.points = torch.randn(16, 3, generator=generator)
        self.classes = (self.points @ torch.tensor([1.0, -2.0, 0.5]) > 0).long()
        draws = [torch.randn(3, 2, generator=torch.Generator().manual_seed(seed)) for seed in seeds]
        self.weight = nn.Parameter(torch.stack(draws))
        self.bias = nn.Parameter(torch.zeros(len(seeds), 2))
        self.gain = nn.Parameter(torch.ones(len(seeds)))
        self.scripted = list(scripted)
        self.seen: list[list[int]] = []
        self.scored: list[dict[str, Tensor]] = []
        self.modes: list[bool] = []

    def logits(self) -> Tensor:
        return self.gain[:, None, None] * (self.points @ self.weight) + self.bias[:, None]  # (members, 16, 2)

    def gradients(self, indices: Indices, step: int) -> Tensor:
        loss = self.loss(indices)
        torch.autograd.backward(loss.sum())
        return loss.detach()

    def loss(self, indices: Indices) -> Tensor:
        self.modes.append(self.training)
        self.seen.append(indices.tolist())
        logits, classes = self.logits()[:, indices], self.classes[indices]
        return torch.stack([nn.functional.cross_entropy(member, classes) for member in logits])

    def dev_scores(self) -> Sequence[float]:
        self.modes.append(self.training)
        self.scored.append({name: p.detach().clone() for name, p in self.named_parameters()})
        if self.scripted:
            return self.scripted[len(self.scored) - 1]
        return [float(x) for x in (self.logits().argmax(2) == self.classes).float().mean(1)]

    def layer_groups(self) -> list[list[nn.Parameter]]:
        return [[self.gain], [self.weight], [self.bias]]


def run(model: Toy, recipe: FitSettings = SETTINGS, seed: int = 0, **options: object) -> Fit:
    return fit(model, recipe, [3] * 16, seed=seed, **options)  # type: ignore[arg-type]


def assert_weights(model: Toy, expected: dict[str, Tensor]) -> None:
    for name, parameter in model.named_parameters():
        assert torch.equal(parameter, expected[name]), name


def test_overfits_a_tiny_problem() -> None:
    model = Toy()
    done = run(model, replace(SETTINGS, epochs=60))
    assert done.curve[0].loss[0] > 10 * done.curve[-1].loss[0]
    assert model.dev_scores() == [1.0]


def test_what_is_reported() -> None:
    told: list[tuple[int, int, float | None]] = []
    done = run(Toy(), progress=lambda step, total, best: told.append((step, total, best)))
    assert [(e.epoch, e.step) for e in done.curve] == [(e, 4 * e) for e in range(1, 7)]
    assert [(step, total) for step, total, _ in told] == [(step, 24) for step in range(1, 25)]
    assert [best for *_, best in told[:4]] == [None] * 4
    assert told[4][2] == done.curve[0].dev[0]
    assert done.examples == 6 * 16
    assert done.trained_parameters == 1 + 6 + 2
    assert done.seconds >= done.curve[-1].seconds > done.curve[0].seconds > 0


def test_a_last_batch_that_is_not_full_is_a_step_too() -> None:
    told: list[tuple[int, int]] = []
    run(Toy(), replace(SETTINGS, batch_size=5, epochs=2), progress=lambda step, total, best: told.append((step, total)))
    assert told == [(step, 8) for step in range(1, 9)]


def test_seconds_are_those_of_the_training_alone() -> None:
    began = time.perf_counter()
    done = run(Toy())
    assert done.seconds <= time.perf_counter() - began


def test_the_rate_that_is_reported_is_the_head_s() -> None:
    done = run(Toy(), replace(SETTINGS, layer_decay=0.5))
    assert {e.rate for e in done.curve} == {SETTINGS.learning_rate}


def test_the_loss_of_an_epoch_is_the_mean_of_its_steps() -> None:
    done = run(Toy(), replace(SETTINGS, learning_rate=1e-12, batch_size=16, epochs=1))
    model = Toy()
    expected = nn.functional.cross_entropy(model.logits()[0], model.classes)
    assert done.curve[0].loss == (pytest.approx(float(expected.detach()), rel=1e-5),)


def test_every_example_once_an_epoch_in_another_order() -> None:
    model = Toy()
    run(model)
    epochs = [functools.reduce(operator.iadd, model.seen[i : i + 4], []) for i in range(0, 24, 4)]
    assert all(sorted(epoch) == list(range(16)) for epoch in epochs)
    assert len({tuple(epoch) for epoch in epochs}) == 6


def test_dropout_is_on_in_steps_and_off_on_dev() -> None:
    model = Toy()
    run(model)
    assert model.modes == [True, True, True, True, False] * 6


def test_the_best_epoch_is_restored() -> None:
    model = Toy(scripted=[[s] for s in (0.5, 0.7, 0.6, 0.9, 0.9, 0.2)])
    done = run(model)
    assert done.best_epoch == (4,)  # the first of equals
    assert len(done.curve) == 6
    assert_weights(model, model.scored[3])
    assert all(p.requires_grad for p in model.parameters())


def test_patience() -> None:
    model = Toy(scripted=[[s] for s in (0.5, 0.7, 0.6, 0.7, 0.9, 0.9)])
    done = run(model, replace(SETTINGS, patience=2))
    assert done.best_epoch == (2,)
    assert len(done.curve) == 4
    assert_weights(model, model.scored[1])
    assert done.examples == 4 * 16


def test_patience_begins_once_something_is_learned() -> None:
    """Span F1 stays at 0 for some time: a tagger is not given up for that."""
    model = Toy(scripted=[[s] for s in (0.0, 0.0, 0.0, 0.4, 0.3, 0.2)])
    done = run(model, replace(SETTINGS, patience=2))
    assert (done.best_epoch, len(done.curve)) == ((4,), 6)


def test_a_run_that_is_as_good_as_can_be_ends_with_what_it_has() -> None:
    scripted = [[s] for s in (0.5, 0.99, 1.0, 1.0, 1.0, 1.0)]
    model, whole = Toy(scripted=scripted), Toy(scripted=[*scripted[:2], [0.999], *[[0.1]] * 3])
    done, other = run(model), run(whole)
    assert (done.best_epoch, len(done.curve), done.examples) == ((3,), 3, 3 * 16)
    assert (other.best_epoch, len(other.curve)) == ((3,), 6), "what is not perfect may get better"
    assert_weights(model, whole.scored[2])


class Losses(Toy):
    """Losses of an epoch, one per member, in the place of the model's own."""

    def __init__(self, losses: Sequence[Sequence[float]], scores: Sequence[Sequence[float]]) -> None:
        super().__init__(seeds=range(len(losses[0])), scripted=scores)
        self.losses = losses

    def gradients(self, indices: Indices, step: int) -> Tensor:
        super().gradients(indices, step)
        return torch.tensor(self.losses[step // 4])


def test_a_run_ends_once_two_readings_in_a_row_leave_next_to_no_loss() -> None:
    scores = [[s] for s in (0.5, 0.6, 0.7, 0.8, 0.9, 0.95)]
    done = run(Losses([[2.0], [0.0059], [0.03], [0.0059], [0.001], [0.001]], scores))
    assert (done.best_epoch, len(done.curve)) == ((5,), 5)
    assert len(run(Losses([[2.0], [0.03], [0.0061], [0.0061], [0.0061], [0.0061]], scores)).curve) == 6
    several = Losses([[2.0, 1.0], [0.0059, 1.0], [0.0059, 0.0029], [2.0, 0.0], [0, 0], [0, 0]], [s * 2 for s in scores])
    done = run(several)
    assert (done.best_epoch, len(done.curve)) == ((3, 4), 4), "a member keeps what it had when it had learned all"


def test_members_train_until_the_last_is_as_good_as_can_be() -> None:
    model = Toy(seeds=(0, 1), scripted=[(0.5, 1.0), (0.9, 0.4), (1.0, 0.6), (1.0, 1.0), (1.0, 1.0), (1.0, 1.0)])
    done = run(model)
    assert (done.best_epoch, len(done.curve)) == ((3, 1), 3)


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_a_dev_score_that_is_not_a_number_ends_training_with_the_best_weights_before(bad: float) -> None:
    model = Toy(scripted=[[0.5], [bad]])
    done = run(model)
    assert (done.diverged, done.best_epoch, len(done.curve)) == ((True,), (1,), 2)
    assert_weights(model, model.scored[0])


def test_a_loss_that_is_not_a_number_from_the_first_epoch_leaves_the_weights_as_they_were() -> None:
    model = Toy(scripted=[[0.5]] * 6)
    before = {name: p.detach().clone() for name, p in model.named_parameters()}
    model.points[3] = torch.nan
    done = run(model)
    assert (done.diverged, done.best_epoch, len(done.curve)) == ((True,), (0,), 1)
    assert_weights(model, before)


def test_a_member_that_diverges_leaves_the_others_alone() -> None:
    together, alone = Toy(seeds=(0, 1)), Toy(seeds=(1,))
    with torch.no_grad():
        together.weight[0, 0] = torch.nan
    done = run(together)
    assert done.diverged == (True, False)
    assert done.best_epoch == (0, *run(alone).best_epoch)
    torch.testing.assert_close(together.weight[1], alone.weight[0], atol=1e-6, rtol=1e-5)


def test_one_seed_one_result() -> None:
    first, second, other = Toy(), Toy(), Toy()
    fits = [run(first, seed=1), run(second, seed=1), run(other, seed=2)]
    assert_weights(second, dict(first.named_parameters()))
    assert [e.loss for e in fits[0].curve] == [e.loss for e in fits[1].curve]
    assert first.seen == second.seen != other.seen


@pytest.mark.parametrize("settings", [{}, {"clip": 0.01}, {"patience": 1, "epochs": 30}, {"weight_decay": 0.3}])
def test_members_are_independent(settings: dict[str, float]) -> None:
    """Neither clipping nor another member's luck on dev may change what a member becomes."""
    recipe = replace(SETTINGS, **settings)  # type: ignore[arg-type]
    together = Toy(seeds=(0, 1, 2))
    done = run(together, recipe)
    for m, seed in enumerate((0, 1, 2)):
        alone = Toy(seeds=(seed,))
        assert run(alone, recipe).best_epoch == done.best_epoch[m : m + 1]
        for one, all_ in zip(alone.parameters(), together.parameters(), strict=True):
            torch.testing.assert_close(one[0], all_[m], atol=1e-6, rtol=1e-5)


def test_each_member_keeps_its_own_best_epoch() -> None:
    model = Toy(seeds=(0, 1), scripted=[(0.5, 0.5), (0.9, 0.4), (0.1, 0.6), (0.2, 0.1), (0.95, 0.1), (0.1, 0.7)])
    done = run(model, replace(SETTINGS, patience=3))
    assert done.best_epoch == (5, 6)
    for m, epoch in enumerate(done.best_epoch):
        for name, parameter in model.named_parameters():
            assert torch.equal(parameter[m], model.scored[epoch - 1][name][m])


def test_clipping_bounds_what_a_step_sees(monkeypatch: pytest.MonkeyPatch) -> None:
    norms: list[float] = []
    plain = step.advance

    def watched(optimiser: torch.optim.AdamW, tools: Tools, divisor: Tensor | None) -> None:
        grads = [p.grad.flatten() for group in optimiser.param_groups for p in group["params"]]
        norms.append(float(torch.cat(grads).norm() / (1.0 if divisor is None else divisor)))
        plain(optimiser, tools, divisor)

    monkeypatch.setattr(step, "advance", watched)
    run(Toy(), replace(SETTINGS, epochs=1))
    free = norms.copy()
    norms.clear()
    run(Toy(), replace(SETTINGS, epochs=1, clip=0.05))
    assert min(free) > 0.05
    assert norms == pytest.approx([0.05] * 4, rel=1e-3)


def test_frozen_groups_get_no_update_while_unfreezing() -> None:
    model = Toy()
    first = {name: p.detach().clone() for name, p in model.named_parameters()}
    done = run(
        model, replace(SETTINGS, epochs=4, gradual_unfreezing=True, weight_decay=0.5, schedule="slanted-triangular")
    )
    before = [first, *model.scored]
    moved = [{name for name in first if not torch.equal(a[name], b[name])} for a, b in zip(before, model.scored)]  # noqa: B905
    assert moved == [{"bias"}, {"bias", "weight"}, *[{"bias", "weight", "gain"}] * 4]
    assert done.trained_parameters == 9
    ends = [slanted_triangular(3, 4), slanted_triangular(3, 4), *(slanted_triangular(4 * e + 3, 16) for e in range(4))]
    assert [e.rate for e in done.curve] == pytest.approx([0.1 * end for end in ends])


def test_rates_follow_the_schedule() -> None:
    done = run(Toy(), replace(SETTINGS, schedule="linear", warmup=0.25))
    assert [e.rate for e in done.curve] == pytest.approx([0.1 * linear(4 * e + 3, 24, 0.25) for e in range(6)])


@pytest.mark.parametrize(
    ("epochs", "min_steps", "steps_per_epoch", "planned", "every"),
    [(3, 0, 50, 3, 1), (3, 100, 50, 3, 1), (3, 101, 20, 6, 1), (3, 500, 10, 50, 5), (20, 500, 10, 50, 3)],
)
def test_epochs_are_raised_to_the_steps_needed(
    epochs: int, min_steps: int, steps_per_epoch: int, planned: int, every: int
) -> None:
    recipe = replace(SETTINGS, epochs=epochs, min_steps=min_steps)
    assert planned_epochs(recipe, steps_per_epoch) == planned
    assert scored_every(recipe, planned) == every


def test_dev_is_read_about_ten_times_and_at_the_end_and_oftener_at_the_start() -> None:
    model = Toy(scripted=[[0.5]] * 11)
    done = run(model, replace(SETTINGS, epochs=2, min_steps=4 * 25))
    assert [e.epoch for e in done.curve] == [1, 2, 3, 6, 9, 12, 15, 18, 21, 24, 25]
    assert len(model.scored) == 11


@pytest.mark.parametrize(
    ("every", "early"), [(1, set()), (2, {1}), (3, {1, 2}), (4, {1, 2}), (5, {1, 2, 4}), (17, {1, 2, 4, 8, 16})]
)
def test_early_readings_are_ever_further_apart(every: int, early: set[int]) -> None:
    assert early_readings(every) == early


def test_early_readings_can_be_the_best_and_take_no_patience() -> None:
    settings = replace(SETTINGS, epochs=2, min_steps=4 * 25, patience=2)
    best_early = Toy(scripted=[[s] for s in (0.2, 0.9, 0.5, 0.5, 0.5)])
    done = run(best_early, settings)
    assert (done.best_epoch, [e.epoch for e in done.curve]) == ((2,), [1, 2, 3, 6])
    falling = Toy(scripted=[[s] for s in (0.9, 0.8, 0.7, 0.95, 0.1, 0.1)])
    done = run(falling, settings)
    assert (done.best_epoch, [e.epoch for e in done.curve]) == ((6,), [1, 2, 3, 6, 9, 12])


def test_a_run_ends_at_the_reading_at_which_it_is_not_to_go_on_and_keeps_the_best_up_to_there() -> None:
    asked: list[tuple[int, int]] = []

    def goes_on(readings: Sequence[Epoch], planned: int) -> bool:
        asked.append((readings[-1].step, planned))
        return len(readings) < 2

    scripted = [(0.1,), (0.3,), (0.2,), (0.4,), (0.5,), (0.6,)]
    whole, cut = run(Toy(scripted=scripted)), run(Toy(scripted=scripted), goes_on=goes_on)
    assert (whole.stopped, cut.stopped) == (False, True)
    assert cut.planned == whole.planned == whole.curve[-1].step
    assert [(e.step, e.loss, e.dev) for e in cut.curve] == [(e.step, e.loss, e.dev) for e in whole.curve[:2]]
    assert asked == [(e.step, whole.planned) for e in whole.curve[:2]]
    assert (cut.best_epoch, cut.examples) == ((2,), 2 * 16)


def test_nobody_is_asked_after_the_last_reading() -> None:
    asked: list[int] = []

    def goes_on(readings: Sequence[Epoch], planned: int) -> bool:
        asked.append(readings[-1].step)
        return True

    whole = run(Toy(scripted=[(0.1,)] * 6), goes_on=goes_on)
    assert asked == [4, 8, 12, 16, 20]
    assert (whole.curve[-1].step, whole.stopped) == (24, False)
