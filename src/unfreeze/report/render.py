"""`report.html`: one file that needs no network, from the folder of a judged comparison. No torch here."""

from __future__ import annotations

import base64
import hashlib
import shlex
from collections.abc import Mapping
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import altair as alt
import vl_convert
import yaml
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from unfreeze.disk.files import write_text
from unfreeze.judging.read import Compared, read_compared
from unfreeze.judging.result import Result
from unfreeze.language.choice import chosen, told
from unfreeze.language.message import say
from unfreeze.plan import Plan, plain
from unfreeze.report import answer, details
from unfreeze.report.drawing import drawing
from unfreeze.report.judged import read_result
from unfreeze.report.looks import styles

TAGS = {"zh": "zh-CN"}
"""Language to its tag in HTML, by which a browser chooses a font, where that is another one."""


def render(folder: Path, compared: Compared | None = None, judged: Result | None = None) -> Path:
    """Write `report.html` from the run folders and `result.json` of a comparison that `judge` has judged.

    It is in the language that is spoken. Sentences of `result.json` are in English; those of `judged` are in any.

    Args:
        compared: what is in the folder, where it was read already.
        judged: what `judge` gave.

    Returns:
        the file's path.

    Raises:
        InputError: `folder` contains no finished, judged comparison, or the file cannot be written.
    """
    compared = compared or read_compared(folder)
    result = judged or read_result(folder, compared)
    with drawing():
        page = {**answer.page(compared, result), **details.page(compared, result)}
        specs = {**answer.specs(compared, result), **details.specs(compared, result)}
    path = folder / "report.html"
    write_text(path, _html({**page, **_reproduce(compared.plan), "specs": specs}))
    return path


def _html(page: Mapping[str, Any]) -> str:
    script = resources.files("unfreeze.report").joinpath("templates", "page.js").read_text(encoding="utf-8")
    library = _library()
    loader = PackageLoader("unfreeze", "report/templates")
    templates = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, finalize=told
    )
    templates.globals |= {"say": say, "html": _with_tags, "code": _code, "bold": _bold}
    inlined = {
        "library": Markup(library),
        "script": Markup(script),
        "policy": _policy(library, script),
        "styles": styles(),
        "language": TAGS.get(chosen(), chosen()),
    }
    return templates.get_template("report.html.j2").render(**page, **inlined)


def _with_tags(sentence: str, **values: Any) -> Markup:
    """A sentence with values that are HTML, as `Markup`; all others are escaped."""
    return Markup(escape(told(say(sentence)))).format(**told(values))


def _code(text: str) -> Markup:
    return Markup("<code>{}</code>").format(text)


def _bold(text: str, css: str | None = None) -> Markup:
    return Markup("<b>{}</b>").format(text) if css is None else Markup('<b class="{}">{}</b>').format(css, text)


@cache
def _library() -> str:
    """Vega, Vega-Lite (in the version that altair writes) and Vega-Embed as one script, shared by all charts."""
    version = ".".join(alt.SCHEMA_VERSION.removeprefix("v").split(".")[:2])
    known = vl_convert.get_vegalite_versions()
    chosen = version if version in known else known[-1]
    script: str = vl_convert.javascript_bundle(snippet="window.vegaEmbed = vegaEmbed;", vl_version=chosen)
    return script.replace("</script", r"<\/script").replace("<!--", r"\x3C!--")


def _policy(*scripts: str) -> str:
    """A Content-Security-Policy without any network: only these very scripts run, whatever a text may hold."""
    digests = (base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts)
    allowed = " ".join(f"'sha256-{digest}'" for digest in digests)
    return f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; img-src data:"


def _reproduce(settings: Plan) -> dict[str, str]:
    """The command that repeats the comparison, and the plan it reads. Paths are on the command line, where they are
    relative to the folder it is called in; in the file they would be relative to the file."""
    plan = {key: value for key, value in plain(settings).items() if value not in (None, [], {}, "")}
    words = ["unfreeze", "compare"]
    if "data" in plan:
        words.append(str(plan.pop("data")))
    for split in ("train", "dev", "test"):
        named = plan.pop(split, None) or []
        for one in [named] if isinstance(named, str) else named:
            words += [f"--{split}", str(one)]
    plan.pop("out", None)
    words += ["--plan", "plan.yaml"]
    return {"command": shlex.join(words), "plan": yaml.safe_dump(plan, sort_keys=False, allow_unicode=True)}
