"""Whether fields are a row of data: how a table without a header differs from one with one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from energykit.meters.number import NumberForm
from energykit.meters.quantity import UNITS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from energykit.meters.parameters import MeterParameters

__all__ = ["data_test"]


def data_test(parameters: MeterParameters) -> Callable[[Sequence[str]], bool]:
    """Return a test whether fields are a row of data: stamp and number in their places."""
    stamp, values = parameters.columns.timestamp, parameters.columns.values
    numbers = NumberForm(decimal=parameters.decimal, thousands=parameters.thousands)
    unit = UNITS["power_consumption"]["W"]

    def is_data(fields: Sequence[str]) -> bool:
        picked = [_picked(fields, name) for name in (*stamp, *values)]
        if not values or not all(picked):
            return False
        texts = [str(text) for text in picked]
        joined = pl.Series([" ".join(texts[: len(stamp)])])
        numeric = numbers.read(pl.Series(texts[len(stamp) :]), "power_consumption", unit)
        if numeric.null_count():
            return False
        return not stamp or parameters.clock.read(joined).moment.null_count() == 0

    return is_data


def _picked(fields: Sequence[str], reference: str | int) -> str | None:
    """Return the field that a reference means if the fields were a header without names."""
    if isinstance(reference, int):
        return fields[reference - 1] if reference <= len(fields) else None
    return reference if reference in fields else None
