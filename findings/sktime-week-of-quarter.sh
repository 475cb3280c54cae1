#!/usr/bin/env bash
# A quarter has at most 14 weeks, its first day is in the first. sktime's calendar feature `week_of_quarter` is one too high in
# all of the first quarters of 2024 and 2025, whose years begin in a week 1, and on the last days of a year, which are
# in week 1 of the next, it is 4,294,967,258.
source "$(dirname "$0")/environment.sh"
packages sktime==1.2.0 pandas==2.3.3 numpy==2.4.6
cat >script.py <<'PYTHON'
import pandas as pd
from sktime.transformations.series.date import DateTimeFeatures

features = DateTimeFeatures(ts_freq="D", manual_selection=["week_of_quarter"], keep_original_columns=False)
days = pd.date_range("2023-01-02", "2025-12-31", freq="D")
found = features.fit_transform(pd.DataFrame({"kwh": 0.0}, index=days)).squeeze()
first = days.to_period("Q").start_time
mondays = [day - pd.Timedelta(days=day.weekday()) for day in days]
begins = [day - pd.Timedelta(days=day.weekday()) for day in first]
right = pd.Series([(monday - begin).days // 7 + 1 for monday, begin in zip(mondays, begins, strict=True)], index=days)
print("by the calendar, from", right.min(), "to", right.max(), "- sktime's from", found.min(), "to", found.max())
for quarter in (1, 2, 3, 4):
    here = days.quarter == quarter
    print(f"quarter {quarter}: wrong on {int((found[here] != right[here]).sum())} of {int(here.sum())} days")
for day in ("2024-12-29", "2024-12-30", "2025-01-01", "2025-03-31", "2025-04-01", "2025-06-30"):
    print(f"{day}: week {right[day]} of its quarter, sktime {found[day]}")
PYTHON
seen "$python" script.py <<'SEEN'
by the calendar, from 1 to 14 - sktime's from 1 to 4294967258
quarter 1: wrong on 181 of 270 days
quarter 2: wrong on 0 of 273 days
quarter 3: wrong on 0 of 276 days
quarter 4: wrong on 5 of 276 days
2024-12-29: week 13 of its quarter, sktime 13
2024-12-30: week 14 of its quarter, sktime 4294967258
2025-01-01: week 1 of its quarter, sktime 2
2025-03-31: week 14 of its quarter, sktime 15
2025-04-01: week 1 of its quarter, sktime 1
2025-06-30: week 14 of its quarter, sktime 14
SEEN
