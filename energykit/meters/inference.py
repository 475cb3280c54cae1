"""What a table's values are, where no parameter says it: from unit, names and numbers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import polars as pl

from energykit.meters.counter import begins_again, counts_up
from energykit.meters.number import NumberForm, present
from energykit.meters.quantity import COUNTER_WORDS, Quantity

if TYPE_CHECKING:
    from energykit.meters.account import Account
    from energykit.meters.delimited import TextPart
    from energykit.meters.parameters import MeterParameters
    from energykit.meters.places import Places
    from energykit.meters.quantity import Unit

__all__ = ["infer_quantity"]

_LITTLE = 0.1
"""Difference of two rows against what they show, below which they may be a register's."""


def infer_quantity(
    places: Places,
    unit: Unit,
    parameters: MeterParameters,
    first: list[TextPart],
    account: Account,
) -> Quantity:
    """Return what the values are: stated, else what unit, name and numbers say.

    Parameters
    ----------
    places
        Where the table's columns are.
    unit
        Unit of the values.
    parameters
        How the file is read.
    first
        The first parts of the table.
    account
        Takes what was inferred.
    """
    if parameters.quantity is not None:
        return parameters.quantity
    if not unit.is_energy:
        return Quantity.POWER
    plain = [re.sub(r"[\W_]+", " ", places.names[place]).lower() for place in places.values]
    if any(word in name for name in plain for word in COUNTER_WORDS):
        account.adjust("the values are a register that counts up: the column's name says so")
        return Quantity.COUNTER
    if any(_sample_counts_up(part, places, unit, parameters) for part in first):
        what = "the values are a register that counts up, as the numbers show"
        account.adjust(f"{what} (else: quantity 'energy')")
        return Quantity.COUNTER
    if any(_may_count(part, places, unit, parameters) for part in first):
        account.adjust(
            "two rows only, the second a little higher: taken for energies of intervals"
            " (quantity 'counter' where it is a register)"
        )
    if any(begins_again(_sample(part, places, unit, parameters)) for part in first):
        account.adjust(
            "the values rise and begin again near 0: taken for energies of intervals (quantity"
            " 'counter' where it is a register of the day)"
        )
    return Quantity.ENERGY


def _sample_counts_up(
    part: TextPart, places: Places, unit: Unit, parameters: MeterParameters
) -> bool:
    """Whether the numbers of one household in a part look like a register, in either direction."""
    values = _sample(part, places, unit, parameters)
    return counts_up(values) or counts_up(values.reverse())


def _may_count(part: TextPart, places: Places, unit: Unit, parameters: MeterParameters) -> bool:
    """Whether two rows are all there is and differ little, as those of a register do."""
    values = _sample(part, places, unit, parameters).drop_nulls().sort()
    if len(values) != 2:
        return False
    return bool(0 < values[1] - values[0] < _LITTLE * values[0])


def _sample(part: TextPart, places: Places, unit: Unit, parameters: MeterParameters) -> pl.Series:
    """Return the numbers of the first household and register in a part."""
    texts = part.texts
    keys = [place for place in (places.household, places.register) if place is not None]
    if keys and texts.height:
        same = pl.all_horizontal(pl.col(key) == texts[key][0] for key in keys)
        texts = texts.filter(same)
    numbers = NumberForm(decimal=parameters.decimal, thousands=parameters.thousands)
    column = present(texts[places.values[0]], parameters.missing)
    return numbers.read(column, "power_consumption", unit)
