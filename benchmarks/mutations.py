"""Mutations of a module: each changes one operator, constant, condition, argument or statement.

Left alone is what a test has no business with: type annotations, docstrings, texts, what an exception says, assertions.
"""

from __future__ import annotations

import ast
import copy
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
}
ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.Pow: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}
NAMES = {"min": "max", "max": "min", "any": "all", "all": "any", "floor": "ceil", "ceil": "floor", "mean": "sum"}
UNWRAPPED = frozenset({"sorted", "reversed"})  # their argument alone
TINY = 1e-3  # smaller constants are tolerances
MANY = 100  # larger integers are amounts, of which one more or less says nothing
COARSE = 0.1  # what a tolerance becomes
SWAPPABLE = (ast.FunctionDef, ast.ClassDef, ast.Assign, ast.AnnAssign)  # statements of the module's level
TYPES = frozenset({"annotation", "returns", "type_params", "type_comment", "decorator_list", "bases"})


@dataclass(frozen=True, eq=False)
class Place:
    """Where a node hangs: a field of its parent, and the index in it where that is a list."""

    parent: ast.AST
    field: str
    index: int | None = None

    def put(self, node: object) -> object:
        """Hang `node` here, and give back what was here before."""
        value = getattr(self.parent, self.field)
        if self.index is None:
            setattr(self.parent, self.field, node)
            return value
        before = value[self.index]
        value[self.index] = node
        return before


@dataclass(frozen=True, eq=False)
class Context:
    """What is around a node: names of its classes and functions, the statement on the module's level, its own."""

    names: tuple[str, ...] = ()
    top: ast.stmt | None = None
    statement: ast.stmt | None = None
    truth: bool = False  # the function around is annotated as `-> bool`
    at_import: bool = True  # it runs when the module is imported


@dataclass(frozen=True, eq=False)
class Mutation:
    """One change of one module.

    Attributes:
        function: dotted name inside the module; empty on the module's level.
        lines: first and last line of the statement (of its head, if it has a body).
        before, after: that statement, as text.
        number: counts mutations of the same texts in one function, from 0.
        top: the statement on the module's level that holds it.
        at_import: it changes what happens when the module is imported (a default, a constant).
    """

    module: str
    function: str
    lines: tuple[int, int]
    before: str
    after: str
    number: int
    top: ast.stmt
    place: Place
    node: ast.AST
    at_import: bool

    @property
    def key(self) -> str:
        """A name that other changes of the file leave alone."""
        number = f" #{self.number + 1}" if self.number else ""
        return f"{self.module}:{self.function}: {self.before} -> {self.after}{number}"


def mutations(path: Path, module: str) -> list[Mutation]:
    """All mutations of a file, in its order; they share one tree, so put one in place at a time."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found: list[Mutation] = []
    seen: Counter[tuple[str, str, str]] = Counter()
    for place, node, context in _sites(tree, Context()):
        if context.statement is None or not isinstance(context.top, SWAPPABLE):
            continue
        function = ".".join(context.names)
        before, after = _texts(place, node, context.statement)
        if before == after:
            continue
        same = function, before, after
        lines = _lines(context.statement)
        at_import = context.at_import
        found.append(Mutation(module, function, lines, before, after, seen[same], context.top, place, node, at_import))
        seen[same] += 1
    return found


def _texts(place: Place, node: ast.AST, statement: ast.stmt) -> tuple[str, str]:
    before = head(statement)
    old = place.put(node)
    replaced = old is statement  # the statement itself is gone
    after = head(node if replaced else statement)  # type: ignore[arg-type]
    place.put(old)
    return before, after


def head(statement: ast.stmt) -> str:
    """A statement as one line of text, without its body."""
    shown = copy.copy(statement)
    for field in ("body", "orelse", "finalbody", "handlers"):
        if isinstance(getattr(shown, field, None), list):
            setattr(shown, field, [ast.Pass()] if field == "body" else [])
    if hasattr(shown, "decorator_list"):
        shown.decorator_list = []
    text = ast.unparse(ast.fix_missing_locations(shown))
    return " ".join(text.removesuffix("pass").split()) or "pass"


def _lines(statement: ast.stmt) -> tuple[int, int]:
    body = getattr(statement, "body", None)
    last = statement.end_lineno or statement.lineno
    if isinstance(body, list) and body:
        last = max(statement.lineno, body[0].lineno - 1)
    return statement.lineno, last


def _sites(node: ast.AST, context: Context) -> Iterator[tuple[Place, ast.AST, Context]]:
    """Every place below a node with each node that may hang there instead."""
    for field, value in ast.iter_fields(node):
        if field in TYPES or (field == "keywords" and isinstance(node, ast.ClassDef)):
            continue
        if field == "keywords" and ast.unparse(node.func) == "zip":  # type: ignore[attr-defined]
            continue  # `strict` asserts
        children = enumerate(value) if isinstance(value, list) else [(None, value)]
        for index, child in children:
            if not isinstance(child, ast.AST) or _left_alone(child):
                continue
            around = _inner(child, context, node, field)
            place = Place(node, field, index)
            for other in _variants(child, around):
                yield place, ast.fix_missing_locations(ast.copy_location(other, child)), around
            if not isinstance(child, ast.Raise):  # what it says is for people
                yield from _sites(child, around)


def _inner(child: ast.AST, context: Context, parent: ast.AST, field: str) -> Context:
    """The context of a child."""
    names, truth, at_import = context.names, context.truth, context.at_import
    if isinstance(parent, ast.FunctionDef) and field == "body":
        at_import = False
    if isinstance(child, ast.FunctionDef | ast.ClassDef):
        names = (*names, child.name)
    if isinstance(child, ast.FunctionDef):
        truth = child.returns is not None and ast.unparse(child.returns).startswith("bool")
    statement = child if isinstance(child, ast.stmt) else context.statement
    top = context.top or (child if isinstance(child, ast.stmt) else None)
    return Context(names, top, statement, truth, at_import)


def _left_alone(node: ast.AST) -> bool:
    """What shows texts only, says types, or speaks of what cannot be."""
    if isinstance(node, ast.Assert | ast.Import | ast.ImportFrom | ast.JoinedStr | ast.Global | ast.Nonlocal):
        return True
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant)
    if isinstance(node, ast.If):
        return "TYPE_CHECKING" in ast.unparse(node.test)
    if isinstance(node, ast.ClassDef):
        return any("Protocol" in ast.unparse(base) for base in node.bases)
    return isinstance(node, ast.FunctionDef) and node.name == "__repr__"


def _variants(node: ast.AST, context: Context) -> Iterator[ast.AST]:
    """What may stand in place of a node."""
    if isinstance(node, ast.stmt):
        yield from _statement_variants(node, context)
    elif isinstance(node, ast.comprehension):
        for i in range(len(node.ifs)):
            yield ast.comprehension(node.target, node.iter, node.ifs[:i] + node.ifs[i + 1 :], node.is_async)
    elif isinstance(node, ast.expr):
        yield from _expression_variants(node)


def _statement_variants(node: ast.stmt, context: Context) -> Iterator[ast.stmt]:
    if isinstance(node, ast.If):
        yield from (_with(node, test=ast.Constant(value)) for value in (True, False))
    elif isinstance(node, ast.While):
        yield _with(node, test=ast.Constant(False))
    elif isinstance(node, ast.Return) and node.value is not None:
        answers = (True, False) if context.truth else (None,)
        yield from (ast.Return(ast.Constant(answer)) for answer in answers)
    elif isinstance(node, ast.AugAssign):
        if type(node.op) in ARITHMETIC:
            yield _with(node, op=ARITHMETIC[type(node.op)]())
        yield ast.Pass()
    elif _droppable(node):
        yield ast.Pass()


def _droppable(node: ast.stmt) -> bool:
    """Whether a function without this statement still runs."""
    if isinstance(node, ast.Assign):
        return all(isinstance(target, ast.Attribute | ast.Subscript) for target in node.targets)
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Call)
    return isinstance(node, ast.Raise | ast.Continue | ast.Break | ast.Delete)


def _expression_variants(node: ast.expr) -> Iterator[ast.expr]:
    if isinstance(node, ast.Compare):
        for i, op in enumerate(node.ops):
            for other in COMPARISONS[type(op)]:
                yield _with(node, ops=[*node.ops[:i], other(), *node.ops[i + 1 :]])
    elif isinstance(node, ast.BinOp):
        yield from _arithmetic_variants(node)
    elif isinstance(node, ast.BoolOp):
        yield _with(node, op=ast.Or() if isinstance(node.op, ast.And) else ast.And())
        for i in range(len(node.values)):
            kept = node.values[:i] + node.values[i + 1 :]
            yield kept[0] if len(kept) == 1 else _with(node, values=kept)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not | ast.USub):
        yield node.operand
    elif isinstance(node, ast.Constant):
        yield from (ast.Constant(value) for value in _other_constants(node.value))
    elif isinstance(node, ast.IfExp):
        yield from (node.body, node.orelse)
    elif isinstance(node, ast.Slice):
        yield from (_with(node, **{end: None}) for end in ("lower", "upper") if getattr(node, end) is not None)
    elif isinstance(node, ast.Call):
        yield from _call_variants(node)


def _arithmetic_variants(node: ast.BinOp) -> Iterator[ast.expr]:
    if any(isinstance(side, ast.JoinedStr) or _is_text(side) for side in (node.left, node.right)):
        return
    if type(node.op) in ARITHMETIC:
        yield _with(node, op=ARITHMETIC[type(node.op)]())
        yield node.left


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _call_variants(node: ast.Call) -> Iterator[ast.expr]:
    called = node.func
    name = called.id if isinstance(called, ast.Name) else called.attr if isinstance(called, ast.Attribute) else ""
    if name in NAMES:
        other = NAMES[name]
        yield _with(node, func=_with(called, **{"id" if isinstance(called, ast.Name) else "attr": other}))
    if name in UNWRAPPED and isinstance(called, ast.Name) and len(node.args) == 1:
        yield ast.Call(ast.Name("list", ast.Load()), node.args, [])
    for i, keyword in enumerate(node.keywords):
        if keyword.arg is not None and name != "zip":
            yield _with(node, keywords=node.keywords[:i] + node.keywords[i + 1 :])


def _other_constants(value: object) -> tuple[bool | int | float, ...]:
    if isinstance(value, bool):
        return (not value,)
    if isinstance(value, int):
        return (value + 1, value - 1) if abs(value) < MANY else (value // 2,)
    if isinstance(value, float):
        return (1.0,) if not value else (COARSE if abs(value) < TINY else 2 * value,)
    return ()


def _with(node: ast.AST, **fields: object) -> ast.AST:  # type: ignore[misc]
    other = copy.copy(node)
    for name, value in fields.items():
        setattr(other, name, value)
    return other
