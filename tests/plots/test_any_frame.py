"""Whatever readings there are, a figure is drawn or says why not."""

import pandas as pd
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure

from energykit import plots
from energykit.errors import UsageError

REFUSALS = (
    "no row has a power",
    "no reading has a power factor",
    "no reading has both power and voltage",
)
NUMBERS = st.one_of(
    st.floats(-1e5, 1e5), st.sampled_from([0.0, float("nan"), float("inf"), -0.0, 1e-9])
)
ROW = st.fixed_dictionaries(
    {
        "timestamp": st.integers(0, 5_000_000),
        "household_id": st.sampled_from(["A", "B", "größer", "$x_1$", "_d"]),
        "power": NUMBERS,
        "voltage": NUMBERS,
        "current": NUMBERS,
        "reasons": st.sampled_from(["", "spike", "spike;gap", "_odd$"]),
    }
)


@given(
    rows=st.lists(ROW, min_size=1, max_size=30), zone=st.sampled_from([None, "UTC", "Europe/Paris"])
)
@settings(
    max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_a_figure_is_drawn_or_says_why_not(figure, rows, zone):
    frame = pd.DataFrame(rows)
    seconds = pd.to_timedelta(frame["timestamp"], unit="s")
    frame["timestamp"] = (pd.Timestamp("2025-03-20", tz="UTC") + seconds).dt.tz_convert(zone)
    ax = Figure().subplots()
    refusal = ""
    try:
        figure(frame, ax=ax).figure.canvas.draw()
    except UsageError as error:
        refusal = error.what
    assert refusal or plots.alt_text(ax).endswith(".")
    assert not refusal or refusal.startswith(REFUSALS)
