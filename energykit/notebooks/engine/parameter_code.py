"""How papermill writes parameters into a Python notebook, with the types of their defaults."""

from __future__ import annotations

from typing import Any

from papermill.translators import PythonTranslator, papermill_translators

from energykit.notebooks.source.parameters import CodeList, CodeText, python_code

__all__ = ["register_translator"]


class _TypedTranslator(PythonTranslator):  # type: ignore[misc]
    @classmethod
    def translate(cls, val: Any) -> str:
        """Return a value as Python writes it."""
        return val.code if isinstance(val, (CodeList, CodeText)) else python_code(val)


def register_translator() -> None:
    """Let papermill write tuples, sets and calls, in this process."""
    papermill_translators.register("python", _TypedTranslator)
