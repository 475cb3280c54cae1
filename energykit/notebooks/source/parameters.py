"""Parameters of a notebook: known by name, typed by their defaults, set by papermill."""

from __future__ import annotations

import ast
import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from energykit.errors import UsageError, nearest
from energykit.notebooks.source.metadata import tags_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = [
    "TAG",
    "CodeList",
    "CodeText",
    "Default",
    "check_parameters",
    "defaults_of",
    "python_code",
    "typed_parameters",
]

TAG = "parameters"
"""Tag of the cell that holds the defaults, as papermill has it."""
_MAGIC = re.compile(r"^(\s*)[%!].*$", re.MULTILINE)
_ASSIGNED_MAGIC = re.compile(r"=\s*[%!].*$", re.MULTILINE)
_ANNOTATED = {
    "bool": bool,
    "dict": dict,
    "float": float,
    "int": int,
    "list": list,
    "set": set,
    "str": str,
    "tuple": tuple,
    "frozenset": frozenset,
}
_FROM_LISTS = (tuple, set, frozenset)


@dataclass(frozen=True, kw_only=True)
class Default:
    """What the cell of parameters says about one of them."""

    kind: type | None = None
    """Type of its value; None where only running the cell would tell."""
    is_annotated: bool = False
    """Whether an annotation gives the type."""
    text: str = ""
    """The default as the cell writes it; empty for a name that is only annotated."""
    call: str = ""
    """What is called with one literal to make the default, as ``Path`` in ``Path("a")``."""


def defaults_of(notebook: Any, *, where: str = "") -> dict[str, Default] | None:
    """Return the parameters in the cell tagged ``parameters``; None where there is no such cell.

    Every name that the cell assigns or annotates at its top level is one. Magics are passed over.

    Raises
    ------
    energykit.errors.UsageError
        The cell is not Python.
    """
    cells = [cell for cell in notebook.cells if TAG in tags_of(cell)]
    if not cells:
        return None
    try:
        nodes = ast.parse(_without_magics(cells[0]["source"])).body
    except SyntaxError as exc:
        what = f"line {exc.lineno} of the cell of parameters is not Python: {exc.msg}"
        raise UsageError(what, where=where, hint="assignments, name = value") from exc
    return {name: default for node in nodes for name, default in _defaults_in(node)}


def _without_magics(source: str) -> str:
    """Return the Python of a cell, line for line."""
    plain = _ASSIGNED_MAGIC.sub("= None", source)
    return _MAGIC.sub(r"\1pass", plain)


def _defaults_in(node: ast.stmt) -> Iterator[tuple[str, Default]]:
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        yield node.target.id, _annotated(node)
    elif isinstance(node, ast.Assign):
        for target in node.targets:
            yield from _assigned(target, node.value)


def _assigned(target: ast.expr, value: ast.expr) -> Iterator[tuple[str, Default]]:
    if isinstance(target, ast.Name):
        yield target.id, _default(value)
    elif isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
        for name, part in zip(target.elts, value.elts, strict=False):
            yield from _assigned(name, part)


def _annotated(node: ast.AnnAssign) -> Default:
    default = _default(node.value) if node.value else Default()
    name = ast.unparse(node.annotation).strip("'\"").partition("[")[0]
    kind = _ANNOTATED.get(name.lower())
    if kind is None:
        return default
    return Default(kind=kind, is_annotated=True, text=default.text)


def _default(value: ast.expr) -> Default:
    text = ast.unparse(value)
    found = _evaluated(value)
    if found:
        return Default(kind=type(found[0]), text=text)
    if isinstance(value, ast.Call) and len(value.args) == 1 and not value.keywords:
        argument = _evaluated(value.args[0])
        if argument:
            return Default(kind=type(argument[0]), text=text, call=ast.unparse(value.func))
    return Default(text=text)


def _evaluated(value: ast.expr) -> list[Any]:
    """Return the value of an expression of numbers and literals, in a list; empty for others."""
    allowed = (
        ast.Constant,
        ast.BinOp,
        ast.UnaryOp,
        ast.operator,
        ast.unaryop,
        ast.List,
        ast.Tuple,
        ast.Set,
        ast.Dict,
        ast.Load,
    )
    nodes = list(ast.walk(value))
    is_power = any(isinstance(node, (ast.Pow, ast.LShift)) for node in nodes)
    is_text_times = any(isinstance(node, ast.Mult) for node in nodes) and any(
        isinstance(node, ast.Constant) and isinstance(node.value, (str, bytes)) for node in nodes
    )
    if is_power or is_text_times or not all(isinstance(node, allowed) for node in nodes):
        return _literal(value)
    try:
        code = compile(ast.Expression(value), "<default>", "eval")
        return [eval(code, {"__builtins__": {}})]  # noqa: S307  # numbers and literals only
    except Exception:  # noqa: BLE001  # whatever arithmetic raises: the kernel will say it
        return []


def _literal(value: ast.expr) -> list[Any]:
    try:
        return [ast.literal_eval(value)]
    except (ValueError, TypeError, SyntaxError):
        return []


def check_parameters(notebook: Any, given: Mapping[str, Any], *, where: str) -> None:
    """Check that values can be set in a notebook.

    Raises
    ------
    energykit.errors.UsageError
        The notebook has no parameters, not this one, or its default is of another type.
    """
    typed_parameters(notebook, given, where=where)


def typed_parameters(notebook: Any, given: Mapping[str, Any], *, where: str) -> dict[str, Any]:
    """Return values with the types of their defaults, ready for papermill.

    A list becomes the tuple or set that the default is; a value for ``Path("a")`` a `CodeText`.

    Raises
    ------
    energykit.errors.UsageError
        The notebook has no parameters, not this one, or its default is of another type.
    """
    if not given:
        return {}
    defaults = defaults_of(notebook, where=where)
    if defaults is None:
        hint = f"tag the cell with the defaults {TAG!r}"
        raise UsageError("the notebook has no cell of parameters", where=where, hint=hint)
    return {name: _typed(name, value, defaults, where) for name, value in given.items()}


class CodeText(str):
    """A value that the notebook writes as other code than its JSON: ``Path('b')``."""

    __slots__ = ("code",)
    code: str

    def __new__(cls, text: str, code: str) -> Self:
        """Return a text with its code."""
        made = super().__new__(cls, text)
        made.code = code
        return made

    def __reduce__(self) -> tuple[type[CodeText], tuple[str, str]]:
        """Return how a copy is made: nbformat copies what it writes."""
        return type(self), (str(self), self.code)


class CodeList(list[Any]):
    """A list that the notebook writes as a tuple or a set."""

    def __init__(self, values: list[Any], kind: type) -> None:
        super().__init__(values)
        parts = ", ".join(map(python_code, values))
        if kind is tuple:
            self.code = f"({parts},)" if values else "()"
        else:
            self.code = f"{kind.__name__}([{parts}])"


def python_code(value: Any) -> str:
    """Return a value of JSON as Python writes it; numbers for which it has no literal, too."""
    if isinstance(value, dict):
        items = ", ".join(f"{key!r}: {python_code(part)}" for key, part in value.items())
        return f"{{{items}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(python_code, value))}]"
    is_number = isinstance(value, float) and not math.isfinite(value)
    return f"float({str(value)!r})" if is_number else repr(value)


def _typed(name: str, value: Any, defaults: Mapping[str, Default], where: str) -> Any:
    if name not in defaults:
        what = f"the notebook has no parameter {name!r}"
        raise UsageError(what, where=where, hint=nearest(name, defaults))
    if not _is_plain(value):
        hint = "numbers, text, true, false, null, lists, objects with names; in YAML quote a date"
        raise UsageError(f"{name} = {value!r} is not a value of JSON", where=where, hint=hint)
    default = defaults[name]
    if not _fits(value, default):
        hint = f"its default is {default.text}" if default.text else "its annotation says so"
        assert default.kind is not None  # None fits everything
        what = f"{name} = {value!r} is not {_article(default.kind.__name__)}"
        raise UsageError(what, where=where, hint=hint)
    if default.call and value is not None:
        return CodeText(str(value), f"{default.call}({python_code(value)})")
    is_made_of_list = isinstance(value, list) and default.kind in _FROM_LISTS
    return CodeList(value, default.kind) if is_made_of_list and default.kind else value


def _article(word: str) -> str:
    return f"{'an' if word[0] in 'aeiou' else 'a'} {word}"


def _fits(value: Any, default: Default) -> bool:
    """Return whether a value may stand for a default; a bare whole number takes any number."""
    kind = default.kind
    if kind is None or kind is type(None) or type(value) is kind:
        return True
    if isinstance(value, list):
        return kind in _FROM_LISTS
    if type(value) is int:
        return kind in {float, complex}
    return type(value) is float and kind is int and not default.is_annotated


def _is_plain(value: Any) -> bool:
    """Return whether JSON has a value as it is: the command that repeats a run writes JSON."""
    if isinstance(value, dict):
        return all(isinstance(key, str) and _is_plain(part) for key, part in value.items())
    if isinstance(value, list):
        return all(map(_is_plain, value))
    return value is None or type(value) in {bool, int, float, str}
