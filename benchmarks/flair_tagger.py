"""flair's frozen BiLSTM-CRF, timed by epoch. Runs in flair's own environment; `taggers.py` starts it.

    .venv-bench-flair/bin/python benchmarks/flair_tagger.py --sets FOLDER --model FOLDER --out FILE

Words go into the tagger as the mean of all layers at their first piece, frozen; flair keeps them in memory after the
first epoch. All else is flair's default, but for size, optimiser and rate, which are those of the other side.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # before torch: spinning threads stall a shared machine

import argparse
import json
import tempfile
import time
from pathlib import Path
from typing import Any

import flair
import torch
import transformers
from flair.data import Sentence
from flair.datasets import ColumnCorpus
from flair.embeddings import TransformerWordEmbeddings
from flair.models import SequenceTagger
from flair.trainers import ModelTrainer
from flair.trainers.plugins.base import TrainerPlugin

OPTIMISERS = {"adamw": torch.optim.AdamW, "sgd": torch.optim.SGD}


class EpochClock(TrainerPlugin):
    """Seconds on the clock and of processor time of every epoch, each with its reading of dev."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds: list[tuple[float, float]] = []
        self._began = 0.0, 0.0

    @TrainerPlugin.hook
    def before_training_epoch(self, **_: Any) -> None:
        """An epoch begins."""
        self._began = time.perf_counter(), time.process_time()

    @TrainerPlugin.hook
    def after_evaluation(self, **_: Any) -> None:
        """Dev is read."""
        clock, processor = self._began
        self.seconds.append((time.perf_counter() - clock, time.process_time() - processor))


def tags_of(sentence: Sentence) -> list[str]:
    """Predicted spans as IOB2."""
    tags = ["O"] * len(sentence)
    for span in sentence.get_spans("ner"):
        first, *rest = (token.idx - 1 for token in span.tokens)
        kind = span.get_label("ner").value
        tags[first] = f"B-{kind}"
        for place in rest:
            tags[place] = f"I-{kind}"
    return tags


def main() -> None:
    """Train, and write seconds and predictions as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", type=Path, required=True, help="folder with train, dev and test as CoNLL columns")
    parser.add_argument("--model", required=True, help="folder of the encoder")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--hidden", type=int, default=128)
    parser.add_argument("--rnn-layers", type=int, default=2)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--rate", type=float, default=3e-3)
    parser.add_argument("--optimiser", choices=OPTIMISERS, default="adamw")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    flair.set_seed(arguments.seed)
    files = {f"{split}_file": f"{split}.conll" for split in ("train", "dev", "test")}
    corpus = ColumnCorpus(arguments.sets, {0: "text", 1: "ner"}, column_delimiter="\t", **files)
    # flair drops nothing and keeps the order, so predictions can be laid beside the gold tags
    names = corpus.make_label_dictionary(label_type="ner", add_unk=False)
    embeddings = TransformerWordEmbeddings(
        arguments.model, layers="all", layer_mean=True, subtoken_pooling="first", fine_tune=False
    )
    tagger = SequenceTagger(
        embeddings, names, "ner", hidden_size=arguments.hidden, rnn_layers=arguments.rnn_layers, use_crf=True
    )
    clock = EpochClock()
    with tempfile.TemporaryDirectory() as folder:
        ModelTrainer(tagger, corpus).train(
            folder, learning_rate=arguments.rate, mini_batch_size=32, max_epochs=arguments.epochs,
            optimizer=OPTIMISERS[arguments.optimiser], embeddings_storage_mode="cpu", save_final_model=False,
            plugins=[clock],
        )  # fmt: skip
        best = SequenceTagger.load(Path(folder) / "best-model.pt")
    predicted = {}
    for split in ("dev", "test"):
        sentences = [Sentence([token.text for token in s]) for s in getattr(corpus, split)]
        best.predict(sentences, mini_batch_size=64)
        predicted[split] = [tags_of(sentence) for sentence in sentences]
    versions = {"flair": flair.__version__, "transformers": transformers.__version__, "torch": torch.__version__}
    found = {"seconds": clock.seconds, "threads": torch.get_num_threads(), "versions": versions, **predicted}
    arguments.out.write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    main()
