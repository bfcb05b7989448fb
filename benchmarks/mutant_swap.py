"""Puts a changed statement of a module in place of what a running program has imported already.

A function keeps its identity and gets other code, so whoever imported it runs the change.
"""

from __future__ import annotations
import __future__

import ast
import sys
from types import FunctionType, ModuleType
from typing import Any

GENERATED = "<string>"  # the file of what `dataclass` writes


class UnfitError(Exception):
    """A change that cannot be put in place of what runs."""


def swap(module: ModuleType, statement: ast.stmt) -> None:
    """Run a statement of the module's level in the module and bring what it binds to all who have the old.

    Raises:
        UnfitError: code with other free variables, or a class of a kind that keeps its defaults elsewhere.
        Exception: whatever the statement raises.
    """
    names = vars(module)
    code = compile(
        ast.Module([statement], []), str(module.__file__), "exec", __future__.annotations.compiler_flag, True
    )
    bound: dict[str, Any] = {}
    exec(code, names, bound)
    for name, new in bound.items():
        old = names.get(name)
        if isinstance(statement, ast.ClassDef) and isinstance(old, type):
            _swap_class(old, new, statement)
        elif isinstance(statement, ast.FunctionDef):
            _swap_function(old, new)
        else:
            _rebind(name, old, new)


def _swap_function(old: object, new: object) -> None:
    here, there = plain_function(old), plain_function(new)
    if here is None or there is None:
        raise UnfitError(f"{old!r} is not a function")
    try:
        here.__code__ = there.__code__
    except ValueError as error:
        raise UnfitError(str(error)) from error
    here.__defaults__, here.__kwdefaults__ = there.__defaults__, there.__kwdefaults__


def plain_function(value: object) -> FunctionType | None:
    """The function inside a property, a class method or a decorator that says what it wraps."""
    while not isinstance(value, FunctionType) or hasattr(value, "__wrapped__"):
        names = ("__wrapped__", "__func__", "fget", "func")
        inner = next((getattr(value, name) for name in names if hasattr(value, name)), None)
        if inner is None:
            return None
        value = inner
    return value


def _swap_class(old: type, new: type, statement: ast.ClassDef) -> None:
    """Methods get other code; what `dataclass` wrote and plain attributes take the place of the old."""
    if hasattr(old, "model_fields") or hasattr(old, "_fields"):
        raise UnfitError(f"{old.__name__} keeps its defaults elsewhere")
    fields = [s for s in statement.body if isinstance(s, ast.Assign | ast.AnnAssign) and s.value is not None]
    targets = [target for s in fields for target in (s.targets if isinstance(s, ast.Assign) else [s.target])]
    attributes = {target.id for target in targets if isinstance(target, ast.Name)} | {"__dataclass_fields__"}
    for name, value in vars(new).items():
        function = plain_function(value)
        if function is not None and function.__code__.co_filename != GENERATED:
            if plain_function(vars(old).get(name)) is not function:
                _swap_function(vars(old).get(name), value)
        elif function is not None or name in attributes:
            setattr(old, name, value)


def _rebind(name: str, old: object, new: object) -> None:
    for module in list(sys.modules.values()):
        names = getattr(module, "__dict__", {})
        if name in names and names[name] is old:
            names[name] = new
