"""What a stored notebook should be: one file a subject, one function a rule or a few."""

from __future__ import annotations

from typing import TYPE_CHECKING

from energykit.notebooks.rules.code import CODE_RULES, check_code
from energykit.notebooks.rules.expected import EXPECTED_RULES, check_expected
from energykit.notebooks.rules.grading import GRADING_RULES, check_grading
from energykit.notebooks.rules.prose import PROSE_RULES, check_prose
from energykit.notebooks.rules.stored import STORED_RULES, check_stored

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from energykit.notebooks.rules.finding import Finding, StoredNotebook

__all__ = ["CHECKS", "RULES"]

CHECKS: tuple[Callable[[StoredNotebook], Iterator[Finding]], ...] = (
    check_stored,
    check_expected,
    check_grading,
    check_code,
    check_prose,
)
"""Each yields what is wrong, in the order of the cells."""
RULES: dict[str, frozenset[str]] = {
    "stored": STORED_RULES | EXPECTED_RULES,
    "grading": GRADING_RULES,
    "code": CODE_RULES,
    "prose": PROSE_RULES,
}
"""Names of the rules by subject; a subject's name stands for all its rules."""
