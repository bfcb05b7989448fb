from __future__ import annotations

import pytest

from unfreeze.data.examples import Example, LabelSpace
from unfreeze.methods.trained import gold_labels, main_score, metrics
from unfreeze.tasks.kinds import TASKS
from unfreeze.tasks.metrics import asking
from unfreeze.training.objectives import Decoded, Objective


def test_main_score_is_the_tasks_own_metric() -> None:
    tags = Objective(TASKS["tagging"], LabelSpace(("O", "B-PER", "I-PER"), "BIO"))
    gold, predicted = [("B-PER", "I-PER", "O"), ("B-PER",)], [("B-PER", "O", "O"), ("B-PER",)]
    assert main_score(tags, gold, Decoded(tuple(predicted))) == pytest.approx(0.5)
    classes = Objective(TASKS["classification"], LabelSpace(("a", "b")))
    assert main_score(classes, ["a", "b", "b"], Decoded(("a", "b", "a"))) == pytest.approx(2 / 3)
    assert next(iter(metrics(classes, ["a", "b", "b"], Decoded(("a", "b", "a"))))) == "accuracy"
    scores = Objective(TASKS["regression"], LabelSpace(low=0, high=3))
    assert main_score(scores, [0.0, 1.0, 3.0], Decoded((1.0, 3.0, 7.0))) == pytest.approx(1)


def test_main_score_is_the_metric_that_was_asked_for() -> None:
    """Of two predictions one is right more often, the other finds the rare class."""
    labels, gold = LabelSpace(("common", "rare")), ["common"] * 9 + ["rare"]
    usual, rare = ["common"] * 10, ["common"] * 7 + ["rare"] * 3

    def better(metric: str | None) -> list[str]:
        objective = Objective(asking(TASKS["classification"], labels, metric), labels)
        return max((usual, rare), key=lambda said: main_score(objective, gold, Decoded(tuple(said))))

    assert better(None) == better("accuracy") == usual
    assert better("macro_f1") == better("f1:rare") == better("mcc") == rare
    assert better("f1:common") == usual


def test_tags_without_a_scheme_are_judged_by_words() -> None:
    words = Objective(TASKS["tagging"], LabelSpace(("DT", "NN"), None))
    assert main_score(words, [("DT", "NN"), ("NN", "NN")], Decoded((("DT", "NN"), ("NN", "DT")))) == pytest.approx(0.75)


def test_gold_labels_keep_order() -> None:
    assert gold_labels([Example("a", "x", label="b"), Example("b", "y", label="a")]) == ["b", "a"]
