"""Code cells: few and short, nothing that waits for a person or the network, no secret."""

from __future__ import annotations

import ast
import re
from statistics import median_high
from typing import TYPE_CHECKING

from energykit.notebooks.rules.syntax import tree_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from energykit.notebooks.rules.finding import Cell, Finding, StoredNotebook

__all__ = ["CODE_RULES", "check_code"]

CODE_RULES = frozenset(
    {
        "address",
        "alt-text",
        "code-cells",
        "code-lines",
        "input",
        "secret",
        "sleep",
        "syntax",
        "url",
    }
)

MOST_CELLS = 40
MEDIAN_LINES = 5
MOST_LINES = 20

_CALLS = {
    "sleep": ("sleep", "it sleeps", "wait for the thing itself, with a deadline"),
    "input": ("input", "it waits for a person", "make it a parameter"),
    "getpass": ("input", "it waits for a person", "make it a parameter"),
    "show": (
        "alt-text",
        "it shows a figure without alt text",
        "show it with ek.plots.figure_html(figure)",
    ),
}
"""By the last name of what is called: rule, what, hint."""
_FROM_OUTSIDE = re.compile(
    r"\b(?:https?|ftp|wss?|s3|gs)://(?!127\.|localhost\b|\[::1\]|www\.w3\.org)[\w.-]+"
    r"|\b(?:pip|conda|mamba|apt|npm)3? install\b|\b(?:curl|wget) "
)
_ADDRESS = re.compile(r"\b(?!127\.|0\.0\.0\.0)(?:\d{1,3}\.){3}\d{1,3}\b")
_SECRETS = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY|\bAKIA[0-9A-Z]{16}\b|\bgh[pousr]_\w{30,}|\bgithub_pat_\w{20,}"
    r"|\bxox[abprs]-[\w-]{10,}|\bsk-[\w-]{20,}|\beyJ[\w-]{10,}\.eyJ[\w-]{10,}|://[^/\s:@]+:[^/\s:@]+@"
)
_SECRET_NAME = re.compile(r"(?i)(?:^|_)(?:password|passwd|secret|token|api_?key|access_?key)$")
_SHORTEST_SECRET = 6


def check_code(notebook: StoredNotebook) -> Iterator[Finding]:
    """Yield what is wrong with a notebook's code cells."""
    yield from _lengths(notebook)
    for cell in notebook.cells:
        if _SECRETS.search(cell.source):
            yield notebook.finding(
                "secret", "it holds a secret", "withdraw it, and read it from the environment", cell
            )
    for cell in notebook.code:
        try:
            tree = tree_of(cell.source)
        except SyntaxError as exc:
            hint = f"correct line {exc.lineno}"
            yield notebook.finding(
                "syntax", f"line {exc.lineno} is not Python: {exc.msg}", hint, cell
            )
            continue
        for node in ast.walk(tree):
            yield from _of_node(notebook, cell, node)


def _lengths(notebook: StoredNotebook) -> Iterator[Finding]:
    code = notebook.code
    lengths = [len(cell.source.strip().splitlines()) for cell in code]
    if len(code) > MOST_CELLS:
        yield notebook.finding(
            "code-cells", f"{len(code)} code cells are over {MOST_CELLS}", "make it two notebooks"
        )
    if lengths and median_high(lengths) > MEDIAN_LINES:
        hint = "move what is not the idea into the package"
        many = f"{median_high(lengths)} lines or more, over {MEDIAN_LINES}"
        yield notebook.finding("code-lines", f"half of its code cells have {many}", hint)
    for cell, length in zip(code, lengths, strict=True):
        if length > MOST_LINES:
            hint = "split it, or move what is not the idea into the package"
            yield notebook.finding(
                "code-lines", f"{length} lines are over {MOST_LINES}", hint, cell
            )


def _of_node(notebook: StoredNotebook, cell: Cell, node: ast.AST) -> Iterator[Finding]:
    if isinstance(node, ast.Call):
        name = ast.unparse(node.func).rpartition(".")[2]
        if name in _CALLS and (
            name != "show" or ast.unparse(node.func) in {"plt.show", "fig.show", "figure.show"}
        ):
            rule, what, hint = _CALLS[name]
            yield notebook.finding(rule, f"line {node.lineno}: {what}", hint, cell)
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield from _of_text(notebook, cell, node.value, node.lineno)
    elif isinstance(node, ast.Assign) and _is_secret(node):
        hint = "withdraw it, and read it from the environment"
        yield notebook.finding("secret", f"line {node.lineno}: it holds a secret", hint, cell)


def _of_text(notebook: StoredNotebook, cell: Cell, text: str, line: int) -> Iterator[Finding]:
    outside = _FROM_OUTSIDE.search(text)
    if outside:
        what = f"line {line}: {outside.group().strip()!r} needs the network"
        yield notebook.finding("url", what, "bring the data with the project", cell)
    address = _ADDRESS.search(text)
    if address and not outside:
        what = f"line {line}: {address.group()!r} is an address of another machine"
        yield notebook.finding("address", what, "use 127.0.0.1 and port 0", cell)


def _is_secret(node: ast.Assign) -> bool:
    value = node.value
    is_text = (
        isinstance(value, ast.Constant)
        and isinstance(value.value, str)
        and len(value.value) >= _SHORTEST_SECRET
    )
    return is_text and any(_SECRET_NAME.search(ast.unparse(target)) for target in node.targets)
