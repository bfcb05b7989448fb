"""Several labels a text: the loss as scikit-learn's log loss has it, thresholds kept with the weights."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.special import expit
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, average_precision_score, f1_score, log_loss

from unfreeze.data.examples import Example, LabelSpace
from unfreeze.methods.trained import DECISION, Trained, main_score, settled
from unfreeze.probes.convex import fit
from unfreeze.probes.design import design
from unfreeze.tasks.kinds import TASKS
from unfreeze.tasks.metrics import asking
from unfreeze.tasks.targets.thresholds import as_rows
from unfreeze.training.convex_losses import Binary
from unfreeze.training.loop import Fit
from unfreeze.training.objectives import Objective

NAMES = ("a", "b", "c")
OBJECTIVE = Objective(TASKS["multilabel-classification"], LabelSpace(NAMES))
GOLD = [("a",), ("a", "c"), (), ("b",), ("a", "b", "c")]


def examples() -> list[Example]:
    return [Example(f"x:{i}", "text", label=label) for i, label in enumerate(GOLD)]


def logits(seed: int = 0) -> torch.Tensor:
    return torch.randn(len(GOLD), len(NAMES), generator=torch.Generator().manual_seed(seed))


def test_targets_are_a_number_for_each_label() -> None:
    targets = OBJECTIVE.encode(examples())
    assert [row.tolist() for row in targets] == as_rows(GOLD, NAMES).astype(float).tolist()
    assert OBJECTIVE.outputs == 3


def test_the_loss_of_each_member_is_the_log_loss_of_all_labels() -> None:
    given = torch.stack([logits(0), logits(1)])
    found = OBJECTIVE.loss(given, torch.stack(list(OBJECTIVE.encode(examples()))))
    gold = as_rows(GOLD, NAMES)
    for member, each in zip(found.tolist(), given, strict=True):
        columns = [log_loss(gold[:, c], expit(each[:, c].double().numpy()), labels=[0, 1]) for c in range(3)]
        assert member == pytest.approx(sum(columns), rel=1e-5)


def test_labels_are_those_that_reach_their_thresholds() -> None:
    given = torch.logit(torch.tensor([[0.9, 0.4, 0.2], [0.1, 0.2, 0.1]]))
    assert OBJECTIVE.decode(given).labels == (("a",), ())
    decoded = OBJECTIVE.decode(given, torch.tensor([0.95, 0.3, 0.15]))
    assert decoded.labels == (("b", "c"), ())
    assert decoded.confidence == pytest.approx((0.1 * 0.4 * 0.2, 0.9 * 0.8 * 0.9))
    np.testing.assert_allclose(decoded.probabilities, [[0.9, 0.4, 0.2], [0.1, 0.2, 0.1]], rtol=1e-5)


def test_the_main_score_is_that_with_the_best_thresholds() -> None:
    gold, likely = as_rows(GOLD, NAMES), logits().sigmoid().numpy()
    best = max(f1_score(gold, likely >= t, average="micro", zero_division=0) for t in [0.0, *np.unique(likely)])
    assert main_score(OBJECTIVE, GOLD, OBJECTIVE.decode(logits())) == pytest.approx(best)


def test_thresholds_and_main_score_follow_the_metric_that_was_asked_for() -> None:
    gold, given = as_rows(GOLD, NAMES), OBJECTIVE.decode(logits())
    objective = replace(OBJECTIVE, task=asking(OBJECTIVE.task, OBJECTIVE.labels, "subset_accuracy"))
    best = max(accuracy_score(gold, logits().sigmoid().numpy() >= t) for t in np.linspace(0, 1, 1001))
    assert main_score(objective, GOLD, given) == pytest.approx(best)
    said = as_rows(objective.settle(given, GOLD).decoded.labels, NAMES)
    assert accuracy_score(gold, said) == pytest.approx(best)
    assert accuracy_score(gold, as_rows(OBJECTIVE.settle(given, GOLD).decoded.labels, NAMES)) < best


def test_probabilities_of_dev_are_kept_where_they_choose() -> None:
    of = asking(OBJECTIVE.task, OBJECTIVE.labels, "average_precision")
    wanted = average_precision_score(as_rows(GOLD, NAMES), logits().sigmoid().numpy(), average="macro")
    assert main_score(replace(OBJECTIVE, task=of), GOLD, OBJECTIVE.decode(logits())) == pytest.approx(wanted)


def test_a_settled_run_decides_as_on_dev_and_keeps_other_weights() -> None:
    weights = {"head.weight": torch.ones(2), f"head.{DECISION}": torch.full((3,), 0.5)}
    done = Fit((), (1,), (False,), 1.0, 5, 2, 5)
    run = settled(
        Trained(weights, done, 0, OBJECTIVE.decode(logits()), None, lambda epochs, readings: 1, {"l2": 0.1}),
        OBJECTIVE,
        GOLD,
    )
    thresholds = run.weights[f"head.{DECISION}"]
    assert OBJECTIVE.decode(logits(), thresholds).labels == run.dev.labels
    assert run.chosen == {"l2": 0.1, "threshold": pytest.approx(float(thresholds[0]))}
    assert run.weights["head.weight"].tolist() == [1, 1]
    classes = Objective(TASKS["classification"], LabelSpace(NAMES))
    other = settled(
        Trained({}, done, 0, classes.decode(logits()), None, lambda epochs, readings: 1), classes, ["a"] * 5
    )
    assert other.chosen == other.weights == {}


def test_probes_are_one_logistic_regression_for_each_label() -> None:
    draw = np.random.default_rng(0)
    features = draw.normal(size=(80, 4)).astype(np.float32)
    gold = (features[:, :3] + draw.normal(size=(80, 3))) > 0.5
    loss = Binary(torch.from_numpy(gold).float())
    fitted = fit(design(torch.from_numpy(features)), loss, [0.05], tolerance=1e-9)
    for c in range(3):
        model = LogisticRegression(C=1 / (80 * 0.05), tol=1e-8).fit(features, gold[:, c])
        expected = [*model.coef_[0], model.intercept_[0]]
        np.testing.assert_allclose(fitted.weights[c, 0], expected, atol=1e-3)
