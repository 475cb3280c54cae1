"""What is drawn and what is fed in within one interval: the net is kept, and that is said."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

    from energykit.meters.account import Account

__all__ = ["say_both"]

_WHAT = (
    "both drawn and fed in within one interval: a reading keeps their net, and the totals"
    " energy_import and energy_export are sums of the net (for the gross ones: import each alone)"
)


def say_both(drawn: pl.Series, fed_in: pl.Series, lines: pl.Series, account: Account) -> None:
    """Say of which rows both are above 0.

    Parameters
    ----------
    drawn, fed_in
        Power or energy of each row, both positive as a meter counts them; null where not known.
    lines
        Line of each row.
    account
        Takes what is said.
    """
    is_both = ((drawn > 0) & (fed_in > 0)).fill_null(value=False)
    if is_both.any():
        account.adjust(_WHAT, int(is_both.sum()), int(lines.filter(is_both).min()))  # type: ignore[arg-type]
