"""What the linear probes of an encoder's layers show, in whole sentences."""

from __future__ import annotations

from collections.abc import Sequence

from unfreeze.judging.wording import ends, points
from unfreeze.language.message import joined, say, template
from unfreeze.records.layer_scores import LayerScores
from unfreeze.tasks.metrics import metric_named


def finding(scores: LayerScores) -> str:
    """Which layer to read, in a sentence or two."""
    chosen = scores.layers[scores.chosen]
    low, high = chosen.ci95
    reached = say(
        "{score:.1f} {metric} on test ({low:.1f} to {high:.1f})",
        score=100 * chosen.test, metric=metric_named(scores.metric).words, low=100 * low, high=100 * high,
    )  # fmt: skip
    if len(scores.layers) == 1:
        return say("A linear probe on the encoder's one layer reaches {reached}.", reached=reached)
    others = [one for one in scores.layers if one is not chosen]
    near = [one.layer for one in others if one.within_noise]
    above = [one.layer for one in others if one.behind_ci95[1] < 0]
    sentences = [
        say("Layer {layer} has the best linear probe on dev: {reached}.", layer=chosen.layer, reached=reached)
    ]  # fmt: skip
    if near:
        sentences.append(say("{layers} cannot be told from it.", layers=_listed(near)))
    if above:
        sentences.append(say(_ABOVE[len(above) == 1], layers=_listed(above)))
    if chosen.layer != 0:
        bottom = scores.layers[0]
        gain = say("{points} {interval}", points=points(bottom.behind), interval=ends(*bottom.behind_ci95))
        sentences.append(say("Over layer 0, the embeddings, it gains {gain}.", gain=gain))
    return joined(sentences, " ")


_ABOVE = {
    True: template("{layers}, not chosen on dev, is better on test."),
    False: template("{layers}, not chosen on dev, are better on test."),
}


def _listed(layers: Sequence[int]) -> str:
    """`Layer 4`, or `Layers 0, 1 and 3`."""
    listed = joined(map(str, layers), last=" and ")
    return say("Layer {layer}", layer=listed) if len(layers) == 1 else say("Layers {layers}", layers=listed)
