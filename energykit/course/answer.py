"""What a learner finds in an exercise: a place for the answer, and the visible check."""

from __future__ import annotations

import re
from typing import Any

__all__ = ["without_answers"]

_ANSWER = re.compile(
    r"^([ \t]*)### BEGIN SOLUTION\n.*?^[ \t]*### END SOLUTION$", re.DOTALL | re.MULTILINE
)
_PLACE = r"\1# YOUR CODE HERE\n\1raise NotImplementedError()"
"""As nbgrader writes it."""
_HIDDEN = re.compile(
    r"^### BEGIN HIDDEN TESTS\n.*?^### END HIDDEN TESTS\n?", re.DOTALL | re.MULTILINE
)


def without_answers(notebook: dict[str, Any]) -> dict[str, Any]:
    """Return a lesson in which answers are blank and hidden tests are gone.

    Parameters
    ----------
    notebook
        As stored; it is not changed.
    """
    return notebook | {"cells": [_blank(cell) for cell in notebook["cells"]]}


def _blank(cell: dict[str, Any]) -> dict[str, Any]:
    text = _HIDDEN.sub("", _ANSWER.sub(_PLACE, "".join(cell["source"])))
    return cell | {"source": text.splitlines(keepends=True)}
