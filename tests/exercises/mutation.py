"""Answers with a small change each, as a slip of the hand makes it: mutants of a function."""

from __future__ import annotations

import ast
import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_SWAPPED = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.Pow: ast.Mult,
    ast.And: ast.Or,
    ast.Or: ast.And,
}
"""Operators, and what each becomes."""


@dataclass(frozen=True)
class Mutant:
    """One changed answer."""

    change: str
    """``"line 3: a < b → a <= b"``, ``"line 4: key=True → False"``; lines count from 1."""
    source: str
    """The whole answer."""


def mutants(source: str) -> Iterator[Mutant]:
    """Yield each answer that differs from `source` in an operator, constant, condition, result."""
    tree = ast.parse(source)
    places = [node for node in ast.walk(tree) if not _is_documentation(node)]
    named = {id(node.value): node.arg for node in places if isinstance(node, ast.keyword)}
    for node in places:
        for old, new in _changes(node):
            yield _replaced(tree, node, old, new, named.get(id(node)))


def _is_documentation(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _changes(node: ast.AST) -> Iterator[tuple[ast.AST, ast.AST]]:
    """Yield a node and what it may become."""
    if isinstance(node, ast.Compare) and type(node.ops[0]) in _SWAPPED:
        yield node, _with(node, ops=[_SWAPPED[type(node.ops[0])]()])
    elif isinstance(node, (ast.BinOp, ast.BoolOp)) and type(node.op) in _SWAPPED:
        yield node, _with(node, op=_SWAPPED[type(node.op)]())
    elif isinstance(node, ast.UnaryOp):
        yield node, node.operand
    elif isinstance(node, ast.Constant) and node.value is not None:
        yield node, ast.Constant(_other(node.value))
    elif isinstance(node, (ast.If, ast.IfExp)):
        yield node, _with(node, test=ast.Constant(value=True))
        yield node, _with(node, test=ast.Constant(value=False))
    elif isinstance(node, ast.Return):
        gives_none = isinstance(node.value, ast.Constant) and node.value.value is None
        yield node, _with(node, value=ast.Constant(value=0 if gives_none else None))


def _with(node: ast.AST, **changed: object) -> ast.AST:
    new = copy.copy(node)
    for name, value in changed.items():
        setattr(new, name, value)
    return new


def _other(value: object) -> object:
    if isinstance(value, bool):
        return not value
    return value + 1 if isinstance(value, (int, float)) else f"{value}~"


class _Exchange(ast.NodeTransformer):
    """Put one node in the place of another."""

    def __init__(self, old: ast.AST, new: ast.AST) -> None:
        self._old, self._new = old, new

    def visit(self, node: ast.AST) -> ast.AST:
        """Return the new node for the old one, and what holds it otherwise."""
        if node is self._old:
            return ast.copy_location(copy.copy(self._new), node)
        return super().visit(_with(node)) if any(True for _ in ast.iter_child_nodes(node)) else node

    def generic_visit(self, node: ast.AST) -> ast.AST:
        """Visit children in lists of their own, so that the tree is not changed."""
        for name, value in ast.iter_fields(node):
            if isinstance(value, list):
                setattr(node, name, list(value))
        return super().generic_visit(node)


def _replaced(
    tree: ast.Module, node: ast.AST, old: ast.AST, new: ast.AST, keyword: str | None
) -> Mutant:
    changed = ast.fix_missing_locations(_Exchange(old, new).visit(tree))
    before, after = _line(ast.unparse(node)), _line(ast.unparse(ast.fix_missing_locations(new)))
    name = f"{keyword}=" if keyword else ""
    change = f"line {getattr(node, 'lineno', 0)}: {name}{before} → {after}"
    return Mutant(change, ast.unparse(changed))


def _line(text: str) -> str:
    return " ".join(text.split())
