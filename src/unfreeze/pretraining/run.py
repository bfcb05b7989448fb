"""A whole run: corpus, model, training, the encoder written to its folder, and the page."""

from __future__ import annotations

import shutil
import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import date
from pathlib import Path
from typing import Any

import psutil
import torch

from unfreeze.disk.claim import claimed
from unfreeze.disk.files import moved, writing
from unfreeze.disk.unfinished import discard, hidden
from unfreeze.encoders.precision import Precision, pick_device, precision_to_use
from unfreeze.encoders.protocol import Encoder
from unfreeze.errors import InputError
from unfreeze.pretraining.begin import objective_for
from unfreeze.pretraining.budget import Budget
from unfreeze.pretraining.card import write_card
from unfreeze.pretraining.halving import halve
from unfreeze.pretraining.loop import Checkpoints, Progress, State, pretrain
from unfreeze.pretraining.objective import Objective
from unfreeze.pretraining.page import write_page
from unfreeze.pretraining.record import RECORD, Record, check_same, read_record, write_record
from unfreeze.pretraining.settings import Pretraining
from unfreeze.training.usable_precision import usable_precision

WORK = "training"  # what an unfinished run needs: corpus, vocabulary, checkpoint


def run(
    settings: Pretraining,
    tell: Callable[[str], None] = lambda line: None,
    after_step: Callable[[Progress], None] = lambda progress: None,
    point: Callable[[Record], None] = lambda record: None,
) -> Record:
    """Pretrain an encoder and write it to the folder `settings.out`; an unfinished run there is resumed.

    Args:
        tell: called with a line about each thing that is read or made.
        after_step: called after every step. point: called at every point of the curve, with the record that has it.

    Raises:
        InputError: the settings, the corpus or the folder is invalid, or the loss became NaN or infinite.
    """
    out = Path(settings.out)
    with claimed(out, RECORD):
        known = read_record(out) if (out / RECORD).exists() else None
        if known is not None:
            check_same(known.settings, settings)
            if known.finished:
                shutil.rmtree(out / WORK, ignore_errors=True)  # of a run that was killed as it ended
                raise InputError("contains a finished run; continue it with --from and another --out", where=str(out))
        device = pick_device(settings.device)
        precision = precision_to_use(device, None if known is None else known.precision)
        objective = _objective(settings, out, device, tell)
        encoder = getattr(objective, "encoder", None)
        if isinstance(encoder, Encoder):
            precision, instead = usable_precision(encoder, precision)
            if instead is not None:
                tell(instead)
        record = _record(settings, objective, precision, device)
        if known is not None:  # all there is to report until the next point, and after the last one
            record = replace(record, curve=known.curve, speed=known.speed, share_of_peak=known.share_of_peak)
        write_record(out, record)
        tell(_begun(record))
        budget = _budget(settings, objective)
        peak = matmul_peak(device, precision)

        def reached(state: State) -> None:
            nonlocal record
            speed, curve = state.tokens / state.seconds, tuple(asdict(p) for p in state.curve)
            record = replace(record, curve=curve, speed=speed, share_of_peak=speed * objective.flops / peak)
            write_record(out, record)
            if state.curve[-1].held_out:
                write_page(out, record)
            point(record)

        checkpoints = Checkpoints(out / WORK / "checkpoint.pt", 60 * settings.checkpoint_minutes)
        pretrain(
            objective,
            budget,
            checkpoints,
            seed=settings.seed,
            precision=precision,
            device=device,
            after_step=after_step,
            point=reached,
        )
        _write_encoder(objective, out, settings.half)
        record = replace(record, finished=True)
        write_page(out, record)
        write_card(out, record)
        write_record(out, record)  # last, since it shows that everything is complete
        shutil.rmtree(out / WORK, ignore_errors=True)
    return record


def _objective(settings: Pretraining, out: Path, device: torch.device, tell: Callable[[str], None]) -> Objective:
    """See `objective_for`; if it fails, what was prepared is removed again."""
    work = out / WORK
    with writing(work):
        work.mkdir(parents=True, exist_ok=True)
    try:
        return objective_for(settings, work, device, tell)
    except BaseException:
        if not (out / RECORD).exists():
            shutil.rmtree(work, ignore_errors=True)
        raise


def _write_encoder(objective: Objective, out: Path, half: bool) -> None:
    """Write the encoder's files into `out`, each of them complete or not at all."""
    aside = hidden(out / WORK / "encoder")
    try:
        with writing(out):
            aside.mkdir()
            objective.save(aside)
            if half:
                halve(aside)
            for path in sorted(aside.iterdir()):
                moved(path, out / path.name)
    finally:
        discard(aside)


def _record(settings: Pretraining, objective: Objective, precision: Precision, device: torch.device) -> Record:
    return Record(
        settings=settings, date=date.today().isoformat(), machine=_machine(device), precision=precision,
        sizes=dict(objective.sizes), unit=objective.unit, tokens=objective.corpus.tokens,
        held_out=objective.corpus.held_out,
        parameters=sum(p.numel() for p in objective.module.parameters() if p.requires_grad),
    )  # fmt: skip


def _machine(device: torch.device) -> str:
    if device.type == "cuda":
        return str(torch.cuda.get_device_name(device))
    return f"{psutil.cpu_count(logical=False) or psutil.cpu_count()} cores, {torch.get_num_threads()} threads"


def _begun(record: Record) -> str:
    return (
        f"{record.tokens:,} {record.unit} to train on, {record.held_out:,} held out; "
        f"{record.parameters / 1e6:.1f} M parameters, {record.precision}, {record.machine}"
    )


def _budget(settings: Pretraining, objective: Objective) -> Budget:
    if settings.hours is not None:
        return Budget(None, 3600 * settings.hours)
    passes = 1.0 if settings.passes is None else settings.passes
    return Budget(settings.tokens or passes * objective.corpus.tokens, None)


def matmul_peak(device: torch.device, precision: Precision) -> float:
    """FLOP/s of a square matrix multiplication in this precision, the median of several."""
    side = 2048 if device.type == "cpu" else 8192
    dtype = torch.bfloat16 if precision == "bf16" else torch.float32
    a, b = (torch.randn(side, side, device=device).to(dtype) for _ in range(2))
    rates = []
    for _ in range(6):
        began = time.perf_counter()
        product: Any = a @ b
        float(product[0, 0])  # waits until it is there
        rates.append(2 * side**3 / (time.perf_counter() - began))
    return statistics.median(rates[1:])
