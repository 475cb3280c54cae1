"""Draw the figures of docs/synthetic-households.md: synthetic households beside one real house.

Usage: ``python tools/calibrate.py [FULL_SET [FOLDER]]``. The full set is the file that ``energykit
data fetch household`` brings. Writes four PNG files into FOLDER (docs/figures) and prints the
page's table.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np
import polars as pl
from matplotlib import pyplot as plt

from energykit.datasets import DATASETS
from services.energy_generator.h0 import relative_load
from services.energy_generator.households import generate

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parent.parent
HOUSEHOLD = DATASETS["household"]
HOUSEHOLDS, DAYS, SEED = 60, 364, 1
REAL, USUAL, LARGE = "#D55E00", "#0072B2", "#009E73"  # Okabe-Ito
SHARES = np.linspace(0, 1, 401)
CHANGES_W = np.geomspace(2, 8000, 120)
FACTORS = np.arange(0.60, 1.0501, 0.01)
LOW_FACTOR = 0.85


@dataclass(frozen=True)
class Shape:
    """What one household's year looks like."""

    mean_w: float
    """Mean power [W]."""
    by_hour: NDArray[np.float64]
    """Mean power by hour of day over the mean power [1]."""
    duration: NDArray[np.float64]
    """Power over the mean power, exceeded in each of `SHARES` of the time [1]."""
    factor: NDArray[np.float64]
    """Share of the minutes in each class of `FACTORS` [1]."""
    change: NDArray[np.float64]
    """Share of the minutes whose power differs from the minute before by more than each of
    `CHANGES_W` [1].
    """
    numbers: dict[str, float]
    """What the table shows."""


def shape(power: NDArray, voltage: NDArray, factor: NDArray, hour: NDArray) -> Shape:
    """Describe a year of minutes: power [W], voltage [V], power factor [1], local hour."""
    mean = float(power.mean())
    change = np.abs(np.diff(power))
    quantiles = {
        f"power exceeded {p} % of the time, of the mean": np.quantile(power, 1 - p / 100) / mean
        for p in (95, 50, 10, 1)
    }
    numbers = {
        "mean power [W]": mean,
        **quantiles,
        **{
            f"minutes that change by more than {w:,} W [%]": 100 * (change > w).mean()
            for w in (50, 1000)
        },
        "correlation with the minute before": np.corrcoef(power[:-1], power[1:])[0, 1],
        "correlation with the hour before": np.corrcoef(power[:-60], power[60:])[0, 1],
        "power factor, mean": factor.mean(),
        f"power factor below {LOW_FACTOR} [%]": 100 * (factor < LOW_FACTOR).mean(),
        "voltage, mean [V]": voltage.mean(),
        "voltage, standard deviation [V]": voltage.std(),
        "voltage change within a minute, standard deviation [V]": np.diff(voltage).std(),
        "voltage per own power [V/kW]": np.polyfit(power / 1e3, voltage, 1)[0],
    }
    return Shape(
        mean,
        np.bincount(hour, power, 24) / np.bincount(hour, minlength=24) / mean,
        np.quantile(power, 1 - SHARES) / mean,
        np.histogram(factor, FACTORS)[0] / factor.size,
        1 - np.searchsorted(np.sort(change), CHANGES_W, side="right") / change.size,
        {name: float(value) for name, value in numbers.items()},
    )


def real_house(full_set: Path) -> Shape:
    """Describe the real house, 2007 to 2009."""
    names = ["date_time", "Global_active_power", "Global_reactive_power", "Voltage"]
    frame = pl.read_csv(full_set, columns=names).filter(
        pl.col("date_time").str.slice(0, 4).is_in(["2007", "2008", "2009"])
    )
    active, reactive, voltage = (frame[name].to_numpy() for name in names[1:])
    hour = frame["date_time"].str.slice(11, 2).cast(pl.Int64).to_numpy()
    return shape(active * 1e3, voltage, active / np.hypot(active, reactive), hour)


def population(annual_kwh: float) -> list[Shape]:
    """Describe households of a mean annual energy, one by one."""
    made = generate(
        households=HOUSEHOLDS,
        start="2007-01-01",
        days=DAYS,
        seed=SEED,
        annual_kwh=annual_kwh,
        power_resolution_w=2,
        voltage_resolution_v=0.01,
        current_resolution_a=0,
        batch_rows=DAYS * 1440,
    )
    hour = np.arange(DAYS * 1440) // 60 % 24
    return [_synthetic(frame, hour) for frame in made.readings]


def _synthetic(frame: pl.DataFrame, hour: NDArray) -> Shape:
    power, voltage, current = (
        frame[name].to_numpy() for name in ("power_consumption", "voltage", "current")
    )
    return shape(power, voltage, np.minimum(power / (voltage * current), 1), hour)


def bands(ax: Axes, x: NDArray, part: str, usual: list[Shape], large: list[Shape]) -> None:
    """Draw the medians of both populations and the bands that hold eight of ten households."""
    for shapes, colour, line, label in (
        (usual, USUAL, "-", "synthetic, 3,500 kWh a year"),
        (large, LARGE, "--", "synthetic, as much as the house"),
    ):
        low, middle, high = np.quantile(
            [getattr(one, part) for one in shapes], [0.1, 0.5, 0.9], axis=0
        )
        ax.fill_between(x, low, high, color=colour, alpha=0.18, linewidth=0)
        ax.plot(x, middle, color=colour, linestyle=line, label=label)


def daily(ax: Axes, real: Shape, usual: list[Shape], large: list[Shape]) -> None:
    """Draw the mean by hour of day."""
    hours = np.arange(24) + 0.5
    bands(ax, hours, "by_hour", usual, large)
    ax.plot(hours, real.by_hour, color=REAL, linewidth=2.2, linestyle="-.", label="the real house")
    year = np.arange(13514 * 86400, (13514 + 364) * 86400, 900)
    ax.plot(
        hours,
        relative_load(year).reshape(-1, 24, 4).mean(axis=(0, 2)),
        color="black",
        linestyle=":",
        label="H0",
    )
    ax.set(
        xlabel="hour of day",
        ylabel="mean power / mean of the year",
        xticks=range(0, 25, 3),
        ylim=(0, None),
    )


def duration(ax: Axes, real: Shape, usual: list[Shape], large: list[Shape]) -> None:
    """Draw the load duration curve."""
    bands(ax, 100 * SHARES, "duration", usual, large)
    ax.plot(
        100 * SHARES,
        real.duration,
        color=REAL,
        linewidth=2.2,
        linestyle="-.",
        label="the real house",
    )
    ax.set(
        xlabel="share of time [%]", ylabel="power / mean of the year", yscale="log", ylim=(0.05, 30)
    )


def factor(ax: Axes, real: Shape, usual: list[Shape], large: list[Shape]) -> None:
    """Draw the distribution of the power factor."""
    middle = FACTORS[:-1] + 0.005
    bands(ax, middle, "factor", usual, large)
    ax.plot(middle, real.factor, color=REAL, linewidth=2.2, linestyle="-.", label="the real house")
    ax.set(
        xlabel="power factor [1]",
        ylabel="share of minutes per 0.01",
        xlim=(0.65, 1.01),
        ylim=(0, None),
    )


def change(ax: Axes, real: Shape, usual: list[Shape], large: list[Shape]) -> None:
    """Draw how often power changes from minute to minute by more than so much."""
    bands(ax, CHANGES_W, "change", usual, large)
    ax.plot(
        CHANGES_W, real.change, color=REAL, linewidth=2.2, linestyle="-.", label="the real house"
    )
    ax.set(
        xscale="log",
        yscale="log",
        ylim=(1e-5, 1),
        xlabel="change from minute to minute [W]",
        ylabel="share of minutes with a larger change",
    )


FIGURES = {
    "daily-profile": daily,
    "load-duration": duration,
    "power-factor": factor,
    "minute-change": change,
}


def table(real: Shape, usual: list[Shape], large: list[Shape]) -> str:
    """Return the table in Markdown: the house, then median and range of eight of ten homes."""
    lines = [
        "| | the real house | synthetic, 3,500 kWh | synthetic, as the house |",
        "| --- | --- | --- | --- |",
    ]
    for name, value in real.numbers.items():
        cells = []
        for shapes in (usual, large):
            low, middle, high = np.quantile([one.numbers[name] for one in shapes], [0.1, 0.5, 0.9])
            cells.append(f"{middle:,.3g} ({low:,.3g} … {high:,.3g})")
        lines.append(f"| {name} | {value:,.4g} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main(arguments: list[str]) -> None:
    """Draw all figures and print the table."""
    full_set = (
        Path(arguments[0])
        if arguments
        else ROOT / "data" / "full" / "household" / HOUSEHOLD.forms[0].file_name
    )
    folder = Path(arguments[1]) if len(arguments) > 1 else ROOT / "docs" / "figures"
    if not full_set.is_file():
        sys.exit(f"{full_set}: no such file; bring it with `energykit data fetch household`")
    real = real_house(full_set)
    usual, large = population(3500), population(real.mean_w * 8.76)
    folder.mkdir(parents=True, exist_ok=True)
    mpl.rcParams.update(
        {"font.size": 10, "axes.grid": True, "grid.alpha": 0.25, "figure.facecolor": "white"}
    )
    for name, draw in FIGURES.items():
        figure, ax = plt.subplots(figsize=(6.4, 3.8), layout="constrained")
        draw(ax, real, usual, large)
        ax.legend(fontsize=8.5)
        figure.savefig(folder / f"households-{name}.png", dpi=110, metadata={"Software": None})
        plt.close(figure)
    print(table(real, usual, large))


if __name__ == "__main__":
    main(sys.argv[1:])
