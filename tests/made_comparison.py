"""A synthetic comparison on disk, written through the same writers as a real one."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import hypothesis
import numpy as np
from made_layer_scores import make_layer_scores
from scipy.stats import pearsonr, spearmanr
from seqeval.metrics import f1_score as span_f1
from sklearn.metrics import accuracy_score, average_precision_score, f1_score

from unfreeze.data.audit import Overlap
from unfreeze.data.examples import Example, Label, LabelSpace
from unfreeze.disk.files import write_json
from unfreeze.methods.frozen_recipes import FrozenRecipe
from unfreeze.methods.table import default_names, method_named
from unfreeze.methods.tuned_recipes import TunedRecipe
from unfreeze.plan import TRIAL_SEED, Plan
from unfreeze.recipe import MethodName, Recipe
from unfreeze.records.comparison import (
    Choice,
    EpochPoint,
    FloorRecord,
    RunRecord,
    TestRecord,
    record_values,
    write_choices,
    write_floor,
    write_items,
    write_test,
)
from unfreeze.records.forecasts import Forecasts, forecasts_of
from unfreeze.records.layer_scores import write_layer_scores
from unfreeze.records.setting import AuditFacts, DataFacts, EncoderFacts, Environment, Setting, write_setting
from unfreeze.tasks.kinds import CLASSES, SCORES, TASKS, Task, task
from unfreeze.tasks.metrics import asking, main_metric
from unfreeze.tasks.targets.target import Target

hypothesis.settings.register_profile("repeatable", derandomize=True)
hypothesis.settings.load_profile("repeatable")  # other examples each time: pytest --hypothesis-profile=default
os.environ.setdefault("OMP_NUM_THREADS", "1")  # for the processes that tests start, and torch where imported late
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

HOSTILE = ("<script>alert(1)</script>", "a </script> that closes & goes on", "<img src=x onerror=alert(2)>")
PLAIN = (
    "A gripping, funny and finally moving film that earns every one of its tears.",
    "It is not so much bad as simply not there.",
    "这家酒店的服务很好，房间也很干净，下次还会再来。",
    "The plot creaks, the dialogue limps, and two hours feel like four.",
    "Prices rose again in March, the statistics office said on Tuesday.",
)
TAGS = ("O", "B-LOC", "I-LOC", "B-ORG", "I-ORG", "B-PER", "I-PER")
SENTENCES = (
    (
        ("Angela", "Merkel", "visited", "New", "York", "yesterday", "."),
        ("B-PER", "I-PER", "O", "B-LOC", "I-LOC", "O", "O"),
    ),
    (
        ("<script>alert(1)</script>", "hired", "Bob", "from", "Acme", "Corp"),
        ("B-ORG", "O", "B-PER", "O", "B-ORG", "I-ORG"),
    ),
    (("李", "明", "在", "北", "京", "工", "作", "。"), ("B-PER", "I-PER", "O", "B-LOC", "I-LOC", "O", "O", "O")),
    (("No", "names", "in", "here", "</script>"), ("O",) * 5),
)
METRICS = {
    CLASSES: lambda g, p: {"accuracy": accuracy_score(g, p), "macro_f1": f1_score(g, p, average="macro")},
    SCORES: lambda g, p: {"pearson": pearsonr(g, p)[0], "spearman": spearmanr(g, p)[0]},
    TASKS["tagging"].target: lambda g, p: {"span_f1": span_f1([list(t) for t in g], [list(t) for t in p])},
}
OF_CLASS = "f1:"
RANKED = "average_precision:"
ERROR_RATES = {"feature-extraction": 0.16, "fine-tuning": 0.10}


def _examples(kind: str, names: Sequence[str], count: int, rng: np.random.Generator) -> list[Example]:
    rows = []
    for i in range(count):
        where = f"test.tsv:{i + 2}"
        if kind == "tagging":
            words, tags = SENTENCES[i % len(SENTENCES)]
            rows.append(Example(where, " ".join(words), words=words, label=tags))
            continue
        texts = (HOSTILE + PLAIN)[i % 8], (PLAIN + HOSTILE)[i % 8]
        label: Label = str(rng.choice(list(names))) if names else float(rng.uniform(0, 5))
        rows.append(Example(where, texts[0], texts[1] if TASKS[kind].pair else None, label=label))
    return rows


def _predict(gold: Label, names: Sequence[str], rate: float, rng: np.random.Generator) -> Label:
    if isinstance(gold, float):
        return gold + float(rng.normal(0, 6 * rate))
    if isinstance(gold, str):
        return str(rng.choice(list(names))) if rng.random() < rate else gold
    return tuple(str(rng.choice(TAGS)) if rng.random() < rate else tag for tag in gold)


def _scores(
    target: Target, metric: str, gold: Sequence[Label], predictions: Sequence[Label], ranked: Any = None
) -> dict[str, float]:
    """By other libraries than the one that judges; `ranked` are probabilities of the class that the metric is of."""
    scores = METRICS[target](gold, predictions)
    if metric.startswith(RANKED):
        scores[metric] = average_precision_score([label == metric.removeprefix(RANKED) for label in gold], ranked)
    if metric.startswith(OF_CLASS):
        scores[metric] = f1_score(gold, predictions, labels=[metric.removeprefix(OF_CLASS)], average="macro")
    return {name: float(value) for name, value in scores.items()}


def _likely(target: Target, predictions: Sequence[Label], sure: Sequence[float], names: Sequence[str]) -> Any:
    """Probabilities of classes: what is left beside the predicted one is shared by the others."""
    if target is not CLASSES:
        return None
    rest = (1 - np.array(sure)) / (len(names) - 1)
    likely = np.repeat(rest[:, None], len(names), 1)
    likely[range(len(sure)), [names.index(str(said)) for said in predictions]] = sure
    return likely.astype(np.float32)


def _of(metric: str, likely: Any, names: Sequence[str]) -> Any:
    """Probabilities of the class that a metric ranks."""
    return likely[:, list(names).index(metric.removeprefix(RANKED))] if metric.startswith(RANKED) else None


def _recipes(method: MethodName) -> tuple[Recipe, ...]:
    if method == FrozenRecipe.method:
        return tuple(
            FrozenRecipe("linear", f"linear-{pooling}", pooling, epochs=20, source="Conneau & Kiela (2018)")
            for pooling in ("mean", "max", "cls")
        )
    rates = (2e-5, 1.0), (5e-5, 1.0), (1e-4, 0.9)
    if method == TunedRecipe.method:
        return tuple(
            TunedRecipe(
                "linear", f"tune-{rate:g}", learning_rate=rate, layer_decay=decay, source="Devlin et al. (2019)"
            )
            for rate, decay in rates
        )
    kind = method_named(method).recipe
    return tuple(
        kind("linear", f"{method}-{rate:g}", learning_rate=rate, source="Hu et al. (2021)") for rate, _ in rates
    )


def _record(recipe: Recipe, seed: int, metric: str, score: float, rng: np.random.Generator) -> RunRecord:
    frozen = recipe.method == "feature-extraction"
    curve = tuple(
        EpochPoint(e, e * 50, 2.0 / e, score - 0.2 / e**2 + float(rng.normal(0, 0.004)), 1.5 * e, recipe.learning_rate)
        for e in range(1, recipe.epochs + 1)
    )
    best = max(curve, key=lambda point: point.dev)
    weights = rng.dirichlet(np.linspace(1, 8, 7)) if frozen else None
    return RunRecord(
        id=f"{recipe.method}-{recipe.name}-seed{seed}",
        method=recipe.method,
        recipe=recipe,
        seed=seed,
        dev={metric: best.dev},
        best_epoch=best.epoch,
        curve=curve,
        degenerate=False,
        layer_weights=None if weights is None else tuple(map(float, weights)),
        chosen={"l2": 0.01} if frozen else {},
        train_s=2.5 + 0.2 * seed if frozen else 95.0 + 4 * seed,
        peak_mb=640.0 if frozen else 1890.0,
        trained_parameters=1155 if frozen else 22713216,
        stored_mb=0.01 if frozen else 90.9,
        examples_per_s=31000.0 if frozen else 160.0,
    )


def _with_seed(record: RunRecord, seed: int) -> RunRecord:
    return replace(record, id=f"{record.method}-{record.recipe.name}-seed{seed}", seed=seed)


def _setting(kept: Task, labels: LabelSpace, methods: Sequence[MethodName], sizes: dict[str, int]) -> Setting:
    return Setting(
        task=kept,
        labels=labels,
        metric=main_metric(kept, labels.scheme),
        plan=Plan(data="data/reviews", methods=tuple(methods)),
        data=DataFacts(
            name="reviews",
            files={split: f"data/reviews/{split}.tsv" for split in sizes},
            columns={"text": "sentence", "label": "label"},
            sizes=sizes,
            said=("The column 'sentence' is taken for the text.",),
            truncated={"train": 0.012, "dev": 0.0, "test": 0.004},
            question="q",
        ),
        audit=AuditFacts(
            overlaps=(Overlap("train", "test", 4, 4 / sizes["test"], ()),),
            lines=("Warning: also in train: 4 of 240 test texts, such as <script>alert(1)</script>.",),
        ),
        encoder=EncoderFacts("minilm", layers=7, width=384, parameters=22713216, mb=90.9, max_length=256),
        environment=Environment(python="3.11.2", processor="2 cores", device="cpu", date="2025-01-01 12:00"),
    )


def make_comparison(
    folder: Path,
    kind: str,
    *,
    methods: Sequence[MethodName] = default_names(),
    names: Sequence[str] = ("negative", "neutral", "positive"),
    items: int = 240,
    seeds: int = 3,
    rates: dict[str, float] | None = None,
    floor: float | None = None,
    probes: bool = False,
    reused: bool = False,
    metric: str | None = None,
    forecasts: bool = True,
) -> Path:
    """Write a finished comparison of `kind` into `folder`, with texts that try to break out of the page.

    Args:
        floor: error rate of the floor; None writes a folder of the time before there was one.
        probes: write scores of layers too.
        reused: the trial that chose the recipe is the first final run, as in folders of older versions.
        metric: the main one; None takes the usual one.
        forecasts: of classes, write probabilities; False writes a folder of the time before there were any.
    """
    rng = np.random.default_rng(7)
    target = TASKS[kind].target
    names = TAGS if target.per_word else () if target is SCORES else tuple(names)
    labels = LabelSpace(names, "BIO" if target.per_word else None, *((0.0, 5.0) if target is SCORES else ()))
    examples = _examples(kind, names, items, rng)
    asked = asking(task(kind), labels, metric)
    metric = main_metric(asked, labels.scheme)
    write_setting(folder, _setting(asked, labels, methods, {"train": 1000, "dev": 200, "test": items}))
    write_items(folder, examples)
    gold = [example.label for example in examples]
    choices: dict[MethodName, Choice] = {}
    for method in methods:
        recipes = _recipes(method)
        firsts = [_record(recipe, 0, metric, 0.84 + 0.01 * i, rng) for i, recipe in enumerate(recipes)]
        trials = firsts if reused else [_with_seed(record, TRIAL_SEED) for record in firsts]
        finals = [firsts[-1], *(_record(recipes[-1], seed, metric, 0.86, rng) for seed in range(1, seeds))]
        for record in (*trials, *finals):
            write_json(folder / "runs" / record.id / "record.json", record_values(record))
        for record in finals:
            rate = (rates or ERROR_RATES)[method]
            predictions = tuple(_predict(label, names, rate, rng) for label in gold)
            sure = tuple(map(float, rng.uniform(0.4, 1, items))) if target is CLASSES else ()
            likely = _likely(target, predictions, sure, names) if forecasts else None
            scores = _scores(target, metric, gold, predictions, _of(metric, likely, names))
            kept = forecasts_of(asked, gold, likely, names)
            write_test(folder / "runs" / record.id, TestRecord(scores, False, predictions, sure, kept))
        choices[method] = Choice(
            trials=tuple(record.id for record in trials),
            runs=tuple(record.id for record in finals),
            extract_s=8.4 if method == "feature-extraction" else 0.0,
            latency_ms={"1": 6.1, "32": 88.0},
            best_run=max(finals, key=lambda record: record.dev[metric]).id,
        )
    write_choices(folder, choices)
    if floor is not None:
        predictions = tuple(_predict(label, names, floor, rng) for label in gold)
        likely = _likely(target, predictions, rng.uniform(0.4, 1, items), names) if metric.startswith(RANKED) else None
        scores = _scores(target, metric, gold, predictions, _of(metric, likely, names))
        penalty = {"alpha": 1.0} if target is SCORES else {"C": 3.0}
        about = ("bag-of-words", "q", 1, {metric: 0.7}, scores, penalty, 1000, 2.5)
        write_floor(folder, FloorRecord(*about, predictions, None if likely is None else Forecasts(likely)))
    if probes:
        write_layer_scores(folder, make_layer_scores(kind))
    return folder
