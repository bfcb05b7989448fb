"""The docs do what they say: commands parse, snippets run, plans and examples are read, links lead somewhere."""

from __future__ import annotations

import ast
import doctest
import importlib
import re
import shlex
import shutil
import subprocess
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import fields
from itertools import takewhile
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

import unfreeze
from unfreeze.judging.judge import judge
from unfreeze.methods.checks import check_recipes
from unfreeze.methods.table import default_names
from unfreeze.plan import Plan, merged, plan_from, read_plan
from unfreeze.pretraining.settings import Pretraining
from unfreeze.recipe import Traits
from unfreeze.runs.question import read_data
from unfreeze.terminal.cli import app

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/**/*.md")])
READMES = [page for page in PAGES if page.name.startswith("README") and page.parent == ROOT]
IN_CHINESE = sorted(ROOT.glob("docs/zh/*.md"))
GUIDES = [*READMES, *IN_CHINESE, *(ROOT / "docs" / page.name for page in IN_CHINESE), ROOT / "docs" / "tutorial.md"]
"""Pages for people who use the program, all of whose options are those of commands."""
PLANS = sorted(ROOT.glob("examples/*/*.yaml"))
COMMANDS = typer.main.get_command(app).commands  # type: ignore[attr-defined]
OF_ALL = {option for parameter in typer.main.get_command(app).params for option in parameter.opts}
"""Options of no command, such as `--version`."""
TARGETS = set(re.findall(r"^([a-z][\w-]*):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def _fenced(page: Path, *languages: str) -> list[str]:
    """The code blocks of a page in one of these languages."""
    found = re.findall(r"^```(\S*)[^\n]*\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    return [code for language, code in found if language in languages]


def _shell_commands(page: Path) -> Iterator[list[str]]:
    """Words of each command of a page's shell blocks, as far as it is one: up to a pipe or redirection."""
    for block in _fenced(page, "sh", "bash", "shell", "console"):
        for line in block.replace("\\\n", " ").splitlines():
            words = shlex.split(line.removeprefix("$ "), comments=True)
            for part in re.split(r"\0(?:&&|;|\|\||\|)\0", "\0".join(words)):
                command = list(takewhile(lambda word: word not in (">", ">>", "<"), part.split("\0")))
                yield [word for word in command if word]


CALLS = [
    (page, command) for page in PAGES for command in _shell_commands(page) if command[:1] in (["unfreeze"], ["make"])
]


def test_readmes_have_commands_and_snippets() -> None:
    """Else the tests below would pass on nothing."""
    assert [_name(page) for page in READMES] == ["README.md", "README.zh-CN.md"]
    for readme in READMES:
        own = [command for page, command in CALLS if page == readme]
        assert {"compare", "predict", "check"} <= {command[1] for command in own if command[0] == "unfreeze"}
        assert {("make", "demo"), ("make", "test")} <= {tuple(command) for command in own}
        assert _fenced(readme, "python")


@pytest.mark.parametrize(
    ("page", "command"), CALLS, ids=lambda value: _name(value) if isinstance(value, Path) else None
)
def test_commands_of_the_docs_exist(page: Path, command: list[str]) -> None:
    tool, name, *arguments = command
    if tool == "make":
        assert name in TARGETS
        return
    if name in OF_ALL:
        return
    assert name in COMMANDS, f"unfreeze {name}"
    COMMANDS[name].make_context(name, list(arguments))  # parses: unknown options and wrong values raise


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_commands_in_running_text_exist(page: Path) -> None:
    prose = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    for words in (span.split() for span in re.findall(r"`(unfreeze [^`]+)`", prose)):
        if words[1] in OF_ALL:
            continue
        assert words[1] in COMMANDS, " ".join(words)
        known = {"--help", *(option for parameter in COMMANDS[words[1]].params for option in parameter.opts)}
        assert {word.partition("=")[0].strip("[]") for word in words if word.strip("[").startswith("--")} <= known
    options = {option for command in COMMANDS.values() for parameter in command.params for option in parameter.opts}
    if page in GUIDES:
        assert set(re.findall(r"`(--[a-z-]+)", prose)) <= options | OF_ALL
    for target in re.findall(r"`make ([a-z-]+)`", prose):
        assert target in TARGETS


def test_paths_of_commands_exist() -> None:
    """Example data that a page names are there; what commands make (`demo-out`, ...) is not looked for."""
    named = {(page, word) for page, command in CALLS for word in command if word.startswith("examples/")}
    assert set(READMES) <= {page for page, _ in named}
    assert all((ROOT / path).exists() for _, path in named)


class _Stub:
    """Stands in for a bundle's predictor."""

    def predict(self, texts: list[Any]) -> list[str]:
        assert texts
        return ["entailment"] * len(texts)


@pytest.mark.parametrize("readme", READMES, ids=_name)
def test_python_snippets_run(
    readme: Path, comparison: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """On a comparison that is finished, with settings checked as the real one checks them."""
    monkeypatch.chdir(ROOT)
    result = judge(comparison("pair-classification"))

    def compare(data: str | None = None, *, plan: str | None = None, **settings: Any) -> Any:
        asked = merged(
            Plan() if plan is None else read_plan(Path(plan)), settings | {"data": data} if data else settings, ""
        )
        assert Path(asked.data or "").exists()
        return result

    monkeypatch.setattr(unfreeze, "compare", compare)
    monkeypatch.setattr(unfreeze, "load", lambda bundle, device="auto": _Stub())
    for snippet in _fenced(readme, "python"):
        names = {
            n.attr
            for n in ast.walk(ast.parse(snippet))
            if isinstance(n, ast.Attribute) and ast.unparse(n.value) == "unfreeze"
        }
        assert names <= set(unfreeze.__all__)
        exec(compile(snippet, str(readme), "exec"), {})
    assert "entailment" in capsys.readouterr().out


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_yaml_of_the_docs_are_plans(page: Path) -> None:
    for block in _fenced(page, "yaml"):
        values = yaml.safe_load(block)
        if {field.name for field in fields(Plan)} & set(values):
            plan_from(values, str(page))


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_links_lead_somewhere(page: Path) -> None:
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        there = page.parent / path if path else page
        assert there.exists(), target
        if anchor and there.suffix == ".md":
            headings = re.findall(r"^#+ (.*)$", there.read_text(encoding="utf-8"), re.MULTILINE)
            assert anchor in {
                re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings
            }


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")
def test_batch_files_are_bash() -> None:
    scripts = [code for page in PAGES for code in _fenced(page, "bash") if code.startswith("#!")]
    assert scripts
    for script in scripts:
        done = subprocess.run(["bash", "-n"], input=script, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr


def test_there_is_a_plan_for_each_family() -> None:
    kinds = {read_data(read_plan(plan)).task.kind for plan in PLANS}
    assert {"pair-classification", "tagging", "classification"} <= kinds


@pytest.mark.parametrize("path", PLANS, ids=_name)
def test_example_plans_can_be_run(path: Path) -> None:
    plan = read_plan(path)
    data = read_data(plan)
    assert min(len(data.train), len(data.dev), len(data.test)) >= 100
    check_recipes(plan.recipes, data.task, Traits(layers=7, width=384))
    assert plan.methods in (None, default_names())
    first = path.read_text(encoding="utf-8").splitlines()[0]
    assert first.split() == ["#", "unfreeze", "compare", "--plan", _name(path)]
    licences = (ROOT / "examples" / "README.md").read_text(encoding="utf-8")
    assert path.parent.name in licences
    assert "CC BY" in licences


@pytest.mark.parametrize(("name", "settings"), [("compare", Plan), ("encode", Plan), ("pretrain", Pretraining)])
def test_defaults_in_help_texts_are_those_of_the_settings(name: str, settings: type) -> None:
    compared = 0
    for parameter in COMMANDS[name].params:
        shown = re.search(r"\[default: ([^]]+)\]", getattr(parameter, "help", None) or "")
        if shown and getattr(settings, parameter.name, None) is not None:
            assert str(getattr(settings, parameter.name)).removesuffix(".0") == shown[1]
            compared += 1
    assert compared >= 2


def test_every_option_of_compare_is_a_setting_of_a_plan() -> None:
    settings = {field.name for field in fields(Plan)}
    options = {parameter.name for parameter in COMMANDS["compare"].params} - {"plan", "help", "prepare", "language"}
    assert options <= settings | {"encoder_option"}  # `encoder_options` in a plan


def test_every_option_of_pretrain_is_a_setting_of_it() -> None:
    settings = {field.name for field in fields(Pretraining)}  # type: ignore[arg-type]
    assert {parameter.name for parameter in COMMANDS["pretrain"].params} - {"help", "language"} == settings


def _modules_with_examples() -> list[str]:
    sources = (path for path in sorted(ROOT.glob("src/unfreeze/**/*.py")) if ">>>" in path.read_text(encoding="utf-8"))
    names = (".".join(path.relative_to(ROOT / "src").with_suffix("").parts) for path in sources)
    return [name.removesuffix(".__init__") for name in names]


@pytest.mark.parametrize("name", _modules_with_examples())
def test_docstring_examples(name: str) -> None:
    failed, _ = doctest.testmod(importlib.import_module(name))
    assert failed == 0


def test_architecture_lists_every_file_and_no_other() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    tree = next(block for block in re.findall(r"^```\n(.*?)^```", page, re.M | re.S) if "src/unfreeze/" in block)
    named: set[str] = set()
    rooms = {2: "", 4: ""}  # by indentation: a room, and one inside it
    for line in tree.splitlines()[1:]:
        indent = len(line) - len(line.lstrip())
        if indent in rooms:
            header = re.match(r" +((?:\w+/)+)", line)
            rooms |= {depth: "" for depth in rooms if depth > indent} | {indent: header[1] if header else ""}
        named |= {"".join(rooms.values()) + name for name in re.findall(r"\b(\w+\.py)\b", line)}
    there = {str(path.relative_to(ROOT / "src" / "unfreeze")) for path in ROOT.glob("src/unfreeze/**/*.py")}
    assert named == {path for path in there if not path.endswith("/__init__.py")}


def test_architecture_tells_the_import_layers_that_are_checked() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    layers = [layer.replace("unfreeze.", "") for layer in contracts[0]["layers"]]
    assert "\n".join(layers) in (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")


def test_manifests_of_clusters_are_yaml_with_the_ray_that_is_tested() -> None:
    page = ROOT / "docs" / "scale.md"
    by_kind = {manifest.get("kind", "ray up"): manifest for manifest in map(yaml.safe_load, _fenced(page, "yaml"))}
    assert set(by_kind) == {"ray up", "RayJob"}
    tested = re.findall(r"^ray==(.+)$", (ROOT / "requirements-dev.lock").read_text(encoding="utf-8"), re.MULTILINE)
    job = by_kind["RayJob"]["spec"]
    assert [job["rayClusterSpec"]["rayVersion"]] == tested
    assert set(re.findall(r"ray\[default\]==([\d.]+)|ray:([\d.]+)-py", page.read_text(encoding="utf-8"))) == {
        (tested[0], ""), ("", tested[0]),
    }  # fmt: skip
    tool, name, *arguments = shlex.split(job["entrypoint"])
    assert tool == "unfreeze"
    COMMANDS[name].make_context(name, arguments)
    nodes = by_kind["ray up"]["available_node_types"]
    assert by_kind["ray up"]["head_node_type"] in nodes
    assert all(group["template"]["spec"]["containers"] for group in job["rayClusterSpec"]["workerGroupSpecs"])
