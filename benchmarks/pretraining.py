"""Pretraining: masked LM against the transformers Trainer with its collator, biLM and skip-thoughts against a build.

    python -m pip install -r benchmarks/requirements.txt
    python benchmarks/pretraining.py --data shared/data/sst2 --steps 40

A new ModernBERT of the size named, without dropout, on the texts of a set as running text. Both read the same inputs of
one length, so nothing is padding, in batches of one size, in bf16 where that is fast, and clip the gradient. The peer
is `Trainer` with `DataCollatorForLanguageModeling`: AdamW, linear decay; it saves and logs nothing. Of each run the
first steps, in which libraries prepare themselves, are not counted.

With `--earlier FOLDER`, the `src` of another build, new ELMos and skip-thoughts of the size `mini` are pretrained by it
and by this one, in processes of their own (`pretraining_steps.py`), on the same texts in documents of 20.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # before torch: spinning threads stall a shared machine

import argparse
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import torch
from data_sets import read_set
from fine_tuning import Ticks
from measuring import (
    Peaks,
    Rate,
    StepClock,
    in_own_process,
    median_rate,
    named_ratio,
    take_turns,
    this_machine,
)
from results import ROOT, Findings, Run, Table, add_json_option
from transformers import DataCollatorForLanguageModeling, Trainer
from transformers import TrainingArguments as Arguments
from transformers.utils import logging

from unfreeze.encoders.precision import fast_precision
from unfreeze.pretraining.begin import objective_for
from unfreeze.pretraining.budget import Budget
from unfreeze.pretraining.loop import Checkpoints, pretrain
from unfreeze.pretraining.mlm import MaskedLm
from unfreeze.pretraining.settings import pretraining_from
from unfreeze.training.seeds import seeded

WARM = 3  # steps
SOURCE = ROOT / "src"


def rate(clock: StepClock, pieces: int) -> Rate:
    """Pieces a second of all steps but the first."""
    steps = len(clock.ends) - 1
    return clock.rate(np.arange(steps) >= WARM, pieces * (steps - WARM))


def train_ours(objective: MaskedLm, steps: int, folder: Path) -> Rate:
    """Our loop, without checkpoints or held-out losses in the time."""
    clock = StepClock()
    device = torch.device("cpu")
    budget, kept = Budget(steps * objective.step_tokens, None), Checkpoints(folder / "checkpoint.pt", 1e9)
    kept.file.unlink(missing_ok=True)
    pretrain(
        objective, budget, kept, seed=0, precision=fast_precision(device), device=device,
        after_step=lambda progress: clock.tick(),
    )  # fmt: skip
    return rate(clock, objective.step_tokens)


def train_peer(objective: MaskedLm, steps: int) -> Rate:
    """Trainer on the same inputs."""
    tokenizer, clock = objective.tokenizer, StepClock()
    bodies = objective.text.rows(objective.text.starts(0, min(objective.text.count, steps * objective.rows)))
    rows = [
        {"input_ids": [tokenizer.cls_token_id, *body.tolist(), tokenizer.sep_token_id]} for body in bodies
    ]  # fmt: skip
    told: Any = objective.base.config
    config = type(told).from_dict(told.to_dict())  # with the attention that transformers chooses
    with tempfile.TemporaryDirectory() as out, seeded(0):
        arguments = Arguments(
            out, per_device_train_batch_size=objective.rows, learning_rate=objective.learning_rate, max_steps=steps,
            lr_scheduler_type="linear", use_cpu=True, bf16=fast_precision(torch.device("cpu")) == "bf16",
            save_strategy="no", eval_strategy="no", report_to="none", disable_tqdm=True, logging_strategy="no",
        )  # fmt: skip
        collator = DataCollatorForLanguageModeling(tokenizer, mlm_probability=0.15)
        Trainer(type(objective.model)(config), arguments, collator, rows, callbacks=[Ticks(clock)]).train()
    return rate(clock, objective.step_tokens)


def measure(objective: MaskedLm, size: str, steps: int, turns: int, folder: Path) -> Findings:
    """Both sides in turns."""
    peaks = Peaks()
    sides = {"ours": lambda: train_ours(objective, steps, folder), "Trainer": lambda: train_peer(objective, steps)}
    rates = take_turns(sides, turns, peaks)
    precision = fast_precision(torch.device("cpu"))
    share = {name: peaks.share(objective.flops, seen, precision) for name, seen in rates.items()}
    rows = tuple((name, median_rate(seen).clock, str(share[name])) for name, seen in rates.items())
    shape = f"{objective.rows} inputs of {objective.length} pieces a step, {steps} steps, {turns} turns"
    note = (
        f"{shape}; of the peak by the products that ours computes: the head sees the masked pieces alone. "
        f"Peak {peaks.line()}."
    )
    table = Table(f"{size}: masked-LM", ("", "pieces/s", "of its peak"), rows, note)
    ratio = named_ratio(
        f"masked-LM pretraining of {size}, against Trainer", rates["ours"], rates["Trainer"], "pieces/s",
        share["ours"],
    )  # fmt: skip
    return Findings((table,), (ratio,))


def against_earlier(objective: str, corpus: Path, earlier: Path, arguments: argparse.Namespace) -> Findings:
    """This build and another in turns, on the size `mini`."""
    script = str(Path(__file__).with_name("pretraining_steps.py"))
    words = ["--objective", objective, "--corpus", corpus, "--steps", arguments.steps]
    words += ["--batch", arguments.words] if arguments.words else []

    def steps_of(source: Path) -> Rate:
        return Rate(**in_own_process(script, *words, source=source))

    sides = {"ours": lambda: steps_of(SOURCE), "earlier": lambda: steps_of(earlier)}
    rates = take_turns(sides, arguments.turns)
    said = {"bilm": "biLM"}.get(objective, objective)
    name = f"{said} pretraining of mini, against the build of 2026-11-30"
    return Findings((), (named_ratio(name, rates["ours"], rates["earlier"], "words/s"),))


def main() -> None:
    """Print machine, date, versions, and both sides."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="a folder with labelled texts, such as sst2")
    parser.add_argument("--sizes", nargs="+", default=["tiny", "mini"])
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--batch", type=int, help="pieces a step; the size's own if left out")
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--earlier", type=Path, help="`src` of the build of 2026-11-30")
    parser.add_argument("--words", type=int, help="a step of biLM and skip-thoughts; the size's own if left out")
    add_json_option(parser)
    arguments = parser.parse_args()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    run = Run(this_machine("accelerate"), arguments.json)
    data = read_set(arguments.data.parent, arguments.data.name, None)
    for size in arguments.sizes:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            text = folder / "text.txt"
            text.write_text("\n\n".join(example.text for example in data.train), encoding="utf-8")
            given = {"corpus": (str(text),), "out": str(folder), "objective": "mlm", "size": size}
            asked = pretraining_from(given | ({"batch": arguments.batch} if arguments.batch else {}))
            objective = objective_for(asked, folder / "work", torch.device("cpu"), lambda line: None)
            assert isinstance(objective, MaskedLm)
            run.add(measure(objective, size, arguments.steps, arguments.turns, folder))
    if arguments.earlier is not None:
        with tempfile.TemporaryDirectory() as name:
            text, texts = Path(name) / "text.txt", [example.text for example in data.train]
            documents = ["\n".join(texts[start : start + 20]) for start in range(0, len(texts), 20)]
            text.write_text("\n\n".join(documents), encoding="utf-8")
            for objective_name in ("bilm", "skip-thoughts"):
                run.add(against_earlier(objective_name, text, arguments.earlier, arguments))
    run.close()


if __name__ == "__main__":
    main()
