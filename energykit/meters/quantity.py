"""Quantities of a meter: what a column holds, in which unit, and how it becomes power."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

__all__ = [
    "COUNTER_WORDS",
    "UNITS",
    "Quantity",
    "Unit",
    "doubt_of_unit",
    "may_mean",
    "unit_in",
    "unit_of",
]


class Quantity(StrEnum):
    """What the numbers of a column are."""

    POWER = "power"
    """Mean power of the interval, or power at the moment."""
    ENERGY = "energy"
    """Energy of the interval."""
    COUNTER = "counter"
    """A register that counts energy; readings are its differences."""


@dataclass(frozen=True, kw_only=True)
class Unit:
    """A unit that is understood."""

    name: str
    """As parameters write it."""
    exponent: int
    """Power of ten from it to the base unit: W, Wh, V, A."""
    factor: float = 1.0
    """What else it is multiplied with: 1/3.6 where a joule becomes a watt-hour."""
    is_energy: bool = False
    """Whether it is a unit of energy."""


def _units(base: str, **exponents: int) -> dict[str, Unit]:
    is_energy = base in {"Wh", "J"}
    factor = 1 / 3.6 if base == "J" else 1.0
    return {
        prefix + base: Unit(
            name=prefix + base, exponent=exponent, factor=factor, is_energy=is_energy
        )
        for prefix, exponent in exponents.items()
    }


_POWER = _units("W", **{"": 0, "k": 3, "M": 6, "m": -3, "G": 9, "T": 12})
_ENERGY = {
    **_units("Wh", **{"": 0, "k": 3, "M": 6, "m": -3, "G": 9, "T": 12}),
    **_units("J", **{"M": 3, "k": 0, "G": 6, "": -3}),
}
"""A joule is 1/3600 Wh: 10⁻³ / 3.6."""
UNITS: dict[str, dict[str, Unit]] = {
    "power_consumption": {**_POWER, **_ENERGY},
    "voltage": _units("V", **{"": 0, "k": 3, "m": -3}),
    "current": _units("A", **{"": 0, "k": 3, "m": -3}),
}
"""Units by quantity of the contract; the first is what holds where a file says nothing."""

COUNTER_WORDS = (
    "register", "meter reading", "meterreading", "counter", "cumulative", "index", "lifetime",
    "zählerstand", "zaehlerstand", "meterstand", "stand", "compteur", "lectura", "total increasing",
)  # fmt: skip
"""Words in a column's name that say that it counts up."""

_UNIT = "[kKmMGT]?[wW][hH]?|[MGk]J|[kmM]?[vV]|[kmM]?[aA]"
_UNIT_IN_NAME = re.compile(rf"(?<![^\W_])({_UNIT})(?![^\W\d_])")
_UNIT_BEHIND = re.compile(r"(?<=[a-z\d])([KkMG]?Wh|[KkM]W|Kwh|Mwh)(?![^\W\d_])")
"""A unit at the end of a word: ``consumptionKwh``."""
_PLURAL = re.compile(r"(?<=[kM]Wh)s\b", re.IGNORECASE)
_PARTED = re.compile(
    r"(?<![^\W_])([kmMG]?W)(?:[\s\xa0]?[·∙•⋅*.-][\s\xa0]?|[\s_]?)h(?:rs?|ours?)?(?![^\W_])",
    re.IGNORECASE,
)
"""An hour with a mark between, or in full: ``kW·h``, ``kW h``, ``kWhr``."""
_HOURLY = re.compile(r"\b([kMG]?W)h\s*/\s*h\b", re.IGNORECASE)
"""Energy an hour is power: ``kWh/h`` of the markets in the north of Europe."""
_PER_HOUR = re.compile(r"\b([kMG]?W)\s*/\s*h(?:r|our)?\b", re.IGNORECASE)
"""``kW/h``, which measures neither, but is meant for ``kWh``."""
_SMALL_M = re.compile(r"(?<![^\W_])m[wW][hH]?(?![^\W\d_])")
_IN_WORDS = re.compile(
    r"\b(|k|kilo|m|mega|g|giga)[\s-]?watt(s|[\s_-]?(?:hours?|stunden?|uren|uur|heures?))?"
    r"(?![^\W_]|[\s_-]?(?:min|sec|sek))",
    re.IGNORECASE,
)
_PREFIXES = {"": "", "k": "k", "m": "M", "g": "G", "к": "k", "м": "M"}
_CYRILLIC = re.compile(r"(?<![^\W_])([кКмМ]?)Вт([·∙*.\s-]?ч)?(?![^\W_])")


def unit_of(quantity: str, text: str) -> Unit | None:
    """Return a quantity's unit by its name; letter case may differ where only one fits."""
    units = UNITS[quantity]
    if text in units:
        return units[text]
    alike = [unit for name, unit in units.items() if name.lower() == text.lower()]
    by_thousands = [unit for unit in alike if not unit.name.startswith("m")]
    return by_thousands[0] if len(by_thousands) == 1 else None


def doubt_of_unit(name: str) -> str:
    """Return how a column's name writes a unit that it may not mean, ``mWh``; empty where none."""
    hit = _PER_HOUR.search(_HOURLY.sub("", name)) or _SMALL_M.search(_PARTED.sub(r"\1h", name))
    return hit.group() if hit else ""


def may_mean(name: str, unit: Unit) -> bool:
    """Whether a column's name may mean a unit, in whichever of its doubtful writings."""
    text = doubt_of_unit(name).lower().replace("/", "")
    return bool(text) and unit.name.lower() in {text, text.removesuffix("h")}


def unit_in(quantity: str, name: str) -> Unit | None:
    """Return the unit in a column's name, as ``kWh`` of ``Consumption (kwh)``; else None."""
    if len(name.strip()) == 1:
        return None  # "A", "V": a name of its own, not a statement
    name = _CYRILLIC.sub(_symbol, name)
    plain = _PARTED.sub(r"\1h", _PLURAL.sub("", _IN_WORDS.sub(_symbol, name)))
    plain = _PER_HOUR.sub(r"\1h", _HOURLY.sub(r"\1", plain))
    texts = _UNIT_IN_NAME.findall(plain) or _UNIT_BEHIND.findall(plain)
    hits = [unit_of(quantity, text) for text in texts]
    units = [unit for unit in hits if unit is not None]
    return units[-1] if units else None


def _symbol(words: re.Match[str]) -> str:
    """Return the symbol of a unit in words or other letters: ``kWh`` of ``kilowatt hours``."""
    prefix, rest = words.group(1).lower(), words.group(2) or "s"
    return f" {_PREFIXES[prefix[:1]]}W{'' if rest.lower() == 's' else 'h'} "
