"""Every mutation is one change that Python can run, and speaks of nothing that is only read by people."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from mutations import mutations


def changes(tmp_path: Path, source: str) -> list[str]:
    path = tmp_path / "made.py"
    path.write_text(source)
    return [f"{m.before} -> {m.after}" for m in mutations(path, "made")]


@pytest.mark.parametrize(
    ("expression", "others"),
    [
        ("a < b", ["a <= b", "a >= b"]),
        ("a == b", ["a != b"]),
        ("a - b", ["a + b", "a"]),
        ("a and b", ["a or b", "b", "a"]),
        ("not a", ["a"]),
        ("a[1:]", ["a[:]", "a[2:]", "a[0:]"]),
        ("max(a, b)", ["min(a, b)"]),
        ("a.max()", ["a.min()"]),
        ("f(a, k=b)", ["f(a)"]),
        ("a if b else c", ["a", "c"]),
        ("[x for x in a if x]", ["[x for x in a]"]),
        ("sorted(a)", ["list(a)"]),
        ("7", ["8", "6"]),
        ("1000", ["500"]),
        ("0.5", ["1.0"]),
        ("1e-05", ["0.1"]),
        ("True", ["False"]),
        ("zip(a, b, strict=True)", []),
        ("'text' + a", []),
        ("f'{a - 1}'", []),
    ],
)
def test_an_expression_is_changed_in_these_ways_and_no_other(
    tmp_path: Path, expression: str, others: list[str]
) -> None:
    assert changes(tmp_path, f"def f(a, b, c):\n    x = {expression}\n") == [
        f"x = {expression} -> x = {other}" for other in others
    ]


@pytest.mark.parametrize(
    ("statement", "others"),
    [
        ("if a:\n  b", ["if True:", "if False:"]),
        ("while a:\n  b", ["while False:"]),
        ("return a", ["return None"]),
        ("a += b", ["a -= b", "pass"]),
        ("a.b = c", ["pass"]),
        ("f(a)", ["pass"]),
        ("raise ValueError(1 - a)", ["pass"]),
        ("assert a > 1", []),
        ("a: int = b", []),
    ],
)
def test_a_statement_is_changed_in_these_ways_and_no_other(tmp_path: Path, statement: str, others: list[str]) -> None:
    body = statement.replace("\n", "\n    ")
    assert changes(tmp_path, f"def f(a, b, c):\n    {body}\n") == [
        f"{statement.splitlines()[0]} -> {other}" for other in others
    ]


def test_a_function_that_answers_yes_or_no_is_made_to_say_each_always(tmp_path: Path) -> None:
    assert changes(tmp_path, "def f(a) -> bool:\n    return a\n") == [
        "return a -> return True",
        "return a -> return False",
    ]


def test_defaults_and_constants_are_changed_and_known_to_run_at_import(tmp_path: Path) -> None:
    path = tmp_path / "made.py"
    path.write_text("LIMIT = 3\nclass C:\n    size: int = 7\n    def f(self, a=True):\n        return a\n")
    assert [(m.function, m.after, m.at_import) for m in mutations(path, "made")] == [
        ("", "LIMIT = 4", True),
        ("", "LIMIT = 2", True),
        ("C", "size: int = 8", True),
        ("C", "size: int = 6", True),
        ("C.f", "def f(self, a=False):", True),
        ("C.f", "return None", False),
    ]


def test_a_key_holds_no_line_number_and_tells_equal_statements_apart(tmp_path: Path) -> None:
    path, source = tmp_path / "made.py", "def f(a):\n    g(a)\n    g(a)\n"
    path.write_text(source)
    keys = [m.key for m in mutations(path, "made")]
    assert keys == ["made:f: g(a) -> pass", "made:f: g(a) -> pass #2"]
    path.write_text(f'"""Text."""\n\n{source}')
    assert [m.key for m in mutations(path, "made")] == keys


def test_a_mutation_in_place_is_the_only_change_of_the_tree(tmp_path: Path) -> None:
    path = tmp_path / "made.py"
    path.write_text("def f(a, b):\n    x = a - b\n    return x * 2\n")
    plus = next(m for m in mutations(path, "made") if m.after == "x = a + b")
    assert ast.unparse(plus.top) == "def f(a, b):\n    x = a - b\n    return x * 2"
    plus.place.put(plus.node)
    assert ast.unparse(plus.top) == "def f(a, b):\n    x = a + b\n    return x * 2"
