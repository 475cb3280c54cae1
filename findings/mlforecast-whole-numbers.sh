#!/usr/bin/env bash
# A meter's register counts whole watt-hours. mlforecast keeps a target of 64-bit floats as it is, and makes one of whole numbers,
# of 32 or 64 bits, 32-bit floats, which above 268 million hold every 32nd number only: a steady 7 Wh is 32, 0, 0, 0, and the
# last register, taken as the forecast, is 14 Wh less than what was read.
source "$(dirname "$0")/environment.sh"
packages mlforecast==1.1.0 pandas==2.3.3 numpy==2.4.6
cat >script.py <<'PYTHON'
import numpy as np
import pandas as pd
from mlforecast import MLForecast
from mlforecast.target_transforms import Differences


class Last:
    """Forecasts the last reading."""

    def fit(self, X, y):
        return self

    def predict(self, X):
        return np.asarray(X)[:, 0]

    def get_params(self, deep=True):
        return {}


register = 424_413_000 + 7 * np.arange(1, 11)
stamps = pd.date_range("2025-07-01", periods=10, freq="15min")
print("last register read:", register[-1], "Wh")
for kind in ("float64", "int64", "int32"):
    frame = pd.DataFrame({"unique_id": "meter", "ds": stamps, "y": register.astype(kind)})
    steps = MLForecast(models=[], freq="15min", target_transforms=[Differences([1])], lags=[1]).preprocess(frame)["y"]
    last = MLForecast(models=[Last()], freq="15min", lags=[1]).fit(frame).predict(1)["Last"][0]
    print(f"{kind}: forecast {last:.0f}, differences", *(f"{value:.0f}" for value in steps))
PYTHON
seen "$python" script.py <<'SEEN'
last register read: 424413070 Wh
float64: forecast 424413070, differences 7 7 7 7 7 7 7 7
int64: forecast 424413056, differences 0 0 0 32 0 0 0 0
int32: forecast 424413056, differences 0 0 0 32 0 0 0 0
SEEN
