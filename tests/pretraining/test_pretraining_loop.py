"""The loop: the same losses whether it is interrupted or not, and what stops it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
import torch
from made_corpus import asked, write_corpus
from torch import Tensor

from unfreeze.errors import InputError
from unfreeze.pretraining.begin import objective_for
from unfreeze.pretraining.budget import Budget, rate
from unfreeze.pretraining.loop import Checkpoints, DivergedError, Progress, State, optimiser_for, pretrain
from unfreeze.pretraining.objective import Objective

CPU = torch.device("cpu")
OBJECTIVES = ("mlm", "bilm", "skip-thoughts")


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("loop")
    write_corpus(folder / "text.txt", 30)
    return folder


def objective(corpus: Path, kind: str, **more: object) -> Objective:
    settings = {} if kind == "skip-thoughts" else {"dropout": 0.1}
    return objective_for(asked(corpus, kind, **settings, **more), corpus / kind, CPU, lambda line: None)


def train(
    made: Objective, file: Path, tokens: float, told: Callable[[Progress], None] = lambda _: None, every: float = 0
) -> State:
    budget = Budget(tokens, None)
    return pretrain(made, budget, Checkpoints(file, every), seed=3, precision="fp32", device=CPU, after_step=told)


def curve_of(state: State) -> list[dict[str, Any]]:
    return [{**asdict(point), "seconds": None} for point in state.curve]


def weights_of(made: Objective) -> dict[str, Tensor]:
    return {name: t.clone() for name, t in made.module.state_dict().items()}


def stop_at(step: int) -> Callable[[Progress], None]:
    def told(progress: Progress) -> None:
        if progress.step == step:
            raise KeyboardInterrupt

    return told


@pytest.mark.parametrize("kind", OBJECTIVES)
def test_an_interrupted_run_resumes_to_the_same_losses_and_weights(
    kind: str, threads: int, corpus: Path, tmp_path: Path
) -> None:
    whole = objective(corpus, kind)
    tokens = 7.5 * whole.step_tokens
    expected = train(whole, tmp_path / "whole.pt", tokens)
    assert expected.step >= 7
    for step in (3, 6):
        with pytest.raises(KeyboardInterrupt):
            train(objective(corpus, kind), tmp_path / "checkpoint.pt", tokens, stop_at(step))
    last = objective(corpus, kind)
    steps: list[int] = []
    found = train(last, tmp_path / "checkpoint.pt", tokens, lambda progress: steps.append(progress.step))
    assert steps == list(range(6, expected.step + 1))  # the one that was not kept is made again
    assert curve_of(found) == curve_of(expected)
    assert (found.step, found.tokens) == (expected.step, expected.tokens)
    for name, t in weights_of(last).items():
        assert torch.equal(t, whole.module.state_dict()[name]), name


@pytest.mark.parametrize("kind", OBJECTIVES)
def test_one_thread_or_two_give_the_same_weights(kind: str, corpus: Path, tmp_path: Path) -> None:
    before, found = torch.get_num_threads(), []
    for count in (1, 2):
        torch.set_num_threads(count)
        try:
            made = objective(corpus, kind)
            state = train(made, tmp_path / f"{count}.pt", 4 * made.step_tokens, every=math.inf)
        finally:
            torch.set_num_threads(before)
        found.append((curve_of(state), weights_of(made)))
    (one, alone), (two, halved) = found
    assert one == two
    for name, t in alone.items():
        assert torch.equal(t, halved[name]), name


@pytest.mark.parametrize("kind", OBJECTIVES)
def test_it_learns(kind: str, corpus: Path, tmp_path: Path) -> None:
    made = objective(corpus, kind, learning_rate=0.02)
    before = made.held_out("fp32")
    state = train(made, tmp_path / "checkpoint.pt", 40 * made.step_tokens, every=math.inf)
    last = state.curve[-1].held_out
    assert last is not None
    assert next(iter(last.values())) < next(iter(before.values())) - 0.2


def test_a_finished_run_has_nothing_left_to_do(corpus: Path, tmp_path: Path) -> None:
    made = objective(corpus, "mlm")
    state = train(made, tmp_path / "checkpoint.pt", made.step_tokens)
    again = train(objective(corpus, "mlm"), tmp_path / "checkpoint.pt", made.step_tokens, stop_at(2))
    assert again == state


def test_points_have_the_mean_loss_since_the_last_one(corpus: Path, tmp_path: Path) -> None:
    """Of as many steps as put two of them into a point."""
    made = objective(corpus, "skip-thoughts")
    losses: list[float] = []
    budget = 390 * made.step_tokens
    with pytest.raises(KeyboardInterrupt):
        train(made, tmp_path / "checkpoint.pt", budget, lambda p: (losses.append(p.loss), stop_at(23)(p))[1])
    other = objective(corpus, "skip-thoughts")
    kept = Checkpoints(tmp_path / "checkpoint.pt", 0).read(other, optimiser_for(other, CPU))
    assert [point.step for point in kept.curve] == list(range(2, 23, 2))
    assert [point.loss for point in kept.curve] == [sum(losses[i - 2 : i]) / 2 for i in range(2, 23, 2)]
    assert [number for number, point in enumerate(kept.curve) if point.held_out] == [0, 10]


def test_the_rate_follows_what_is_done(corpus: Path, tmp_path: Path) -> None:
    made = objective(corpus, "mlm")
    tokens = 20 * made.step_tokens
    state = train(made, tmp_path / "checkpoint.pt", tokens, every=math.inf)
    rates = [point.rate for point in state.curve]
    expected = [rate(step / 20) * made.learning_rate for step in range(20)]
    assert rates == pytest.approx(expected)
    assert rates[0] < max(rates) > rates[-1]


def test_a_budget_of_time_ends(corpus: Path, tmp_path: Path) -> None:
    made = objective(corpus, "skip-thoughts")
    budget = Budget(None, 0.3)
    state = pretrain(made, budget, Checkpoints(tmp_path / "checkpoint.pt", 60), seed=0, precision="fp32", device=CPU)
    assert 0.3 <= state.seconds < 3
    assert state.curve[-1].step == state.step > 1
    assert (tmp_path / "checkpoint.pt").exists()


def spoilt(made: Objective, after: int, how: str) -> None:
    """Let the loss of a step, or its gradient, be NaN."""
    loss, steps = made.loss, [0]
    parameter = next(p for p in made.module.parameters() if p.requires_grad)

    def broken(batch: Any, rows: Any) -> Tensor:
        found = loss(batch, rows)
        if steps[0] < after:
            return found
        if how == "loss":
            return found * math.nan
        first = parameter.flatten()[:1]
        return found + (first - first.detach()).sqrt()  # 0, of infinite slope

    batch_of = made.batch

    def counted(step: int) -> Any:
        steps[0] = step
        return batch_of(step)

    made.loss, made.batch = broken, counted  # type: ignore[method-assign]


@pytest.mark.parametrize("how", ["loss", "gradient"])
def test_a_loss_that_is_not_a_number_keeps_the_last_checkpoint(how: str, corpus: Path, tmp_path: Path) -> None:
    file = tmp_path / "checkpoint.pt"
    with pytest.raises(KeyboardInterrupt):
        train(objective(corpus, "mlm"), file, 1e4, stop_at(4))
    kept = file.read_bytes()
    made = objective(corpus, "mlm")
    spoilt(made, 3, how)
    with pytest.raises(DivergedError, match=r"after step 3; the last good checkpoint is kept in .*checkpoint\.pt"):
        train(made, file, 1e4)
    assert file.read_bytes() == kept
    assert all(torch.isfinite(p).all() for p in made.module.parameters())


@pytest.mark.parametrize("kind", OBJECTIVES)
def test_a_rate_that_breaks_weights_is_reported_before_they_are_kept(kind: str, corpus: Path, tmp_path: Path) -> None:
    """The step itself has a loss; what it made of the weights is seen on the held-out part, or in the next step."""
    file = tmp_path / "checkpoint.pt"
    made = objective(corpus, kind, learning_rate=1e38)
    with pytest.raises(DivergedError, match="the loss is not finite after step") as raised:
        train(made, file, 30 * made.step_tokens)
    assert raised.value.where == "--learning-rate"
    kept = torch.load(file)["state"]["curve"] if file.exists() else []
    assert all(math.isfinite(loss) for point in kept for loss in (point["held_out"] or {}).values())


def test_a_held_out_loss_that_is_not_a_number_keeps_the_last_checkpoint(corpus: Path, tmp_path: Path) -> None:
    file = tmp_path / "checkpoint.pt"
    made = objective(corpus, "skip-thoughts")
    kept: list[bytes] = []
    read = made.held_out

    def broken(precision: Any) -> dict[str, float]:
        found = read(precision)
        if not file.exists():
            return found
        kept.append(file.read_bytes())
        return {**found, "next": math.nan}

    made.held_out = broken  # type: ignore[method-assign]
    with pytest.raises(DivergedError, match="after step 11; the last good checkpoint is kept"):
        train(made, file, 12 * made.step_tokens)
    assert file.read_bytes() == kept[-1]


def test_a_loss_that_is_not_a_number_at_once(corpus: Path, tmp_path: Path) -> None:
    made = objective(corpus, "bilm")
    spoilt(made, 0, "loss")
    with pytest.raises(DivergedError, match="there was no checkpoint yet"):
        train(made, tmp_path / "checkpoint.pt", 1e4)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("harm", ["torn", "empty", "other", "parts"])
def test_a_checkpoint_that_cannot_be_read_is_reported(harm: str, corpus: Path, tmp_path: Path) -> None:
    file = tmp_path / "checkpoint.pt"
    made = objective(corpus, "bilm")
    train(made, file, made.step_tokens)
    content = file.read_bytes()
    if harm == "torn":
        file.write_bytes(content[: len(content) // 2])
    elif harm == "empty":
        file.write_bytes(b"")
    elif harm == "other":
        other = objective(corpus, "skip-thoughts")
        file.unlink()
        train(other, file, other.step_tokens)
    else:
        torch.save({name: t for name, t in torch.load(file).items() if name != "carried"}, file)
    with pytest.raises(InputError, match="delete it to start from scratch") as raised:
        train(objective(corpus, "bilm"), file, 1e4)
    assert str(file) in str(raised.value)


@pytest.mark.parametrize("kind", OBJECTIVES)
def test_only_matrices_decay(kind: str, corpus: Path) -> None:
    """A step without a gradient changes nothing but what decays."""
    made = objective(corpus, kind)
    before = weights_of(made)
    optimiser = optimiser_for(made, CPU)
    for parameter in made.module.parameters():
        parameter.grad = torch.zeros_like(parameter)
    optimiser.step()
    kept = 1 - 0.01 * made.learning_rate
    seen = set()
    for name, parameter in made.module.named_parameters():
        vector = "bias" in name or "norm" in name.lower()
        torch.testing.assert_close(parameter.detach(), before[name] * (1 if vector else kept), rtol=1e-7, atol=0)
        seen.add(vector)
    assert seen == {True, False}
