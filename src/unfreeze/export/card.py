"""The card of an exported model, as the Hugging Face hub reads it: metadata, measured numbers, its use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from unfreeze.bundle.load import Predictor
from unfreeze.disk.files import write_text
from unfreeze.export.agreement import Agreement
from unfreeze.export.forms import Form
from unfreeze.inert import in_markdown
from unfreeze.tasks.metrics import metric_named

CARD = "README.md"
_HUB_TASKS = {"tagging": "token-classification"}
_TEXTS = "text-classification"  # the hub has pairs and scores under it, too


@dataclass(frozen=True)
class Card:
    """What a card tells of.

    Attributes:
        name: of the model. lines: more to be said, a paragraph each.
    """

    predictor: Predictor
    form: Form
    agreement: Agreement
    name: str
    lines: tuple[str, ...] = ()


def write_card(folder: Path, card: Card) -> None:
    """Write the card."""
    write_text(folder / CARD, f"---\n{_metadata(card)}---\n\n{_text(card)}")


def _metadata(card: Card) -> str:
    """YAML of plain values: anything else could not be read back."""
    about, task = card.predictor.about, _HUB_TASKS.get(card.predictor.task.kind, _TEXTS)
    test, metric = about.get("test"), about.get("metric")
    values: dict[str, Any] = {
        "library_name": card.form.library, "pipeline_tag": task, "tags": ["unfreeze", card.predictor.task.kind],
    }  # fmt: skip
    if isinstance(test, Mapping) and metric is not None:
        result = {
            "task": {"type": task},
            "dataset": {"name": "the test set of the comparison", "type": "text", "split": "test"},
            "metrics": [{"type": str(metric), "name": str(metric_named(metric).words), "value": float(test["mean"])}],
        }
        values |= {"metrics": [str(metric)], "model-index": [{"name": card.name, "results": [result]}]}
    return yaml.safe_dump(values, sort_keys=False, allow_unicode=True)


def _text(card: Card) -> str:
    about, agreement = card.predictor.about, card.agreement
    recipe = card.predictor.model.recipe
    rows = [
        ("task", card.predictor.task.kind),
        ("encoder", str(about.get("encoder", card.predictor.model.encoder.name))),
        ("method", f"{recipe.method}, head {recipe.head}, recipe {recipe.name}"),
        ("test score", _score(about)),
        ("form", card.form.name),
        ("checked", checked(agreement)),
        ("made by", f"unfreeze {about.get('versions', {}).get('unfreeze', '')}".strip()),
    ]
    table = "\n".join(f"| {name} | {in_markdown(value)} |" for name, value in rows if value)
    names = ", ".join(in_markdown(name) for name in card.predictor.labels.names)
    parts = [f"# {in_markdown(card.name)}", f"| | |\n| --- | --- |\n{table}", f"Labels: {names}." if names else ""]
    return "\n\n".join(filter(None, [*parts, *card.lines, f"```python\n{card.form.use}\n```"])) + "\n"


def _score(about: Mapping[str, Any]) -> str:
    """The score that was measured, with its 95 % interval."""
    test, metric = about.get("test"), about.get("metric")
    if not isinstance(test, Mapping) or metric is None:
        return ""
    low, high = test["ci95"]
    runs = "mean of the final runs, of which this is one"
    return f"{metric_named(metric).words} {test['mean']:.4f} (95 % interval {low:.4f} to {high:.4f}; {runs})"


def checked(agreement: Agreement) -> str:
    """How a finished export agrees with its bundle."""
    by = "" if agreement.furthest is None else f", numbers within {agreement.furthest:.1e}"
    return f"the same labels as the original on {agreement.items:,} of {agreement.items:,} items{by}"
