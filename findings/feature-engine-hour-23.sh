#!/usr/bin/env bash
# Hours and weekdays as points of a circle: feature-engine divides by the largest value of the data, which for its own hours 0 to
# 23 and days 0 to 6 is one less than the circle has. Hour 23 is the same point as hour 0, Sunday the same as Monday; a model that
# has only these cannot tell them apart. Data that end at 18:00 make another circle of the same hours.
source "$(dirname "$0")/environment.sh"
packages feature-engine==1.9.4 pandas==2.3.3 numpy==2.4.6
cat >script.py <<'PYTHON'
import numpy as np
import pandas as pd
from feature_engine.creation import CyclicalFeatures
from feature_engine.datetime import DatetimeFeatures

hours = pd.date_range("2025-07-07", periods=7 * 24, freq="h")
frame = pd.DataFrame({"kw": 1.0}, index=hours)
parts = DatetimeFeatures(variables="index", features_to_extract=["hour", "day_of_week"]).fit_transform(frame)


def show(features, name, pairs, period):
    points = features.groupby(name)[[f"{name}_sin", f"{name}_cos"]].first()
    for one, other in pairs:
        apart = np.linalg.norm(points.loc[one] - points.loc[other])
        expected = 2 * np.sin(np.pi / period * abs(one - other))
        print(f"    {name} {one} and {other}: {apart:.3f} apart, on a circle of {period} {expected:.3f}")


for title, rows in (("all hours", parts), ("hours 6 to 18", parts[parts["hour"].between(6, 18)])):
    features = CyclicalFeatures(variables=["hour", "day_of_week"]).fit_transform(rows)
    print(title)
    show(features, "hour", [(0, 23), (0, 1)] if title == "all hours" else [(6, 18), (17, 18)], 24)
    show(features, "day_of_week", [(0, 6), (0, 1)], 7)
PYTHON
seen "$python" script.py <<'SEEN'
all hours
    hour 0 and 23: 0.000 apart, on a circle of 24 0.261
    hour 0 and 1: 0.272 apart, on a circle of 24 0.261
    day_of_week 0 and 6: 0.000 apart, on a circle of 7 0.868
    day_of_week 0 and 1: 1.000 apart, on a circle of 7 0.868
hours 6 to 18
    hour 6 and 18: 1.732 apart, on a circle of 24 2.000
    hour 17 and 18: 0.347 apart, on a circle of 24 0.261
    day_of_week 0 and 6: 0.000 apart, on a circle of 7 0.868
    day_of_week 0 and 1: 1.000 apart, on a circle of 7 0.868
SEEN
