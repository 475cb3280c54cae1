"""The summary of a report: one line for each metric, with its unit.

``rows``, ``rows_skipped``, ``households``, ``period_start``, ``period_end``
    What the report holds; skipped are rows that the report could not use and those that the
    analysis left out.
``time_zone``
    Zone whose days count, where one is named.
``energy``, ``energy_import``, ``energy_export`` [kWh]
    Net, drawn and fed in: of everything, of each household, of each day, and of each household and
    day, written as ``energy[household=HH-0 day=2025-01-01]``. Days are those of the zone named,
    else of the timestamps: of UTC where these end in Z, of the wall clock else. A reading that
    stands past midnight counts in both days. Of a meter that counts both within one interval each
    is its own sum; else the sign of the power says which it was. See docs/intervals.md for how long
    a reading stands: a gap adds nothing.
``energy_flagged`` [kWh]
    The part of the energy that stands in flagged readings, of everything and of each household.
``mean_power``, ``peak_power`` [W], ``load_factor`` [1], ``base_load`` [W], by household
    Mean over the time that was measured; highest reading; mean over peak demand; the power that is
    not exceeded in 5 % of the time (to four significant digits).
``peak_demand`` [W], ``peak_demand_start``, by household
    See `services.report_generator.demand`: the highest mean of a quarter of an hour, and when that
    quarter starts by the clock of the days.
``power_factor_share`` [1]
    Share of the time by power factor: from (included) to (excluded), undefined, and none.
``anomalies``
    Readings that were flagged, and by which detector; a reading may be flagged by several.
``step`` [s], ``measured`` [h], ``gaps``, ``missing_readings``, ``longest_gap`` [h],
``duplicate_timestamps``, ``out_of_order``, by household
    Data quality. The step is the time that readings stand most often.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from energykit.readings import batches, moment, moment_in
from energykit.readings.carried import carried
from energykit.readings.energy import WH_PER_KWH
from energykit.readings.order import sort_by_time
from services.report_generator.factor import factor_bin, factor_bin_names
from services.report_generator.measure import Measure, measure_all
from services.report_generator.sums import Sums

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from services.report_generator.demand import Peak

__all__ = ["Summary"]

_BASE_SHARE = 0.05
_QUALITY = (
    ("step_s", "step", "s"),
    ("gaps", "gaps", ""),
    ("missing", "missing_readings", ""),
    ("longest_gap_h", "longest_gap", "h"),
    ("duplicates", "duplicate_timestamps", ""),
)
_ENERGIES = {
    "energy": pl.col("import_kwh").sum() - pl.col("export_kwh").sum(),
    "energy_import": pl.col("import_kwh").sum(),
    "energy_export": pl.col("export_kwh").sum(),
}

Line = tuple[str, object, str]


class Summary:
    """Sums a report up in memory that depends on households and days only, whatever its order.

    Parameters
    ----------
    report
        ``timestamp``, ``household_id`` String; ``power`` [W], ``efficiency`` [1], NaN where it is
        undefined and null where there is none; ``anomaly_detected`` Boolean; ``reasons`` String and
        ``interval_s`` [s], ``power_export`` [W] where the report has them. A frame, or batches that
        can be iterated over again; read once more where rows are not in time order.
    time_zone
        Zone whose days count; None: UTC, or the clock of the file.
    """

    def __init__(
        self,
        report: pl.LazyFrame | pl.DataFrame | Iterable[pl.DataFrame],
        *,
        time_zone: str | None = None,
    ) -> None:
        self._source = report
        self._named_zone = time_zone
        self._zone: str | None = None
        self._rows = 0
        self._ends: pl.DataFrame | None = None
        self._peaks: pl.DataFrame | None = None
        self._reasons = Sums(("anomaly_detected", "reasons"), ("readings",))
        self._measure = Measure()
        self._out_of_order: Mapping[str, int] = {}
        self._is_ended = False

    def watched(self) -> Iterator[pl.DataFrame]:
        """Yield the report batch by batch, summing up on the way."""
        for batch in batches(self._source):
            self._add(batch)
            yield batch

    @property
    def rows_out_of_order(self) -> int:
        """Rows earlier than the one before of their household: the summary sorts them."""
        return sum((self._out_of_order or self._measure.out_of_order).values())

    def lines(self, *, rows_skipped: int = 0) -> pl.DataFrame:
        """Return the summary, after all batches were taken.

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
            self._end()
            rows += [
                *self._period(),
                *_energies(self._measure.energies()),
                *self._loads(),
                *self._shares(),
                *self._anomalies(),
                *self._qualities(),
            ]
        texts = [(metric, _text(value), unit) for metric, value, unit in rows]
        return pl.DataFrame(
            texts, schema=dict.fromkeys(("metric", "value", "unit"), pl.String), orient="row"
        )

    def _add(self, batch: pl.DataFrame) -> None:
        if batch.is_empty():
            return
        if not self._rows and str(batch["timestamp"][0]).endswith("Z"):
            self._zone = self._named_zone
            self._measure = Measure(self._zone)
        self._rows += batch.height
        readings = _readings(batch)
        self._measure.add(readings)
        self._note_period(batch, readings)
        self._note_peaks(readings)
        reasons = pl.col("reasons") if "reasons" in batch.columns else pl.lit("").alias("reasons")
        self._reasons.add(_count(batch, "anomaly_detected", reasons))

    def _end(self) -> None:
        """Sum up what waits; put the readings in order first where they are not."""
        if self._is_ended:
            return
        self._is_ended = True
        self._measure.end()
        self._out_of_order = self._measure.out_of_order
        if self._out_of_order:
            parts = sort_by_time(lambda: map(_readings, batches(self._source)))
            self._measure = measure_all(parts, self._zone)

    def _note_period(self, batch: pl.DataFrame, readings: pl.DataFrame) -> None:
        stamps = batch.select("timestamp", readings["moment"])
        both = stamps if self._ends is None else pl.concat([self._ends, stamps])
        places = [both["moment"].arg_min() or 0, both["moment"].arg_max() or 0]
        self._ends = both[places]

    def _note_peaks(self, readings: pl.DataFrame) -> None:
        peaks = readings.group_by("household_id").agg(pl.col("power").max())
        both = peaks if self._peaks is None else pl.concat([self._peaks, peaks])
        self._peaks = both.group_by("household_id").agg(pl.col("power").max())

    def _period(self) -> Iterator[Line]:
        assert self._ends is not None, "rows were added"
        assert self._peaks is not None, "rows were added"
        yield "households", self._peaks.height, ""
        yield "period_start", self._ends["timestamp"][0], ""
        yield "period_end", self._ends["timestamp"][1], ""
        if self._zone is not None:
            yield "time_zone", self._zone, ""

    def _loads(self) -> Iterator[Line]:
        """Give mean, peak, load factor, base load and peak demand of each household."""
        assert self._peaks is not None, "rows were added"
        net = (pl.col("import_kwh") - pl.col("export_kwh")).sum().alias("net")
        means = self._measure.energies().group_by("household_id").agg(net, pl.col("hours").sum())
        demands = self._measure.demand.peaks()
        highest, base = dict(self._peaks.iter_rows()), self._measure.base_loads(_BASE_SHARE)
        for name, energy_kwh, hours in means.sort("household_id").iter_rows():
            mean_w = energy_kwh / hours * WH_PER_KWH if hours else None
            label, demand = f"household={name}", demands.get(name)
            yield f"mean_power[{label}]", mean_w, "W"
            yield f"peak_power[{label}]", highest[name], "W"
            yield f"load_factor[{label}]", _load_factor(mean_w, demand), "1"
            yield f"base_load[{label}]", base.get(name), "W"
            if demand is not None:
                start = _on_clock(demand, self._zone)
                yield f"peak_demand[{label}]", demand.power_w, "W"
                yield f"peak_demand_start[{label}]", start, ""

    def _shares(self) -> Iterator[Line]:
        """Give the share of the time by power factor."""
        shares = self._measure.factor_shares()
        for number, name in enumerate(factor_bin_names()):
            yield f"power_factor_share[{name}]", shares.get(number, 0.0), "1"

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

    def _qualities(self) -> Iterator[Line]:
        """Say what is wrong with each household's timestamps."""
        by_household = self._measure.energies().group_by("household_id")
        hours = dict(by_household.agg(pl.col("hours").sum()).iter_rows())
        for row in self._measure.qualities().iter_rows(named=True):
            name = row["household_id"]
            label = f"household={name}"
            yield f"measured[{label}]", hours[name], "h"
            yield from (
                (f"{metric}[{label}]", row[column], unit) for column, metric, unit in _QUALITY
            )
            yield f"out_of_order[{label}]", self._out_of_order.get(name, 0), ""


def _readings(batch: pl.DataFrame) -> pl.DataFrame:
    """Return a report's rows as what is measured of them."""
    return batch.select(
        "household_id",
        moment().alias("moment"),
        pl.col("power").cast(pl.Float64),
        pl.col("anomaly_detected").alias("flagged"),
        factor_bin().alias("bin"),
        *carried(batch.columns),
    )


def _count(rows: pl.DataFrame, *keys: str | pl.Expr) -> pl.DataFrame:
    """Count readings by group."""
    return rows.group_by(*keys).agg(pl.len().cast(pl.Int64).alias("readings"))


def _energies(table: pl.DataFrame) -> Iterator[Line]:
    """Add up the energy of everything, by household, by day, and by household and day."""
    sums = [expression.alias(metric) for metric, expression in _ENERGIES.items()]
    yield from (
        (metric, value, "kWh") for metric, value in table.select(sums).row(0, named=True).items()
    )
    for keys in (["household_id"], ["day"], ["household_id", "day"]):
        for row in table.group_by(keys).agg(sums).sort(keys).iter_rows(named=True):
            names = " ".join(f"{key.removesuffix('_id')}={row[key]}" for key in keys)
            yield from ((f"{metric}[{names}]", row[metric], "kWh") for metric in _ENERGIES)
    yield "energy_flagged", float(table["flagged_kwh"].sum()), "kWh"
    flagged = table.group_by("household_id").agg(pl.col("flagged_kwh").sum())
    for name, flagged_kwh in flagged.sort("household_id").iter_rows():
        yield f"energy_flagged[household={name}]", flagged_kwh, "kWh"


def _load_factor(mean_w: float | None, demand: Peak | None) -> float | None:
    """Return mean power over peak demand, None where either is not known or nothing is drawn."""
    if mean_w is None or demand is None or demand.power_w <= 0:
        return None
    return mean_w / demand.power_w


def _on_clock(peak: Peak, time_zone: str | None) -> str:
    """Return when a quarter starts by the clock of a zone."""
    if time_zone is None:
        return peak.start.isoformat()
    stamp = pl.select(moment_in(time_zone, pl.lit(peak.start.isoformat() + "Z"))).item()
    return str(stamp.isoformat())


def _text(value: object) -> str:
    """Return a value as the CSV shows it."""
    return "" if value is None else str(value)
