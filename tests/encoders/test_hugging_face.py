"""What is said, and refused, while a transformer is loaded."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import unfreeze

ROOT = Path(unfreeze.__file__).parent


def _loading_calls(path: Path) -> Iterator[ast.Call]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            auto = ast.unparse(node.func.value).rpartition(".")[2].startswith("Auto")
            if node.func.attr == "from_pretrained" or (auto and node.func.attr == "from_config"):
                yield node


def test_code_of_a_folder_is_never_trusted_nor_asked_about() -> None:
    """Without `trust_remote_code=False` transformers asks on the terminal, and runs the code if told to."""
    calls = [(path, call) for path in ROOT.rglob("*.py") for call in _loading_calls(path)]
    assert len(calls) >= 5
    for path, call in calls:
        given = {k.arg: ast.unparse(k.value) for k in call.keywords}
        assert given.get("trust_remote_code") == "False", f"{path.name}:{call.lineno}"
