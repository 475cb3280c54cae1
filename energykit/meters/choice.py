"""Parameters of an import that are one of a few texts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from energykit.errors import ParameterError, nearest
from energykit.meters.formats import FORMATS
from energykit.meters.number import BLANKS, QUOTES

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "DECIMALS",
    "LAYOUTS",
    "SEPARATORS",
    "SEPARATOR_WORDS",
    "SIGNS",
    "STAMPS",
    "TABLES",
    "THOUSANDS",
    "check_choice",
]

TABLES = ("long", "wide_by_time", "wide_by_meter")
"""How a table is laid out."""
LAYOUTS = (*TABLES, *FORMATS)
"""How a file is laid out; behind the tables come formats with a structure of their own."""
SEPARATORS = (",", ";", "\t", "|", " ")
"""What may be between fields."""
SEPARATOR_WORDS = {
    "comma": ",",
    "semicolon": ";",
    "tab": "\t",
    "\\t": "\t",
    "pipe": "|",
    "blank": " ",
    "space": " ",
}
"""Separators by name."""
DECIMALS = (".", ",")
"""Decimal marks."""
THOUSANDS = (",", ".", *BLANKS, *QUOTES)
"""Marks between thousands."""
STAMPS = ("start", "end")
"""What a stamp may be of its interval."""
SIGNS = ("import", "export", "ignore")
"""What a register may count."""


def check_choice(name: str, value: str, choices: Iterable[str]) -> str:
    """Return a value that is one of the choices.

    Raises
    ------
    ParameterError
        It is not; the nearest one is named.
    """
    known = [str(choice) for choice in choices]
    if value not in known:
        close = nearest(str(value), known)
        hint = (
            close if close.startswith("valid") else f"{close} valid: {', '.join(map(repr, known))}"
        )
        raise ParameterError(f"{value!r} is not possible", where=f"parameters.{name}", hint=hint)
    return value
