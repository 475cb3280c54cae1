"""Units that a column's name writes wrongly, or that are neither power nor energy."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from energykit.meters.quantity import UNITS, Unit, doubt_of_unit

if TYPE_CHECKING:
    import polars as pl

__all__ = ["foreign_unit", "likelier_unit"]

_LEAST_MILLI, _MOST_MEGA = 1.0, 1000.0
"""Of smaller numbers milli is not meant, of larger ones mega is not."""
_GAS = "gas and water are not power: leave the column out"
_FOREIGN = {
    r"(?:n|s)?m(?:³|3|\^3)|cbm|kubikmeter|m[èe]tres? cubes?": f"{_GAS}, or write kWh (a cubic metre"
    " of natural gas is 9 to 12 of them, as its bill says)",
    r"[chm]?cf|cubic f(?:ee|oo)t|gal(?:lons?)?|lit(?:er|re)s?": _GAS,
    r"therms?|thm": "a therm is 29.307 kWh: write kWh",
    r"[km]?w(?:s|min)|(?:kilo)?watt[\s_-]?(?:sec|sek|min)\w*": "a watt-second is 1/3,600 Wh, a"
    " watt-minute 1/60 Wh: write Wh",
    r"(?:k|m|mm)?btu|dth|dekatherms?": "a Btu is 0.000293 kWh, a dekatherm 293.07: write kWh",
    r"[km]?vah?": "apparent power is not what is drawn: name the column of kW or kWh",
    r"[km]?varh?": "reactive power is not what is drawn: name the column of kW or kWh",
}
"""What measures something else, and what to do."""
_FOREIGN_FORM = re.compile(
    "|".join(rf"(?P<f{n}>(?<![^\W_])(?:{form})(?![^\W_]))" for n, form in enumerate(_FOREIGN)),
    re.IGNORECASE,
)


def foreign_unit(name: str) -> tuple[str, str] | None:
    """Return the unit in a column's name that is neither power nor energy, and what to do."""
    hit = _FOREIGN_FORM.search(name)
    if hit is None:
        return None
    hints = list(_FOREIGN.values())
    return hit.group(), hints[int(str(hit.lastgroup)[1:])]


def likelier_unit(name: str, unit: Unit, numbers: pl.Series) -> tuple[Unit, str]:
    """Return which unit a doubtful writing means, by the size of numbers, and what is in doubt.

    Parameters
    ----------
    name
        The column's name.
    unit
        What it says as it is written.
    numbers
        Some numbers of the column, as they are in the file.
    """
    text = doubt_of_unit(name)
    if not text:
        return unit, ""
    if "/" in text:
        power = unit.name.removesuffix("h")
        return unit, (
            f"{text!r} is taken for {unit.name}, the energy of each interval: where it is mean"
            f" power, give units {{'power_consumption': {power!r}}}"
        )
    large = unit.name.replace("m", "M")
    known = numbers.drop_nulls().abs()
    middle = known.filter(known > 0).median()
    chosen = unit.name
    if isinstance(middle, float):
        small = large.replace("M", "m")
        chosen = large if middle < _LEAST_MILLI else small if middle >= _MOST_MEGA else chosen
    other = chosen.swapcase()[0] + chosen[1:]
    size = f", by numbers such as {middle:g}" if isinstance(middle, float) else ""
    doubt = (
        f"{text!r} is taken for {chosen}{size}: else give units {{'power_consumption': {other!r}}}"
    )
    return UNITS["power_consumption"][chosen], doubt
