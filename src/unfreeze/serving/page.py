"""The page on which people try a model: one file of HTML, which asks the server that it came from and nobody else."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from functools import cache
from importlib import resources

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from unfreeze.serving.limits import Limits
from unfreeze.serving.model import Model
from unfreeze.serving.questions import FIRST, PAIRS, SECOND, TEXTS, WORDS, reads

KINDS = {TEXTS: "texts", PAIRS: "pairs", WORDS: "words"}
PAGE_WORDS: Mapping[str, str] = {
    "title": "Try the model",
    "task": "Task",
    "labels": "Labels",
    "encoder": "Encoder",
    "texts": "Text",
    "words": "Text",
    "first": "First text",
    "second": "Second text",
    "place": "Type or paste a text",
    "lines": "Each line is a text of its own",
    "ask": "Predict",
    "shortcut": "Ctrl + Enter",
    "forget": "Clear",
    "answers": "Answers",
    "none": "No answer yet.",
    "took": "{ms} ms",
    "cut": "Only the beginning was read: the model reads {pieces} pieces.",
    "no_span": "Nothing was found in this text.",
    "no_label": "No label reaches its threshold.",
    "more": "{count} more labels",
    "range": "Scores in training were between {low} and {high}.",
    "empty": "There is no text to ask about.",
    "lost": "The server does not answer. Is it still running?",
    "same": "The same request from a terminal",
}
"""Every word of the page by its name; `{...}` are filled in."""


def page_of(model: Model, limits: Limits, words: Mapping[str, str] = PAGE_WORDS, language: str = "en") -> str:
    """The page of a model."""
    predictor = model.predictor
    labels = predictor.labels
    told = {
        "kind": KINDS[reads(predictor.task)],
        "output": predictor.model.objective.output,
        "many": predictor.task.target.many,
        "scheme": labels.scheme,
        "labels": list(labels.names),
        "low": labels.low,
        "high": labels.high,
        "pieces": predictor.model.encoder.max_length,
        "texts": limits.texts,
        "fields": [FIRST, SECOND],
        "words": dict(words),
    }
    facts = [(words["task"], predictor.task.kind), (words["encoder"], predictor.about.get("encoder"))]
    if labels.names:
        facts.append((words["labels"], ", ".join(labels.names[:12]) + (", ..." if len(labels.names) > 12 else "")))
    loader = PackageLoader("unfreeze.serving", "templates")
    templates = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    return templates.get_template("page.html.j2").render(
        model=model.name, kind=told["kind"], facts=[(name, fact) for name, fact in facts if fact], told=told,
        words=words, language=language, style=Markup(_style()), script=Markup(_script()),
    )  # fmt: skip


@cache
def policy() -> str:
    """The page's Content-Security-Policy: its own script and style, and requests to its own server."""
    script, style = (f"'sha256-{_digest(text)}'" for text in (_script(), _style()))
    return (
        f"default-src 'none'; script-src {script}; style-src {style}; connect-src 'self'; img-src data:; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


@cache
def _style() -> str:
    """That of reports, and what only this page has."""
    report = resources.files("unfreeze.report").joinpath("templates", "style.css").read_text(encoding="utf-8")
    return report + _template("page.css")


@cache
def _script() -> str:
    return _template("page.js")


def _template(name: str) -> str:
    return resources.files("unfreeze.serving").joinpath("templates", name).read_text(encoding="utf-8")
