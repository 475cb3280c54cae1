"""Frames that figures are drawn from, and a figure to draw on that no window shows."""

import inspect

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

from energykit import plots
from energykit.datasets import excerpt_path

mpl.use("Agg")
OTHER_TABLES = {"message_sizes", "precision_recall", "scores", "speed_up"}
"""Figures of a frame that holds something else than readings; they have tests of their own."""
EXPORTED = {name: getattr(plots, name, None) for name in plots.__all__}
"""A name that nothing imports is said by tests/project/lists, and stops no figure's tests."""
FIGURES = [
    figure
    for name, figure in EXPORTED.items()
    if inspect.isfunction(figure)
    and next(iter(inspect.signature(figure).parameters)) == "frame"
    and name not in OTHER_TABLES
]


@pytest.fixture(params=FIGURES, ids=lambda figure: figure.__name__)
def figure(request):
    """Every figure of readings that `energykit.plots` exports, a new one by itself."""
    return request.param


@pytest.fixture(autouse=True)
def figures_are_closed():
    from matplotlib import pyplot as plt

    yield
    plt.close("all")


@pytest.fixture
def ax():
    """Axes of a figure that pyplot does not know."""
    from matplotlib.figure import Figure

    return Figure(figsize=(8, 4)).subplots()


@pytest.fixture(scope="session")
def house() -> pd.DataFrame:
    """The real excerpt as readings."""
    raw = pd.read_csv(excerpt_path(), parse_dates=["date_time"])
    return pd.DataFrame(
        {
            "timestamp": raw.date_time,
            "household_id": "sceaux",
            "power_consumption": raw.Global_active_power * 1000.0,
            "voltage": raw.Voltage,
            "current": raw.Global_intensity,
        }
    )


@pytest.fixture(scope="session")
def report(house) -> pd.DataFrame:
    """The real excerpt as a report, flagged by two rules."""
    efficiency = house.power_consumption / (house.voltage * house.current)
    values = house[["power_consumption", "voltage", "current"]]
    is_copy = (values == values.shift(1440)).all(axis=1)
    low = np.where(efficiency < 0.7, "power_factor_range", "")
    reasons = np.where(
        is_copy & (low != ""), "day_copy;" + low.astype(object), np.where(is_copy, "day_copy", low)
    )
    return pd.DataFrame(
        {
            "timestamp": house.timestamp,
            "household_id": "sceaux",
            "power": house.power_consumption,
            "efficiency": efficiency,
            "status": np.where(reasons == "", "OK", reasons),
            "anomaly_detected": reasons != "",
            "reasons": reasons,
        }
    )


@pytest.fixture(scope="session")
def holed(house) -> pd.DataFrame:
    """The real excerpt without the minutes that nobody measured."""
    return house[(house.timestamp < "2007-04-28 00:21") | (house.timestamp > "2007-04-30 14:23")]


@pytest.fixture
def legacy() -> pd.DataFrame:
    """The original's ten rows as a report."""
    return pd.DataFrame(
        {
            "timestamp": pd.to_datetime(
                [f"2025-01-01T00:00:{second:02d}Z" for second in range(10)]
            ),
            "household_id": [f"HH-{row % 3}" for row in range(10)],
            "power": [120.5 + row for row in range(10)],
            "efficiency": 0.1,
            "anomaly_detected": [False] * 3 + [True] * 7,
        }
    )


def constant(
    watts: float, minutes: int, *, household: str = "H", start: str = "2025-01-01"
) -> pd.DataFrame:
    times = pd.date_range(start, periods=minutes, freq="min", tz="UTC")
    return pd.DataFrame({"timestamp": times, "household_id": household, "power": watts})


@pytest.fixture
def flat():
    """Make readings of constant power, one a minute."""
    return constant
