"""Columns that a file may have and that every stage hands on as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

__all__ = ["CARRIED", "carried"]

CARRIED = {
    "interval_s": False,
    "power_export": False,
}
"""By name, whether a value may be below 0; where it may not, a reading with such a value is not
used. How long a reading stands [s]; what was fed in within that time, as mean power [W], where a
meter counts both directions. Null where a reading does not say it.
"""


def carried(names: Collection[str]) -> list[str]:
    """Return which of these columns a table has, in the order of the contract."""
    return [name for name in CARRIED if name in names]
