"""The sign of what was fed in: files count it upwards, or write it below 0."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

    from energykit.meters.account import Account

__all__ = ["FedIn"]


class FedIn:
    """Gives the values of a column or of registers that count what was fed in one sign.

    The first values that are not 0 say it for the whole file.

    Parameters
    ----------
    account
        Takes what was found.
    """

    def __init__(self, account: Account) -> None:
        self._account = account
        self._has_sign: bool | None = None

    def below_zero(self, values: pl.Series, lines: pl.Series) -> pl.Series:
        """Return what was fed in as numbers below 0.

        Parameters
        ----------
        values
            As the file has them.
        lines
            Line of each.
        """
        if self._has_sign is None:
            self._look(values)
        signed = values if self._has_sign else -values
        is_other = (signed > 0).fill_null(value=False)
        if is_other.any():
            self._account.adjust(
                "values that are fed in have the other sign: taken for drawn",
                int(is_other.sum()),
                int(lines.filter(is_other)[0]),
            )
        return signed

    def _look(self, values: pl.Series) -> None:
        """Decide by the first values that are not 0."""
        known = values.filter(values != 0)
        if known.is_empty():
            return
        self._has_sign = bool((known < 0).all())
        if self._has_sign:
            self._account.adjust("what is fed in is below 0 in the file: the sign is used as it is")
