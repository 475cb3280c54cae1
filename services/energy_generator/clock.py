"""A meter's timestamps: read in the form and on the clock that the meter has, written as the contract has them."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

__all__ = ["Clock"]

_ISO_FORMATS = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%d %H:%M")
_ISO_FORMATS_WITH_OFFSET = ("%Y-%m-%d %H:%M:%S%.f%#z", "%Y-%m-%d %H:%M%#z")
_CONTRACT = "%Y-%m-%dT%H:%M:%S%.f"
_OFFSETS = ("%z", "%:z", "%#z", "%+")


@dataclass(frozen=True)
class Clock:
    """How timestamps are written, and the zone of the clock they follow."""

    timestamp_format: str | None = None
    """As ``strftime`` writes it; None: ISO 8601."""
    time_zone: str | None = None
    """Zone of the tz database; None: not known, or stated by each timestamp."""

    @staticmethod
    def knows(time_zone: str) -> bool:
        """Whether the tz database has a zone of this name."""
        try:
            pl.Series([0]).cast(pl.Datetime("us", "UTC")).dt.convert_time_zone(time_zone)
        except pl.exceptions.PolarsError:
            return False
        return True

    @staticmethod
    def understands(timestamp_format: str) -> bool:
        """Whether a format can be read and holds a date and a time of day."""
        moment = pl.Series(["2001-02-03T16:05:00"]).str.to_datetime("%Y-%m-%dT%H:%M:%S")
        has_offset = any(mark in timestamp_format for mark in _OFFSETS)
        try:
            moment = moment.dt.replace_time_zone("UTC") if has_offset else moment
            again = moment.dt.strftime(timestamp_format).str.to_datetime(timestamp_format)
        except pl.exceptions.PolarsError:
            return False
        return bool((again.dt.timestamp("us") == moment.dt.timestamp("us")).all())

    def read(self, texts: pl.Series) -> tuple[pl.Series, pl.Series]:
        """Read timestamps.

        Parameters
        ----------
        texts
            As the meter writes them, String.

        Returns
        -------
        tuple of pl.Series
            The contract's text (UTC with ``Z``, or the wall clock without a zone), null where it
            cannot be had; and the reason why not, null where it can. Both String.
        """
        local, universal = self._parsed(texts)
        reason = pl.when(pl.col("local").is_null() & pl.col("universal").is_null()).then(
            pl.lit(f"timestamp is not {self._expected}")
        )
        universal_here, more = self._universal()
        columns = pl.DataFrame({"local": local, "universal": universal}).with_columns(
            universal_here.alias("here")
        )
        text = pl.coalesce(
            _text(pl.col("universal"), "Z"), _text(pl.col("here"), "Z" if self.time_zone else "")
        )
        result = columns.select(text.alias("text"), pl.coalesce(reason, more).alias("reason"))
        return result["text"], result["reason"]

    @property
    def _expected(self) -> str:
        return (
            f"written as {self.timestamp_format!r}"
            if self.timestamp_format
            else "an ISO 8601 date and time"
        )

    def _parsed(self, texts: pl.Series) -> tuple[pl.Series, pl.Series]:
        """Return moments on the wall clock, and moments in UTC where the text states its offset."""
        if self.timestamp_format is None:
            plain = (
                texts.str.replace("T", " ", literal=True)
                .str.replace(r"[Zz]$", "+00:00")
                .to_frame("text")
            )
            return _first_fit(plain, _ISO_FORMATS, None), _first_fit(
                plain, _ISO_FORMATS_WITH_OFFSET, "UTC"
            )
        frame = texts.to_frame("text")
        if any(mark in self.timestamp_format for mark in _OFFSETS):
            return _none(None, len(texts)), _first_fit(frame, (self.timestamp_format,), "UTC")
        return _first_fit(frame, (self.timestamp_format,), None), _none("UTC", len(texts))

    def _universal(self) -> tuple[pl.Expr, pl.Expr]:
        """Return the wall clock's moments in UTC where the zone is given, and why some have none."""
        local = pl.col("local")
        if self.time_zone is None:
            return local, pl.lit(None, dtype=pl.String)
        once = local.dt.replace_time_zone(self.time_zone, ambiguous="null", non_existent="null")
        either = local.dt.replace_time_zone(
            self.time_zone, ambiguous="earliest", non_existent="null"
        )
        given = local.is_not_null()
        reason = (
            pl.when(given & either.is_null())
            .then(
                pl.lit(
                    f"timestamp does not exist on the clock of {self.time_zone} (daylight saving begins)"
                )
            )
            .when(given & once.is_null())
            .then(
                pl.lit(
                    f"timestamp exists twice on the clock of {self.time_zone} (daylight saving ends)"
                )
            )
        )
        return once.dt.convert_time_zone("UTC"), reason


def _first_fit(frame: pl.DataFrame, formats: tuple[str, ...], zone: str | None) -> pl.Series:
    """Return texts as moments by the first format that fits each; later formats are tried on what is left only."""
    moments = _none(zone, frame.height)
    for form in formats:
        if not moments.null_count():
            break
        parsed = frame["text"].str.to_datetime(form, strict=False, time_unit="us")
        moments = moments.to_frame("a").select(pl.coalesce(pl.col("a"), parsed)).to_series()
    return moments


def _none(zone: str | None, rows: int) -> pl.Series:
    """Return no moments at all."""
    return pl.Series([None] * rows, dtype=pl.Datetime("us", zone))


def _text(moment: pl.Expr, suffix: str) -> pl.Expr:
    """Return moments as the contract writes them."""
    return moment.dt.strftime(_CONTRACT) + suffix
