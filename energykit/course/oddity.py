"""What is odd about a submission: deleted cells, time-outs, answers that somebody else has, too."""

from __future__ import annotations

import ast
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

__all__ = ["REPLACES_A_CHECK", "Work", "oddities", "read_work", "same_answers"]

REPLACES_A_CHECK = re.compile(
    r"exercises\.\w+ *=|(from|import) energykit\.exercises|\bek *=|get_ipython|sys\.modules|setattr"
)
"""What no lesson has, and who replaces a check needs."""
_TIMED_OUT = re.compile(r"Timeout|KeyboardInterrupt")
_LEAST_NODES = 45
"""Of a syntax tree; shorter answers, as those of lessons 00 and 02, are the same by chance."""


@dataclass(frozen=True, kw_only=True)
class Work:
    """The graded part of a notebook."""

    answers: tuple[str, ...]
    """Code of the cells for answers, in their order."""
    grade_ids: frozenset[str]
    """Of cells for answers and of checks."""
    checks: frozenset[str]
    """Those of the checks."""
    errors: tuple[str, ...]
    """Names of the exceptions in which cells of the exercise ended."""

    @property
    def trees(self) -> str:
        """The answers without their comments and layout; empty where they are short or not code."""
        try:
            trees = [ast.parse(code) for code in self.answers]
        except SyntaxError:
            return ""
        if sum(1 for tree in trees for _ in ast.walk(tree)) < _LEAST_NODES:
            return ""
        return "\n".join(map(ast.unparse, trees))


def read_work(path: Path) -> Work:
    """Return the graded part of a notebook.

    Raises
    ------
    ValueError
        It is not a notebook.
    """
    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        graded = [cell for cell in cells if cell["metadata"].get("nbgrader", {}).get("grade_id")]
        settings = [cell["metadata"]["nbgrader"] for cell in graded]
        return Work(
            answers=tuple("".join(one["source"]) for one in graded if _is_answer(one)),
            grade_ids=frozenset(one["grade_id"] for one in settings),
            checks=frozenset(one["grade_id"] for one in settings if one.get("grade")),
            errors=tuple(_errors(graded)),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as exc:
        raise ValueError(f"not a notebook: {path}") from exc


def _is_answer(cell: Mapping[str, Any]) -> bool:
    return bool(cell["metadata"]["nbgrader"].get("solution")) and cell["cell_type"] == "code"


def _errors(cells: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    outputs = [one for cell in cells for one in cell.get("outputs", [])]
    return (str(one.get("ename", "")) for one in outputs if one["output_type"] == "error")


def oddities(source: Work, submitted: Work, graded: Work | None) -> list[str]:
    """Return what a marker should look at in one submission.

    Parameters
    ----------
    source
        The lesson, as released.
    submitted
        What came back.
    graded
        The same after it was run; None where it was not.
    """
    found = []
    for name in sorted(source.grade_ids - submitted.grade_ids):
        kind = "check" if name in source.checks else "answer"
        found.append(f"{kind} cell {name} was deleted")
    if any(REPLACES_A_CHECK.search(code) for code in submitted.answers):
        found.append("an answer may replace a check")
    if submitted.trees and submitted.trees == source.trees:
        found.append("the course's own answer")
    errors = () if graded is None else graded.errors
    if any(map(_TIMED_OUT.search, errors)):
        found.append("took too long")
    is_whole = source.grade_ids - source.checks <= submitted.grade_ids
    found += [f"raised {name}" for name in _own_errors(errors, is_whole=is_whole)]
    return found


def _own_errors(errors: Iterable[str], *, is_whole: bool) -> list[str]:
    """Return the exceptions, each once, that no check, blank answer or time-out explains.

    An answer that is blank, deleted or ends in an exception leaves the names unknown that it was to
    define, and the check says so with a NameError.
    """
    names = dict.fromkeys(errors)
    if not is_whole or len(names.keys() - {"AssertionError", "NameError"}):
        names.pop("NameError", None)
    explained = {"AssertionError", "NotImplementedError"}
    return [name for name in names if name not in explained and not _TIMED_OUT.search(name)]


def same_answers(works: Mapping[str, Work]) -> dict[str, list[str]]:
    """Return, by student, who else handed in the same code; comments and layout do not count."""
    by_tree: dict[str, list[str]] = {}
    for student, work in works.items():
        if work.trees:
            by_tree.setdefault(work.trees, []).append(student)
    return {
        student: [other for other in group if other != student]
        for group in by_tree.values()
        if len(group) > 1
        for student in group
    }
