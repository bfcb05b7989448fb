"""What `unfreeze study table2 --plan studies/paper.yaml` costs with the published weights: counted, not measured.

Multiply-adds of every run from the recipes, the sizes of the sets and the weights that a piece passes; hours at rates
that are given, one for transformers and one for LSTMs (ELMo and the frozen heads), which go from word to word; bytes
of the states that are kept for frozen runs. Texts are counted in words and in the pieces of minilm, whose vocabulary is
BERT's. MNLI is there in part, so its size is given.

    python benchmarks/paper_cost.py --data DIR --tflops 50 --lstm-tflops 2
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

from unfreeze.data.examples import Dataset
from unfreeze.encoders.load import load_encoder
from unfreeze.methods.table import method_named
from unfreeze.plan import plan_from
from unfreeze.recipe import Recipe
from unfreeze.runs.question import read_data
from unfreeze.studies.asked import About, Asked
from unfreeze.studies.published import WAYS
from unfreeze.studies.recipes import paper_recipes
from unfreeze.studies.sets import SETS, find_set
from unfreeze.studies.study_plan import study_plan

PLAN = Path(__file__).parents[1] / "studies" / "paper.yaml"
SETS_OF_TABLE = ("ner", "sst2", "mnli", "sick-e", "sick-r", "mrpc", "stsb")
MNLI = {"train": 392_702, "test": 9_815}  # Williams et al. 2018; dev is cut out of train


@dataclass(frozen=True)
class Published:
    """An encoder as far as its cost depends on it.

    Attributes:
        weights: that a piece or word passes (of the embedding of pieces only its own row).
        words: whether it reads words instead of pieces.
    """

    about: About
    weights: int
    words: bool


ENCODERS = (
    Published(About("bert-base-uncased", "transformer", 13, 768, True, True, ""), 85_000_000, False),
    Published(About("elmo_2x4096_512_2048cnn_2xhighway", "elmo", 3, 1024, False, True, ""), 93_600_848, True),
)
HIDDEN = 128  # of the frozen heads
HEAD = 6 * HIDDEN * HIDDEN  # their LSTMs above the first projection, as much for each direction


def main() -> None:
    """Print a row for each set and encoder."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path(__file__).parents[2] / "shared" / "data")
    parser.add_argument("--tflops", type=float, default=50.0, help="what the GPU computes for real, in 1e12 a second")
    parser.add_argument("--lstm-tflops", type=float, default=2.0, help="the same of LSTMs")
    parser.add_argument("--limit", type=int, help="read at most that many examples of a split (a trial of this script)")
    given = parser.parse_args()
    planned = study_plan({"data_root": str(given.data)}, PLAN)
    tokenizer = load_encoder("minilm").tokenizer
    print("| set | train | encoder | way | runs | 1e15 multiply-adds | hours | GB of states |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    totals: dict[tuple[str, str], float] = {}
    for task in SETS_OF_TABLE:
        found = find_set(SETS[task], given.data, given.data)
        if found is None:
            print(f"| {SETS[task].title} | not there |")
            continue
        dataset = read_data(plan_from({**found.settings, "encoder": "minilm"}))
        for one in ENCODERS:
            tokens = _tokens(dataset, task, None if one.words else tokenizer, given.limit)
            for way in WAYS:
                cost = _cost(planned.asked(), one, task, way, tokens)
                rate = given.lstm_tflops if one.words else given.tflops
                hours = 2e-12 / 3600 * (cost.encoder / rate + cost.heads / given.lstm_tflops)
                totals[one.about.name, way] = totals.get((one.about.name, way), 0.0) + hours
                print(
                    f"| {SETS[task].title} | {tokens['rows']:,} | {one.about.name} | {way} | {cost.runs} "
                    f"| {(cost.encoder + cost.heads) / 1e15:.2g} | {hours:.1f} | {cost.kept / 1e9:.1f} |"
                )
    for (name, way), hours in totals.items():
        print(f"{name}, {way}: {hours:.1f} hours")


def _tokens(dataset: Dataset, task: str, tokenizer: object, limit: int | None) -> dict[str, int]:
    """Words or pieces of each split, and training rows; MNLI scaled to its published size."""
    counted: dict[str, int] = {}
    for split in ("train", "dev", "test"):
        examples = getattr(dataset, split)
        some = examples[:limit]
        texts = [text for e in some for text in (e.text, e.text_b) if text]
        if tokenizer is None:
            number = sum(len(text.split()) for text in texts)
        else:
            number = sum(len(ids) for ids in tokenizer(texts, add_special_tokens=True)["input_ids"])  # type: ignore[operator]
        counted[split] = round(number * len(examples) / max(1, len(some)))
    rows = len(dataset.train)
    if task == "mnli":
        for split, size in MNLI.items():
            counted[split] = round(counted[split] * size / len(getattr(dataset, split)))
        rows = MNLI["train"]
    return {**counted, "rows": rows}


@dataclass(frozen=True)
class Cost:
    """Of a cell: multiply-adds of the encoder and of frozen heads, runs, and bytes of states."""

    encoder: float
    heads: float
    runs: int
    kept: int


def _cost(asked: Asked, one: Published, task: str, way: str, tokens: dict[str, int]) -> Cost:
    recipes = paper_recipes(asked, one.about, task, method_named(way))
    tried = recipes if len(recipes) > 1 else ()
    every = tokens["train"] + tokens["dev"] + tokens["test"]
    passes = sum(_passes(recipe, tokens) for recipe in tried) + asked.seeds * _passes(recipes[0], tokens)
    runs = len(tried) + asked.seeds
    if way == WAYS[0]:
        head = one.about.width * 8 * HIDDEN + HEAD
        return Cost(every * one.weights, passes * head, runs, every * one.about.layers * one.about.width * 2)
    return Cost((passes + asked.seeds * tokens["test"]) * one.weights, 0.0, runs, 0)


def _passes(recipe: Recipe, tokens: dict[str, int]) -> float:
    """Tokens that a weight multiplies in a run: three times where it learns."""
    epochs = max(recipe.epochs, recipe.min_steps * recipe.batch_size / tokens["rows"])
    return epochs * (3 * tokens["train"] + tokens["dev"])


if __name__ == "__main__":
    main()
