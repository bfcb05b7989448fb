"""The loop of pretraining: steps until the budget is spent, checkpoints from which it resumes to the same losses."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import torch

from unfreeze.disk.files import new_file
from unfreeze.disk.json_files import in_words
from unfreeze.disk.typed import typed
from unfreeze.encoders.precision import Precision
from unfreeze.encoders.threads import thread_pool
from unfreeze.errors import InputError
from unfreeze.layers.vectors import Vectors
from unfreeze.pretraining.budget import Budget, rate
from unfreeze.pretraining.objective import Objective
from unfreeze.training.gradients import set_gradients
from unfreeze.training.half_weights import HalfWeights
from unfreeze.training.update import Tools, advance, clip_divisor, gradient_norm

POINTS = 200  # of a curve
HELD_OUT_EVERY = 10  # points between two readings of the held-out part
CLIP, DECAY, BETAS = 1.0, 0.01, (0.9, 0.98)
HALVES = 2


@dataclass(frozen=True)
class Point:
    """The position of a run after a step.

    Attributes:
        loss: mean over the steps since the last point, in nats.
        held_out: by name, where it was read.
        seconds: of training so far, over all sessions, without reading the held-out part.
    """

    step: int
    tokens: int
    loss: float
    rate: float
    seconds: float
    held_out: Mapping[str, float] | None = None


@dataclass(frozen=True)
class Progress:
    """What is reported after a step: `speed` in recent tokens per second, `left` in seconds."""

    step: int
    tokens: int
    loss: float
    done: float
    speed: float
    left: float


@dataclass(frozen=True)
class State:
    """How far a run is."""

    step: int = 0
    tokens: int = 0
    seconds: float = 0.0
    curve: tuple[Point, ...] = ()


class DivergedError(InputError):
    """A loss, in training or on the held-out part, has become NaN or infinite; the last good checkpoint is kept."""


@dataclass(frozen=True)
class Checkpoints:
    """Where a run keeps what it needs to resume: every `every` seconds, completely or not at all."""

    file: Path
    every: float

    def write(self, objective: Objective, optimiser: torch.optim.Optimizer, state: State) -> None:
        """Replace the last one."""
        kept = {
            "model": objective.module.state_dict(), "optimiser": optimiser.state_dict(),
            "carried": dict(objective.carried()), "state": asdict(state),
        }  # fmt: skip
        with new_file(self.file) as unfinished:
            torch.save(kept, unfinished)

    def read(self, objective: Objective, optimiser: torch.optim.Optimizer) -> State:
        """Put the last one back; a new state where there is none. Raises `InputError` for one that is torn."""
        if not self.file.exists():
            return State()
        try:
            kept: dict[str, Any] = torch.load(self.file, map_location="cpu", weights_only=True)
            objective.module.load_state_dict(kept["model"])
            optimiser.load_state_dict(kept["optimiser"])
            _check_shapes(optimiser)
            objective.carry(kept["carried"])
            return typed(kept["state"], State, str(self.file), "delete it to start from scratch")
        except InputError:
            raise
        except Exception as error:  # a torn file fails in many ways
            problem = f"cannot be resumed from: {in_words(error)}; delete it to start from scratch"
            raise InputError(problem, where=str(self.file)) from None


def _check_shapes(optimiser: torch.optim.Optimizer) -> None:
    """Raise `ValueError` where what an optimiser keeps of a parameter is not of its shape, which it takes silently."""
    for parameter, kept in optimiser.state.items():
        for name, tensor in kept.items():
            if isinstance(tensor, torch.Tensor) and tensor.ndim and tensor.shape != parameter.shape:
                raise ValueError(f"{name} has the shape {list(tensor.shape)}, its parameter {list(parameter.shape)}")


def optimiser_for(objective: Objective, device: torch.device) -> torch.optim.AdamW:
    """AdamW, vectors (biases, norms) without decay."""
    every = list(objective.module.parameters())
    vectors = [p for p in every if p.ndim <= 1 or isinstance(p, Vectors)]
    undecayed = {id(p) for p in vectors}
    groups = [{"params": [p for p in every if id(p) not in undecayed], "weight_decay": DECAY},
              {"params": vectors, "weight_decay": 0.0}]  # fmt: skip
    filled = [group for group in groups if group["params"]]
    return torch.optim.AdamW(filled, objective.learning_rate, BETAS, eps=1e-6, fused=True)


def pretrain(
    objective: Objective,
    budget: Budget,
    checkpoints: Checkpoints,
    *,
    seed: int,
    precision: Precision,
    device: torch.device,
    after_step: Callable[[Progress], None] = lambda progress: None,
    point: Callable[[State], None] = lambda state: None,
) -> State:
    """Train until the budget is spent, from the last checkpoint if there is one.

    Two runs, or one that was interrupted, have the same losses to the last bit on a machine with as many threads,
    unless the budget is one of time.

    Args:
        after_step: called after every step. point: called at every point of the curve.

    Raises:
        DivergedError: a loss is not finite.
        InputError: a checkpoint is torn or cannot be written.
    """
    optimiser = optimiser_for(objective, device)
    state = checkpoints.read(objective, optimiser)
    every = _every(objective, budget)
    losses: list[float] = []
    saved = time.perf_counter()
    with _threads(device) as pool:
        run = _Steps(
            objective, optimiser, Tools(pool, HalfWeights(objective.module, precision)), seed, precision, device
        )
        while budget.done(state.tokens, state.seconds) < 1:
            began = time.perf_counter()
            share = rate(budget.done(state.tokens, state.seconds))
            loss, tokens = run.step(state.step, share)
            if not math.isfinite(loss):
                raise DivergedError(_diverged(state, checkpoints), where="--learning-rate")
            losses.append(loss)
            state = replace(
                state, step=state.step + 1, tokens=state.tokens + tokens, seconds=state.seconds + _since(began)
            )
            done = budget.done(state.tokens, state.seconds)
            after_step(run.progress(state, loss, done, tokens, _since(began)))
            if state.step % every == 0 or done >= 1:
                state = _with_point(objective, state, losses, share, precision, done >= 1)
                if not all(map(math.isfinite, (state.curve[-1].held_out or {}).values())):
                    raise DivergedError(_diverged(state, checkpoints), where="--learning-rate")
                losses = []
                point(state)
                if _since(saved) > checkpoints.every or done >= 1:
                    checkpoints.write(objective, optimiser, state)
                    saved = time.perf_counter()
    return state


def _since(began: float) -> float:
    return time.perf_counter() - began


def _every(objective: Objective, budget: Budget) -> int:
    """Steps between two points, which must not depend on the clock where the budget does not."""
    return 50 if budget.tokens is None else max(1, round(budget.tokens / objective.step_tokens / POINTS))


def _diverged(state: State, checkpoints: Checkpoints) -> str:
    kept = "there was no checkpoint yet"
    if checkpoints.file.exists():
        kept = f"the last good checkpoint is kept in {checkpoints.file}"
    return f"the loss is not finite after step {state.step}; {kept}; continue with a lower rate"


def _with_point(
    objective: Objective, state: State, losses: Sequence[float], share: float, precision: Precision, last: bool
) -> State:
    due = last or len(state.curve) % HELD_OUT_EVERY == 0
    held_out = objective.held_out(precision) if due else None
    made = Point(state.step, state.tokens, sum(losses) / len(losses), share * objective.learning_rate, state.seconds,
                 held_out)  # fmt: skip
    return replace(state, curve=(*state.curve, made))


@contextmanager
def _threads(device: torch.device) -> Iterator[ThreadPoolExecutor | None]:
    """A thread for each half of a step on a processor."""
    workers = min(HALVES, torch.get_num_threads())
    if device.type != "cpu" or workers < HALVES:
        yield None
        return
    with thread_pool(workers, torch.get_num_threads() // workers) as pool:
        yield pool


class _Steps:
    """Single steps, and how fast they are of late."""

    def __init__(
        self,
        objective: Objective,
        optimiser: torch.optim.AdamW,
        tools: Tools,
        seed: int,
        precision: Precision,
        device: torch.device,
    ) -> None:
        self.objective, self.optimiser, self.tools, self.seed = objective, optimiser, tools, seed
        self.precision, self.device = precision, device
        self.parameters = [p for group in optimiser.param_groups for p in group["params"]]
        self.speed = 0.0
        objective.module.train()

    def step(self, number: int, share: float) -> tuple[float, int]:
        """One step of the optimiser; returns the loss (NaN where the gradient is not finite) and the tokens read."""
        objective = self.objective
        for group in self.optimiser.param_groups:
            group["lr"] = objective.learning_rate * share
        batch = objective.batch(number)
        halves = HALVES if self.device.type == "cpu" else 1
        shares = [(rows, 1.0) for rows in objective.parts(batch, halves)]
        loss = set_gradients(
            objective.module, partial(objective.loss, batch), shares, self.parameters, self.tools, (self.seed, number),
            self.device, self.precision,
        )  # fmt: skip
        norm = gradient_norm(self.parameters, self.tools)
        finite = bool(norm.isfinite())
        if finite:
            advance(self.optimiser, self.tools, clip_divisor(norm, CLIP))
        return float(loss) if finite else math.nan, objective.tokens(batch)

    def progress(self, state: State, loss: float, done: float, tokens: int, took: float) -> Progress:
        """What is reported of a step that took that many seconds."""
        now = tokens / took
        self.speed = now if not self.speed else 0.95 * self.speed + 0.05 * now
        spent = state.seconds
        return Progress(state.step, state.tokens, loss, done, self.speed, spent / done * max(0.0, 1 - done))
