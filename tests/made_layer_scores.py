"""Made-up scores of layers, for what reads and shows them."""

from __future__ import annotations

from dataclasses import replace

from unfreeze.judging.layer_words import finding
from unfreeze.records.layer_scores import LayerScore, LayerScores
from unfreeze.tasks.kinds import TASKS


def make_layer_scores(kind: str, question: str = "q") -> LayerScores:
    """Scores of four layers, of which layer 2 is best on dev and layer 3 cannot be told from it."""
    layers = tuple(
        LayerScore(
            layer=i, dev=0.8 + 0.01 * (i == 2), test=0.7 + 0.02 * i, ci95=(0.65 + 0.02 * i, 0.74 + 0.02 * i),
            resamples=(0.69 + 0.02 * i, 0.71 + 0.02 * i), l2=0.01, tried=((1.0, 0.5), (0.01, 0.8)),
            metrics={TASKS[kind].metric: 0.7 + 0.02 * i}, behind=0.04 - 0.02 * i,
            behind_ci95=(0.02 - 0.02 * i, 0.06 - 0.02 * i) if i != 2 else (0.0, 0.0), within_noise=i >= 2, settled=True,
        )
        for i in range(4)
    )  # fmt: skip
    made = LayerScores(
        question=question, version=1, data="reviews", task=kind, metric=TASKS[kind].metric, encoder="minilm",
        train_size=1000, trained_on=800, layers=layers, chosen=2, finding="",
        extract_s=8.4, probe_s=1.25,
    )  # fmt: skip
    return replace(made, finding=finding(made))
