"""What a detector is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from energykit.errors import ParameterError

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    from services.energy_analyzer.detectors.batch import Batch

__all__ = ["UNDEFINED", "DetectionRule", "Detector", "between", "whole"]

UNDEFINED = "undefined"
"""Reason of a reading that has no power factor because voltage · current is 0; given whatever
detectors are chosen.
"""


@dataclass(frozen=True)
class DetectionRule:
    """A detector with its parameters, at work on one set of readings."""

    flag: Callable[[Batch], NDArray[np.bool_]]
    """Takes every batch in the order of the file; returns which of its readings are flagged."""
    fit: Callable[[Batch], bool] | None = None
    """Takes every batch in a pass before that, until it returns False: it has seen enough."""
    needs: tuple[str, ...] = ()
    """Columns without which it has nothing to look at: one that is all null in a file."""
    is_ordered: bool = False
    """Whether it goes by the order of a household's readings: then those out of order are flagged,
    too.
    """


class Detector(Protocol):
    """Makes a rule from parameters, which are keyword arguments with defaults.

    The first line of its docstring explains it to users.
    """

    __name__: str

    def __call__(self) -> DetectionRule:
        """Return a rule that has seen nothing yet."""


def between(
    parameter: str, value: float, low: float, high: float = float("inf"), *, unit: str = ""
) -> float:
    """Return a parameter's value, refusing one outside a range.

    Raises
    ------
    ParameterError
        The value is not from `low` to `high`.
    """
    if not low <= value <= high:
        limit = f"from {low:g}" if high == float("inf") else f"{low:g} to {high:g}"
        raise ParameterError.refuse(parameter, value, f"a number {limit} {unit}".rstrip())
    return float(value)


def whole(parameter: str, value: float, low: int, high: int) -> int:
    """Return a parameter's value as a whole number, refusing one outside a range.

    Raises
    ------
    ParameterError
        The value is not from `low` to `high`, or not whole.
    """
    if not (low <= value <= high and float(value).is_integer()):
        raise ParameterError.refuse(parameter, value, f"a whole number from {low} to {high}")
    return int(value)
