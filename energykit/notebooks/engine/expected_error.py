"""Errors of a notebook that are expected, so that papermill does not take them for a failure.

Papermill looks through the outputs of a notebook that its engine has executed, and fails it by any
error, whatever its cell's tags say. It reads an output's attribute ``output_type``; the file is
written from its items.
"""

from __future__ import annotations

from typing import Any

from nbformat.notebooknode import NotebookNode

__all__ = ["ExpectedError", "mark_expected_errors"]


class ExpectedError(NotebookNode):
    """An error output that its cell's verdict allows."""

    def __getattr__(self, name: str) -> Any:
        """Return an item, as `NotebookNode` does; its type is another for who asks by attribute."""
        return "expected-error" if name == "output_type" else super().__getattr__(name)


def mark_expected_errors(cell: Any) -> None:
    """Mark every error of a cell as expected."""
    cell["outputs"] = [
        ExpectedError(output) if output["output_type"] == "error" else output
        for output in cell["outputs"]
    ]
