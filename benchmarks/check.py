"""Have the decisive ratios fallen? A short run on the sets of `examples/`; `make bench-check`.

    python benchmarks/check.py

Under three minutes on two quiet cores. Ratios only, both sides in turns, so that the machine's speed does not matter.
Ends with status 1 if one lies below its threshold in thresholds.json, less the tolerance there. Needs nothing but what
the project itself needs.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # before torch: spinning threads stall a shared machine

import argparse
import sys
from dataclasses import replace
from functools import partial
from typing import Any

import probes
import torch
from data_sets import read_set
from extraction import Bench
from fine_tuning import BATCH, RATE, WARMUP, Side, shortened, steps_alone, train_ours
from measuring import Peaks, Rate, StepClock, named_ratio, take_turns, this_machine, timed
from results import ROOT, Findings, Ratio, Run, add_json_option
from store_epochs import measure
from thresholds import read_thresholds, verdicts
from transformers import AutoTokenizer, BertForSequenceClassification, get_linear_schedule_with_warmup

from unfreeze.data.examples import Dataset
from unfreeze.encoders.load import load_encoder
from unfreeze.encoders.packaged import packaged_folder
from unfreeze.encoders.precision import Precision, fast_precision
from unfreeze.encoders.transformer import TransformerEncoder
from unfreeze.methods.inputs import read_inputs
from unfreeze.training.seeds import seeded

EXAMPLES = ROOT / "examples"
EPOCHS = 2


def extraction(encoder: TransformerEncoder, texts: int, turns: int) -> Ratio:
    """All layer states of pairs, written to a store, against AutoModel in file order."""
    data = read_set(EXAMPLES, "snli", texts)
    bench = Bench(encoder, data.task, data.train)
    pieces = int(read_inputs(encoder, data.task, "joint", data.train).lengths().sum())
    bench.stored("tokens")  # libraries prepare themselves at the first use
    sides = {
        "ours": partial(timed, partial(bench.stored, "tokens"), pieces),
        "peer": partial(timed, partial(bench.plain, by_length=False), pieces),
    }
    rates = take_turns(sides, turns, Peaks())
    return named_ratio("extraction, against AutoModel", rates["ours"], rates["peer"], "pieces/s")


def plain_loop(data: Dataset, seed: int) -> Rate:
    """Steps a second of fine-tuning as a tutorial writes it: AdamW, fp32, batches in random order, dynamic padding."""
    folder = packaged_folder("minilm")
    tokenizer: Any = AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
    index = data.labels.index()
    texts, labels = [e.text for e in data.train], torch.tensor([index[str(e.label)] for e in data.train])
    with seeded(seed):
        loaded = BertForSequenceClassification.from_pretrained(folder, num_labels=len(index), trust_remote_code=False)
        model: Any = loaded.train()
        optimiser = torch.optim.AdamW(model.parameters(), RATE)
        steps = EPOCHS * -(-len(texts) // BATCH)
        schedule = get_linear_schedule_with_warmup(optimiser, int(WARMUP * steps), steps)
        clock = StepClock()
        for _ in range(EPOCHS):
            for chosen in torch.randperm(len(texts)).split(BATCH):
                batch = tokenizer([texts[i] for i in chosen.tolist()], padding=True, return_tensors="pt")
                model(**batch, labels=labels[chosen]).loss.backward()
                torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
                optimiser.step()
                schedule.step()
                optimiser.zero_grad()
                clock.tick()
    return steps_alone(clock, len(texts), EPOCHS)


def fine_tuning(encoder: TransformerEncoder, texts: int, turns: int) -> Ratio:
    """Steps of ours against those of the plain loop."""
    data = shortened(read_set(EXAMPLES, "ewt_genre", texts), BATCH, BATCH)
    seeds = {"ours": iter(range(turns)), "peer": iter(range(turns))}
    sides = {
        "ours": lambda: train_ours(encoder, data, EPOCHS, next(seeds["ours"]), Side()),
        "peer": lambda: plain_loop(data, next(seeds["peer"])),
    }
    rates = take_turns(sides, turns, Peaks())
    return named_ratio("fine-tuning steps, against a plain loop", rates["ours"], rates["peer"], "samples/s")


def epoch(encoder: TransformerEncoder, head: str, name: str, texts: int, turns: int) -> Ratio:
    """An epoch of a head, from the store against recomputed."""
    _, found = measure(head, read_set(EXAMPLES, name, texts), turns, encoder, Peaks())
    return replace(found, name=f"epoch of {head}, from the store against recomputed")


def linear_probes(encoder: TransformerEncoder, texts: int, turns: int) -> Ratio:
    """Probes of every layer against scikit-learn at its best, with one thread."""
    peer = "scikit-learn with one thread"
    (found,) = probes.measure(encoder, read_set(EXAMPLES, "ewt_genre", texts), 2, turns, [peer]).ratios
    return replace(found, name=f"probes, against {peer}")


def main() -> int:
    """Measure, print the verdicts; 0 if all hold."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--texts", type=int, default=320, help="how many a measurement takes; fewer say less")
    parser.add_argument("--turns", type=int, default=3)
    add_json_option(parser)
    arguments = parser.parse_args()
    texts, turns = arguments.texts, arguments.turns
    run, encoder = Run(this_machine(), arguments.json), load_encoder("minilm")
    for measured in (
        partial(extraction, encoder, texts, turns),
        partial(fine_tuning, encoder, texts // 2, turns),
        partial(linear_probes, encoder, 4 * texts, turns),
        partial(epoch, encoder, "linear", "ewt_genre", texts, turns),
        partial(epoch, encoder, "bilstm-crf", "wnut17", texts // 2, turns),
    ):
        run.add(Findings(ratios=(measured(),)))
    run.close()
    precision: Precision = fast_precision(encoder.device)
    lines, good = verdicts({r.name: r for r in run.found.ratios}, precision, read_thresholds())
    print("\n" + "\n".join(lines))
    return int(not good)


if __name__ == "__main__":
    sys.exit(main())
