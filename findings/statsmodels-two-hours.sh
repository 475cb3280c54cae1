#!/usr/bin/env bash
# statsmodels guesses the length of a season from the index, and looks at the unit of its frequency alone: hourly
# readings have a season of 24, and so have two-hourly and six-hourly ones, of two and of six days. STL and
# seasonal_decompose then average a half or a sixth of the days for each time of day, and what is left over grows.
# Half-hourly readings are refused.
source "$(dirname "$0")/environment.sh"
packages statsmodels==0.15.0 pandas==3.0.5 numpy==2.4.6 scipy==1.17.1
cat >script.py <<'PYTHON'
import numpy as np
import pandas as pd
from statsmodels.tsa.seasonal import STL, seasonal_decompose

for hours in (1, 2, 6):
    times = pd.date_range("2025-01-01", periods=60 * 24 // hours, freq=f"{hours}h")
    # Every day alike, but for every other Sunday, which has double the load.
    day = 1 + 0.5 * np.sin(2 * np.pi * times.hour.to_numpy() / 24)
    power = pd.Series(np.where(times.dayofyear % 14 == 5, 2 * day, day), index=times)
    guessed = STL(power).period
    right = 24 // hours
    spread = [seasonal_decompose(power, period=period).resid.std() for period in (None, right)]
    print(f"every {hours} h: a season of {guessed} readings, {guessed * hours // 24} days;", end=" ")
    print("residuals {:.3f}, of one day {:.3f}".format(*spread))
PYTHON
seen "$python" script.py <<'SEEN'
every 1 h: a season of 24 readings, 1 days; residuals 0.125, of one day 0.125
every 2 h: a season of 24 readings, 2 days; residuals 0.179, of one day 0.120
every 6 h: a season of 24 readings, 6 days; residuals 0.248, of one day 0.104
SEEN
