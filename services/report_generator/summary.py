"""The summary of a report: one line for each metric, with its unit.

``rows``, ``rows_skipped``, ``households``, ``period_start``, ``period_end``
    What the report holds; skipped are rows that the report could not use and those that the
    analysis left out.
``energy`` [kWh]
    Of everything, of each household, of each day, and of each household and day, written as
    ``energy[household=HH-0 day=2025-01-01]``. Days are those of the timestamps: of UTC where these
    end in Z, of the wall clock else. See `services.report_generator.durations` for what a reading
    stands for: a gap adds nothing.
``energy_flagged`` [kWh]
    The part of the energy that stands in flagged readings, of everything and of each household.
``mean_power``, ``peak_power`` [W], ``load_factor`` [1], ``base_load`` [W], by household
    Mean over the time that was measured; highest reading; mean over peak; the 5th percentile of the
    readings (nearest rank, power to four significant digits).
``peak_demand`` [W], ``peak_demand_start``, by household
    See `services.report_generator.demand`: the highest mean of a quarter of an hour, and when that
    quarter starts.
``power_factor_share`` [1]
    Share of the readings by power factor: from (included) to (excluded), and undefined.
``anomalies``
    Readings that were flagged, and by which detector; a reading may be flagged by several.
``step`` [s], ``measured`` [h], ``gaps``, ``missing_readings``, ``longest_gap`` [h],
``duplicate_timestamps``, ``out_of_order``, by household
    Data quality. The step is the most frequent time between readings. A gap is a time of more than
    1.5 steps.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import polars as pl

from services.report_generator.demand import Demand
from services.report_generator.durations import MS_PER_S, WH_PER_KWH, Durations, Timeline, quality
from services.report_generator.sums import Sums

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Summary"]

_BATCH_ROWS = 1 << 16
_BASE_SHARE = 0.05
_FACTOR_EDGES = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1)
_QUALITY = (
    ("step_s", "step", "s"),
    ("gaps", "gaps", ""),
    ("missing", "missing_readings", ""),
    ("longest_gap_h", "longest_gap", "h"),
    ("duplicates", "duplicate_timestamps", ""),
    ("out_of_order", "out_of_order", ""),
)

Line = tuple[str, object, str]


class Summary:
    """Sums a report up, batch by batch, in memory that depends on households and days only."""

    def __init__(self) -> None:
        self._rows = 0
        self._ends: pl.DataFrame | None = None
        self._peaks: pl.DataFrame | None = None
        self._timeline = Timeline()
        self._durations = Durations()
        self._demand = Demand()
        self._powers = Sums(("household_id", "power"), ("readings",))
        self._factors = Sums(("bin",), ("readings",))
        self._reasons = Sums(("anomaly_detected", "reasons"), ("readings",))

    def add(self, batch: pl.DataFrame) -> None:
        """Add rows of a report.

        Parameters
        ----------
        batch
            ``timestamp``, ``household_id`` String; ``power`` [W], ``efficiency`` [1];
            ``anomaly_detected`` Boolean; ``reasons`` String where the report has them.
        """
        if batch.is_empty():
            return
        self._rows += batch.height
        power, flagged = (
            pl.col("power").cast(pl.Float64),
            pl.col("anomaly_detected").alias("flagged"),
        )
        moments = batch.select("household_id", _moment(), power, flagged)
        self._note_period(batch)
        self._note_lagged(self._timeline.add(moments))
        self._note_peaks(moments)
        self._powers.add(_counted(moments, "household_id", pl.col("power").round_sig_figs(4)))
        self._factors.add(_counted(batch, _bin().alias("bin")))
        reasons = pl.col("reasons") if "reasons" in batch.columns else pl.lit("").alias("reasons")
        self._reasons.add(_counted(batch, "anomaly_detected", reasons))

    def watched(self, analysis: pl.LazyFrame) -> Iterator[pl.DataFrame]:
        """Yield an analysis batch by batch, adding each on the way."""
        seen = False
        for batch in analysis.collect_batches(
            chunk_size=_BATCH_ROWS, maintain_order=True, lazy=True
        ):
            self.add(batch)
            seen = True
            yield batch
        if not seen:
            yield pl.DataFrame(schema=analysis.collect_schema())

    def lines(self, *, rows_skipped: int = 0) -> pl.DataFrame:
        """Return the summary; nothing more may be added.

        Parameters
        ----------
        rows_skipped
            Rows that are not in the report because they could not be used.

        Returns
        -------
        pl.DataFrame
            ``metric``, ``value``, ``unit`` String.
        """
        rows: list[Line] = [("rows", self._rows, ""), ("rows_skipped", rows_skipped, "")]
        if self._rows:
            self._note_lagged(self._timeline.end())
            table = self._durations.table()
            rows += [
                *self._period(),
                *_energies(table),
                *self._loads(table),
                *self._shares(),
                *self._anomalies(),
            ]
            rows += _qualities(table)
        texts = [(metric, _text(value), unit) for metric, value, unit in rows]
        return pl.DataFrame(
            texts, schema=dict.fromkeys(("metric", "value", "unit"), pl.String), orient="row"
        )

    def _note_lagged(self, lagged: pl.DataFrame) -> None:
        if not lagged.is_empty():
            self._durations.add(lagged)
            self._demand.add(lagged)

    def _note_period(self, batch: pl.DataFrame) -> None:
        ends = batch.select(
            pl.col("timestamp").min().alias("first"), pl.col("timestamp").max().alias("last")
        )
        both = ends if self._ends is None else pl.concat([self._ends, ends])
        self._ends = both.select(pl.col("first").min(), pl.col("last").max())

    def _note_peaks(self, moments: pl.DataFrame) -> None:
        peaks = moments.group_by("household_id").agg(pl.col("power").max())
        both = peaks if self._peaks is None else pl.concat([self._peaks, peaks])
        self._peaks = both.group_by("household_id").agg(pl.col("power").max())

    def _period(self) -> Iterator[Line]:
        assert self._ends is not None, "rows were added"  # noqa: S101
        yield "households", self._powers.total()["household_id"].n_unique(), ""
        yield "period_start", self._ends["first"][0], ""
        yield "period_end", self._ends["last"][0], ""

    def _loads(self, table: pl.DataFrame) -> Iterator[Line]:
        """Give mean, peak, load factor, base load and peak demand of each household."""
        means = table.group_by("household_id").agg(
            pl.col("energy_kwh", "hours").sum(), pl.col("step_ms").first()
        )
        assert self._peaks is not None, "rows were added"  # noqa: S101
        powers, highest = self._powers.total(), dict(self._peaks.iter_rows())
        peaks = self._demand.peaks(
            {name: step / MS_PER_S for name, _, _, step in means.iter_rows() if step}
        )
        for name, energy_kwh, hours, _ in means.sort("household_id").iter_rows():
            mean_w = energy_kwh / hours * WH_PER_KWH if hours else None
            yield from _load(
                f"household={name}", powers.filter(household_id=name), mean_w, highest[name]
            )
            if name in peaks:
                yield f"peak_demand[household={name}]", peaks[name].power_w, "W"
                yield f"peak_demand_start[household={name}]", peaks[name].start.isoformat(), ""

    def _shares(self) -> Iterator[Line]:
        """Give the share of the readings by power factor."""
        counts = dict(self._factors.total().iter_rows())
        for number, name in enumerate(_bin_names()):
            yield f"power_factor_share[{name}]", counts.get(number, 0) / self._rows, "1"

    def _anomalies(self) -> Iterator[Line]:
        """Count the readings flagged, in all and by each reason."""
        total = self._reasons.total()
        yield "anomalies", int(total.filter("anomaly_detected")["readings"].sum()), ""
        each = (
            total.with_columns(pl.col("reasons").str.split(";"))
            .explode("reasons")
            .filter(pl.col("reasons") != "")
        )
        for reason, readings in (
            each.group_by("reasons").agg(pl.col("readings").sum()).sort("reasons").iter_rows()
        ):
            yield f"anomalies[reason={reason}]", readings, ""


def _moment() -> pl.Expr:
    """Return timestamps as moments on the clock that they follow."""
    return (
        pl.col("timestamp")
        .str.strip_chars_end("Z")
        .str.to_datetime("%Y-%m-%dT%H:%M:%S%.f")
        .alias("moment")
    )


def _counted(rows: pl.DataFrame, *keys: str | pl.Expr) -> pl.DataFrame:
    """Count readings by group."""
    return rows.group_by(*keys).agg(pl.len().cast(pl.Int64).alias("readings"))


def _bin() -> pl.Expr:
    """Return the number of a power factor's bin: 0 below the first edge, the last one for undefined."""
    factor = (
        pl.col("efficiency").cast(pl.Float64).round(6)
    )  # 32-bit floats: 0.1 is a little more than 0.1
    number = sum((factor >= edge).cast(pl.Int32) for edge in _FACTOR_EDGES)
    return pl.when(factor.is_finite()).then(number).otherwise(len(_FACTOR_EDGES) + 1)


def _bin_names() -> list[str]:
    """Names of the bins, in order."""
    edges = [f"{edge:g}" for edge in _FACTOR_EDGES]
    between = [f"{low} to {high}" for low, high in pairwise(edges)]
    return [f"below {edges[0]}", *between, f"{edges[-1]} and more", "undefined"]


def _energies(table: pl.DataFrame) -> Iterator[Line]:
    """Add up the energy of everything, by household, by day, and by household and day."""
    yield "energy", float(table["energy_kwh"].sum()), "kWh"
    for keys in (["household_id"], ["day"], ["household_id", "day"]):
        for *group, energy_kwh in (
            table.group_by(keys).agg(pl.col("energy_kwh").sum()).sort(keys).iter_rows()
        ):
            names = [
                f"{key.removesuffix('_id')}={value}" for key, value in zip(keys, group, strict=True)
            ]
            yield f"energy[{' '.join(names)}]", energy_kwh, "kWh"
    yield "energy_flagged", float(table["flagged_kwh"].sum()), "kWh"
    by_household = (
        table.group_by("household_id").agg(pl.col("flagged_kwh").sum()).sort("household_id")
    )
    for name, flagged_kwh in by_household.iter_rows():
        yield f"energy_flagged[household={name}]", flagged_kwh, "kWh"


def _load(label: str, powers: pl.DataFrame, mean_w: float | None, peak_w: float) -> Iterator[Line]:
    """Give mean, peak, load factor and base load of a household."""
    ranks = powers["readings"].cum_sum() >= _BASE_SHARE * int(powers["readings"].sum())
    yield f"mean_power[{label}]", mean_w, "W"
    yield f"peak_power[{label}]", peak_w, "W"
    yield (
        f"load_factor[{label}]",
        mean_w / peak_w if mean_w is not None and peak_w > 0 else None,
        "1",
    )
    yield f"base_load[{label}]", powers["power"].filter(ranks).first(), "W"


def _qualities(table: pl.DataFrame) -> Iterator[Line]:
    """Say what is wrong with each household's timestamps."""
    hours = dict(table.group_by("household_id").agg(pl.col("hours").sum()).iter_rows())
    for row in quality(table).iter_rows(named=True):
        label = f"household={row['household_id']}"
        yield f"measured[{label}]", hours[row["household_id"]], "h"
        yield from ((f"{metric}[{label}]", row[column], unit) for column, metric, unit in _QUALITY)


def _text(value: object) -> str:
    """Return a value as the CSV shows it."""
    return "" if value is None else str(value)
