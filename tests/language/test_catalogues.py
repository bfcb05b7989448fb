"""Every message in the code has its sentence in every language, made from the same values; none is left over."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterator
from pathlib import Path

import jinja2
import pytest

import unfreeze
from unfreeze.language.catalogue import CATALOGUES, catalogue

SOURCE = Path(unfreeze.__file__).parent
IN_CODE = ("say", "template", "InputError")
"""Functions whose first argument is a template."""
IN_PAGES = ("say", "html")


def messages_of_code(functions: tuple[str, ...] = IN_CODE) -> dict[str, str]:
    """Template to where it stands."""
    found: dict[str, str] = {}
    for path in sorted(SOURCE.rglob("*.py")):
        source = path.read_text(encoding="utf-8")
        imported = re.findall(r"from unfreeze\.language\.message import (.*)", source)
        own = {"InputError", *(name for line in imported for name in line.split(", "))}
        for text, line in _templates(ast.parse(source), own & {*functions, "joined"}):
            found.setdefault(text, f"{path.relative_to(SOURCE)}:{line}")
    return found


def _templates(tree: ast.AST, functions: set[str]) -> Iterator[tuple[str, int]]:
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        name = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
        if name not in functions:
            continue
        given = call.args[:1]
        if name == "joined":
            given = [*call.args[1:3], *(word.value for word in call.keywords if word.arg in ("separator", "last"))]
        for one in given:
            for node in (one.body, one.orelse) if isinstance(one, ast.IfExp) else (one,):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    yield node.value, node.lineno


def messages_of_pages() -> dict[str, str]:
    """The same of the report's templates."""
    found = {}
    for path in sorted((SOURCE / "report" / "templates").glob("*.j2")):
        tree = jinja2.Environment().parse(path.read_text(encoding="utf-8"))
        for call in tree.find_all(jinja2.nodes.Call):
            if isinstance(call.node, jinja2.nodes.Name) and call.node.name in IN_PAGES:
                assert isinstance(call.args[0], jinja2.nodes.Const), f"{path.name}:{call.lineno}"
                found[call.args[0].value] = f"{path.name}:{call.lineno}"
    return found


def has_words(template: str) -> bool:
    """Whether anything but values and signs stands in a template."""
    return re.search("[A-Za-z]", re.sub(r"\{[^}]*\}", "", template)) is not None


def names_in(template: str) -> dict[str, str]:
    """The names in a template, each with how it is written."""
    return {name: f"{spec}!{conversion}" for _, name, spec, conversion in string.Formatter().parse(template) if name}


MESSAGES = {text: where for text, where in {**messages_of_code(), **messages_of_pages()}.items() if has_words(text)}


@pytest.mark.parametrize("language", CATALOGUES)
def test_no_message_is_missing(language: str) -> None:
    missing = [f"{where}: {text}" for text, where in MESSAGES.items() if text not in catalogue(language)]
    assert not missing, "\n".join(missing)


@pytest.mark.parametrize("language", CATALOGUES)
def test_no_sentence_is_left_over(language: str) -> None:
    known = {**messages_of_code(IN_CODE), **messages_of_pages()}
    assert [text for text in catalogue(language) if text not in known] == []


@pytest.mark.parametrize("language", CATALOGUES)
def test_a_sentence_has_the_values_of_the_message_written_alike(language: str) -> None:
    different = {
        text: names_in(sentence)
        for text, sentence in catalogue(language).items()
        if has_words(text) and "{" in text and text in MESSAGES and names_in(text) != names_in(sentence)
    }
    assert different == {}


@pytest.mark.parametrize("language", CATALOGUES)
def test_digits_of_a_message_are_those_of_its_sentence(language: str) -> None:
    """Numbers that stand in the template itself, such as the level of an interval."""
    for text, sentence in catalogue(language).items():
        digits = [sorted(re.findall(r"\d+(?:\.\d+)?", re.sub(r"\{[^}]*\}", "", one))) for one in (text, sentence)]
        assert digits[0] == digits[1], (text, sentence)
