"""The syntax of a code cell: Python, with the magics and commands that IPython adds."""

from __future__ import annotations

import ast

from energykit.errors import MissingPackageError

__all__ = ["tree_of"]

_TIMED = {"capture", "prun", "time", "timeit"}
"""Cell magics whose body is Python of this notebook."""


def tree_of(source: str) -> ast.Module:
    """Return a cell's syntax tree; magics and commands are calls, as the kernel sees them.

    Raises
    ------
    SyntaxError
        It is not Python.
    energykit.errors.MissingPackageError
        It needs IPython to be read, and IPython is not installed.
    """
    try:
        return _parsed(source)
    except SyntaxError:
        plain = _as_python(source)
        if plain.strip() == source.strip():
            raise
    tree = _parsed(plain)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "get_ipython().run_cell_magic":
            name, _, body = (
                argument.value for argument in node.args if isinstance(argument, ast.Constant)
            )
            if name in _TIMED:
                tree.body += tree_of(str(body)).body
    return tree


def _parsed(source: str) -> ast.Module:
    flags = ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    found = compile(source, "<cell>", "exec", flags=flags, dont_inherit=True)
    assert isinstance(found, ast.Module)  # what the flags ask for
    return found


def _as_python(source: str) -> str:
    try:
        from IPython.core.inputtransformer2 import TransformerManager  # optional
    except ImportError:
        raise MissingPackageError(
            "ipython", extra="notebooks", needed_for="energykit notebooks check"
        ) from None
    return str(TransformerManager().transform_cell(source))
