#!/usr/bin/env bash
# pvanalytics asks how complete each day is, and guesses the interval from the index: where a single row is missing in a
# year, the guess fails, every day's score is NaN, and complete() drops all of them. Where the row is there and its value
# is not, one day has less. With the interval given, days are measured against 24 hours: in a local time zone a
# whole day on which summer time begins is 95.8 % complete, and one on which it ends, with an hour missing, 100 %.
source "$(dirname "$0")/environment.sh"
packages pvanalytics==0.2.2 pandas==3.0.5 pvlib==0.16.1
cat >script.py <<'PYTHON'
import pandas as pd
from pvanalytics.quality.gaps import complete, completeness_score

year = pd.Series(1.0, pd.date_range("2025-01-01", periods=365 * 48, freq="30min"))
hole = year.index == "2025-06-01 12:00"
for name, series in (("whole", year), ("without a value", year.where(~hole)), ("without the row", year[~hole])):
    days = complete(series).groupby(series.index.date).all()
    score = completeness_score(series, keep_index=False)
    print(f"a year {name:15} {days.sum():3} complete days; 1 January {score.iloc[0]}, 1 June {score['2025-06-01']:.3f}")


def local_day(date, number, lacks=()):
    times = pd.date_range(date, periods=number, freq="30min", tz="Europe/Berlin")
    series = pd.Series(1.0, times)[~times.strftime("%H:%M").isin(lacks)]
    return completeness_score(series, freq="30min").iloc[0]


print(f"30 March, of 23 hours, whole: {local_day('2025-03-30', 46):.3f}")
print(f"26 October, of 25 hours, 24 of them there: {local_day('2025-10-26', 50, ('08:00', '08:30')):.3f}")
PYTHON
seen "$python" -W ignore script.py <<'SEEN'
a year whole           365 complete days; 1 January 1.0, 1 June 1.000
a year without a value 365 complete days; 1 January 1.0, 1 June 0.979
a year without the row   0 complete days; 1 January nan, 1 June nan
30 March, of 23 hours, whole: 0.958
26 October, of 25 hours, 24 of them there: 1.000
SEEN
