"""Columns that a file may have and that every stage hands on as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

__all__ = ["CARRIED", "carried"]

CARRIED = ("interval_s", "power_export")
"""How long a reading stands [s]; what was fed in within that time, as mean power from 0 [W], where
a meter counts both directions. Null where a reading does not say it.
"""


def carried(names: Collection[str]) -> list[str]:
    """Return which of these columns a table has, in the order of the contract."""
    return [name for name in CARRIED if name in names]
