"""Where the columns of a table are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from energykit.meters.clock import Clock

__all__ = ["Places"]


@dataclass(frozen=True, kw_only=True)
class Places:
    """Places of a table's columns, from 0, as names of a part's columns."""

    timestamp: tuple[str, ...]
    """Columns of the stamp; none where the file has no stamps."""
    end: tuple[str, ...]
    """Columns of the end."""
    values: tuple[str, ...]
    """Columns of power or energy."""
    signs: tuple[int, ...]
    """1 for each that is drawn, -1 for each that is fed in."""
    voltage: str | None
    """Column of the voltage."""
    current: str | None
    """Column of the current."""
    household: str | None
    """Column of household ids."""
    register: str | None
    """Column that says which register a row is of."""
    names: Mapping[str, str]
    """The file's name of each column, for messages."""
    clock: Clock | None = None
    """How stamps are written where the layout makes them longer; None: as the parameters say."""
