"""Rows of several registers: those of one moment become one row."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Iterator

    from energykit.meters.account import Account

__all__ = ["merged"]

_KEY = ["household_id", "moment"]


def merged(
    parts: Iterator[pl.DataFrame], registers: int, account: Account, *, counts: bool
) -> Iterator[pl.DataFrame]:
    """Yield one row a household and moment.

    Parameters
    ----------
    parts
        Rows in order; those of one moment in one part.
    registers
        How many registers there are.
    account
        Takes the rows of moments at which a register is missing.
    counts
        Whether the registers count up: each keeps a column of its own, ``value0`` …; else their
        values are added, and ``fed_in`` is the sum of the negative ones, from 0.
    """
    for part in parts:
        rest = [
            pl.col(name).first()
            for name in ("line", "register", "span", "later", "voltage", "current")
        ]
        if counts:
            own = [
                pl.col("value0")
                .filter(pl.col("register") == number)
                .first()
                .alias(f"value{number}")
                for number in range(registers)
            ]
            wide = part.group_by(_KEY, maintain_order=True).agg(*rest, *own).sort(_KEY)
            yield _whole(wide, part, account)
        else:
            value = pl.col("value0")
            fed_in = (-value).clip(lower_bound=0).sum()
            sums = {"value0": value.sum(), "fed_in": fed_in}
            yield part.group_by(_KEY, maintain_order=True).agg(*rest, **sums).sort(_KEY)


def _whole(wide: pl.DataFrame, part: pl.DataFrame, account: Account) -> pl.DataFrame:
    """Return the rows at which every register has a value."""
    whole = wide.drop_nulls(
        "^value[0-9]+$" if wide.is_empty() else [c for c in wide.columns if c.startswith("value")]
    )
    if whole.height < wide.height:
        lost = part.join(whole.select(_KEY), on=_KEY, how="anti")
        what = "not every register has a row of that time: its difference goes to the next one"
        account.adjust(what, lost.height, int(lost["line"].min()))  # type: ignore[arg-type]
    return whole
