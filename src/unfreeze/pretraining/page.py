"""`pretraining.html`: the curve of a run and what it was made from, in one file without scripts. No torch here."""

from __future__ import annotations

import math
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import fields
from importlib import resources
from pathlib import Path
from typing import Any

import altair as alt
import vl_convert
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from unfreeze.disk.files import write_text
from unfreeze.pretraining.record import Record
from unfreeze.pretraining.settings import Pretraining

PAGE = "pretraining.html"
_COLOURS = {"training text": "#9aa5b1", "held out": "#2f7ed8"}


def write_page(folder: Path, record: Record) -> Path:
    """Write the page of a run, finished or not; gives its path."""
    loader = PackageLoader("unfreeze.pretraining", "templates")
    templates = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    style = resources.files("unfreeze.report").joinpath("templates", "style.css").read_text(encoding="utf-8")
    path = folder / PAGE
    page = templates.get_template("page.html.j2").render(
        **_page(record), style=Markup(style), curve=Markup(curve_svg(record))
    )
    write_text(path, page)
    return path


def _page(record: Record) -> dict[str, Any]:
    settings, last = record.settings, record.curve[-1]
    state = "Finished" if record.finished else "Not finished"
    unit, passes = record.unit, last["tokens"] / max(1, record.tokens)
    speed = f"{record.speed:,.0f} {unit} a second"
    shares = f", {record.share_of_peak:.0%} of the matrix-multiply peak" if record.share_of_peak else ""
    held = _held_out(record)
    return {
        "name": Path(settings.out).name, "date": record.date, "one": unit.removesuffix("s"),
        "headline": f"{settings.objective}: loss {held.get('loss', last['loss']):.3f} after {last['tokens']:,} {unit}",
        "lead": f"{state}. {passes:.1f} passes over {record.tokens:,} {unit}, {speed}{shares}.",
        "facts": [
            ("Text", ", ".join(settings.corpus)),
            ("To train on", f"{record.tokens:,} {unit}"),
            ("Held out", f"{record.held_out:,} {unit}"),
            ("Read in training", f"{last['tokens']:,} {unit} in {last['step']:,} steps"),
            ("Loss on held-out text", losses_told(record)),
            ("Time of training", f"{last['seconds'] / 3600:.2f} h, {record.precision}, {record.machine}"),
            ("Parameters", f"{record.parameters:,} that learn, what only the objective needs among them"),
        ],
        "command": command(settings), "sizes": ", ".join(f"{k} {v}" for k, v in record.sizes.items()),
    }  # fmt: skip


def _held_out(record: Record) -> Mapping[str, float]:
    """The last held-out losses by name; empty before the first."""
    return next((point["held_out"] for point in reversed(record.curve) if point["held_out"]), {})


def losses_told(record: Record) -> str:
    """The last held-out losses with their perplexities, for people."""
    return ", ".join(
        f"{_named(name)} {loss:.3f} (perplexity {math.exp(min(loss, 50)):,.1f})"
        for name, loss in _held_out(record).items()
    )


def _named(name: str) -> str:
    return "in all" if name == "loss" else name.replace("_", " ")


def command(settings: Pretraining) -> str:
    """The command line that these settings come from."""
    words = ["unfreeze", "pretrain", *settings.corpus]
    for field in fields(Pretraining):
        value = getattr(settings, field.name)
        if field.name == "corpus" or (value == field.default and field.name != "objective"):
            continue
        option = "--from" if field.name == "start" else f"--{field.name.replace('_', '-')}"
        words += [option] if value is True else [option, str(value)]
    return shlex.join(words)


def curve_svg(record: Record) -> str:
    """The losses against the tokens read."""
    rows: list[Mapping[str, Any]] = []
    for point in record.curve:
        rows.append({"what": "training text", "tokens": point["tokens"], "loss": point["loss"]})
        if point["held_out"]:
            rows.append({"what": "held out", "tokens": point["tokens"], "loss": point["held_out"]["loss"]})
    names: Sequence[str] = list(_COLOURS)
    base = alt.Chart(alt.Data(values=rows)).encode(
        x=alt.X("tokens:Q", title=f"{record.unit} read", axis=alt.Axis(format="~s", tickCount=6)),
        y=alt.Y("loss:Q", title="loss", scale=alt.Scale(zero=False)),
        color=alt.Color(
            "what:N", scale=alt.Scale(domain=names, range=list(_COLOURS.values())),
            legend=alt.Legend(title=None, orient="top"),
        ),
    )  # fmt: skip
    spec = base.mark_line().properties(width=640, height=280, background="white").to_dict()
    spec.setdefault("config", {}).update({"view": {"stroke": None}, "axis": {"gridColor": "#eeeeee"}})
    return str(vl_convert.vegalite_to_svg(spec))
