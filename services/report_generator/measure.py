"""What readings measure once it is known how long each stands: energy, demand, base load, gaps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from energykit.readings import Timeline
from energykit.readings.day import split_at_midnight
from energykit.readings.energy import US_PER_H, US_PER_S, W_US_PER_KWH
from services.report_generator.demand import Demand
from services.report_generator.sums import Sums

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["Measure", "measure_all"]

_US_PER_MS = 1000
_SIGNIFICANT = 4
_ENERGY = ("import_kwh", "export_kwh", "flagged_kwh", "stands_us")


class Measure:
    """Sums up readings in time order, batch by batch.

    Parameters
    ----------
    time_zone
        Zone whose days count; None: the days of the moments as they are.
    """

    def __init__(self, time_zone: str | None = None) -> None:
        self._zone = time_zone
        self._timeline = Timeline()
        self.demand = Demand()
        """Peak demand of each household."""
        self._energies = Sums(("household_id", "day"), _ENERGY)
        self._powers = Sums(("household_id", "power"), ("stands_us",))
        self._factors = Sums(("bin",), ("stands_us",))
        self._steps = Sums(("household_id", "step_ms"), ("readings",))
        self._gaps = Sums(("household_id",), ("gaps", "missing", "duplicates"))
        self._longest: dict[str, int] = {}

    @property
    def out_of_order(self) -> Mapping[str, int]:
        """Readings earlier than the one before, by household; where it has any, nothing holds."""
        return self._timeline.out_of_order

    def add(self, batch: pl.DataFrame) -> None:
        """Add readings.

        Parameters
        ----------
        batch
            ``household_id``; ``moment`` Datetime[µs] in time order; ``power`` [W]; ``flagged``
            Boolean; ``bin``: number of the power factor's bin; ``interval_s`` [s], ``power_export``
            [W] Float64 where readings say them.
        """
        rows = self._timeline.add(batch)
        if not self.out_of_order:
            self._sum(rows)

    def end(self) -> None:
        """Sum up what is left; nothing more may be added.

        A lone reading stands as long as is usual in all households.
        """
        rows = self._timeline.end()
        if rows.is_empty() or self.out_of_order:
            return
        is_lone = rows["stands_us"].is_null()
        self._sum(rows.filter(~is_lone))
        usual = (self._usual_step_ms() or 0) * _US_PER_MS
        self._sum(rows.filter(is_lone).with_columns(stands_us=pl.lit(usual, dtype=pl.Int64)))

    def energies(self) -> pl.DataFrame:
        """Return ``household_id``, ``day``, ``import_kwh``, ``export_kwh``, ``flagged_kwh``, hours.

        Energy drawn and fed in are both from 0; ``hours``: time that was measured [h].
        """
        hours = (pl.col("stands_us") / US_PER_H).alias("hours")
        return self._energies.total().with_columns(hours)

    def base_loads(self, share: float) -> dict[str, float]:
        """Return the power that each household does not exceed in a share of the time [W]."""
        total = self._powers.total()
        whole = pl.col("stands_us").sum().over("household_id")
        until = pl.col("stands_us").cum_sum().over("household_id")
        reached = total.filter((whole > 0) & (until >= share * whole))
        first = reached.group_by("household_id", maintain_order=True).first()
        return dict(first.select("household_id", "power").iter_rows())

    def factor_shares(self) -> dict[int, float]:
        """Return the share of the time that each bin of the power factor has."""
        total = self._factors.total()
        whole = int(total["stands_us"].sum())
        return {number: us / whole for number, us in total.iter_rows()} if whole else {}

    def qualities(self) -> pl.DataFrame:
        """Return what is wrong with each household's timestamps.

        Returns
        -------
        pl.DataFrame
            ``household_id``; ``step_s``: time that its readings stand most often [s]; ``gaps``;
            ``missing`` readings; ``longest_gap_h`` [h]; ``duplicates``; ``out_of_order``.
        """
        steps = self._steps.total().sort("readings", "step_ms", descending=[True, False])
        first = steps.group_by("household_id", maintain_order=True).first()
        step_s = (pl.col("step_ms") * _US_PER_MS / US_PER_S).alias("step_s")
        gaps = self._gaps.total().join(
            first.select("household_id", step_s), on="household_id", how="left"
        )
        longest = pl.col("household_id").replace_strict(
            self._longest, default=0, return_dtype=pl.Float64
        )
        return gaps.with_columns((longest / US_PER_H).alias("longest_gap_h"))

    def _usual_step_ms(self) -> int | None:
        """Return the time that readings of all households stand most often."""
        total = self._steps.total()
        if total.is_empty():
            return None
        rows = total.group_by("step_ms").agg(pl.col("readings").sum())
        usual = rows.sort("readings", "step_ms", descending=[True, False])["step_ms"].first()
        assert usual is None or isinstance(usual, int)
        return usual

    def _sum(self, rows: pl.DataFrame) -> None:
        if rows.is_empty():
            return
        self._energies.add(_by_day(split_at_midnight(rows, self._zone)))
        self.demand.add(rows)
        power = pl.col("power").round_sig_figs(_SIGNIFICANT)
        self._powers.add(_time_by(rows, pl.col("household_id"), power))
        self._factors.add(_time_by(rows, pl.col("bin")))
        step = (pl.col("stands_us") / _US_PER_MS).round().cast(pl.Int64).alias("step_ms")
        stands = rows.filter(pl.col("stands_us") > 0)
        readings = pl.len().cast(pl.Int64).alias("readings")
        self._steps.add(stands.group_by("household_id", step).agg(readings))
        self._note_gaps(rows)

    def _note_gaps(self, rows: pl.DataFrame) -> None:
        lag, gap = pl.col("lag_us"), pl.col("is_gap")
        missing = (lag / pl.col("stands_us")).round() - 1
        found = rows.group_by("household_id").agg(
            gap.sum().cast(pl.Int64).alias("gaps"),
            missing.filter(gap & (pl.col("stands_us") > 0)).sum().cast(pl.Int64).alias("missing"),
            (lag == 0).sum().cast(pl.Int64).alias("duplicates"),
            lag.filter(gap).max().alias("longest"),
        )
        self._gaps.add(found)
        for name, longest in found.drop_nulls("longest").select("household_id", "longest").rows():
            self._longest[name] = max(longest, self._longest.get(name, 0))


def _by_day(rows: pl.DataFrame) -> pl.DataFrame:
    """Return the energy of each household and day, drawn and fed in apart."""
    energy = pl.col("power") * pl.col("stands_us") / W_US_PER_KWH
    fed_in = (-pl.col("power")).clip(lower_bound=0)
    if "power_export" in rows.columns:
        fed_in = pl.col("power_export").fill_null(fed_in)
    export = fed_in * pl.col("stands_us") / W_US_PER_KWH
    return rows.group_by("household_id", "day").agg(
        (energy + export).sum().alias("import_kwh"),
        export.sum().alias("export_kwh"),
        energy.filter("flagged").sum().alias("flagged_kwh"),
        pl.col("stands_us").sum(),
    )


def _time_by(rows: pl.DataFrame, *keys: pl.Expr) -> pl.DataFrame:
    """Return the time that each group stands for."""
    return rows.group_by(*keys).agg(pl.col("stands_us").sum())


def measure_all(parts: Iterable[pl.DataFrame], time_zone: str | None) -> Measure:
    """Return what readings in time order measure."""
    measure = Measure(time_zone)
    for part in parts:
        measure.add(part)
    measure.end()
    return measure
