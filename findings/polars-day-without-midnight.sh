#!/usr/bin/env bash
# In Egypt, Chile and Lebanon summer time begins at midnight: that day has no 00:00. polars' group_by_dynamic(every="1d")
# ends the day before it at 23:00, and the readings of that hour are in no day at all: the sum over all days is short.
# dt.truncate("1d") and pandas lose nothing.
source "$(dirname "$0")/environment.sh"
packages polars==2.1.0 pandas==3.0.5 tzdata==2026.6
cat >script.py <<'PYTHON'
from datetime import UTC, datetime, timedelta

import pandas as pd
import polars as pl


def by_polars(zone, begin):
    half_hours = [begin + timedelta(minutes=30 * number) for number in range(144)]
    frame = pl.DataFrame({"time": half_hours}).with_columns(pl.col("time").dt.convert_time_zone(zone), kwh=0.25)
    total = pl.col("kwh").sum()
    dynamic = frame.group_by_dynamic("time", every="1d").agg(total)
    truncated = frame.group_by(pl.col("time").dt.truncate("1d")).agg(total).sort("time")
    return dynamic["time"].to_list()[1], dynamic["kwh"].to_list(), truncated["kwh"].to_list()


for zone, begin in (
    ("Africa/Cairo", datetime(2025, 4, 23, 22, tzinfo=UTC)),
    ("America/Santiago", datetime(2025, 9, 6, 4, tzinfo=UTC)),
    ("Asia/Beirut", datetime(2025, 3, 28, 22, tzinfo=UTC)),
):
    second, dynamic, truncated = by_polars(zone, begin)
    series = pd.Series(0.25, pd.date_range(begin, periods=144, freq="30min").tz_convert(zone))
    pandas = series.resample("D").sum().to_list()
    print(f"{zone}: 72 hours at 0.5 kW; the second day begins at {second:%H:%M}")
    for name, days in (("group_by_dynamic", dynamic), ("truncate", truncated), ("pandas", pandas)):
        print(f"  {name:16} {days}, in all {sum(days)}")
PYTHON
seen "$python" script.py <<'SEEN'
Africa/Cairo: 72 hours at 0.5 kW; the second day begins at 23:00
  group_by_dynamic [11.5, 11.5, 12.0, 0.5], in all 35.5
  truncate         [12.0, 11.5, 12.0, 0.5], in all 36.0
  pandas           [12.0, 11.5, 12.0, 0.5], in all 36.0
America/Santiago: 72 hours at 0.5 kW; the second day begins at 23:00
  group_by_dynamic [11.5, 11.5, 12.0, 0.5], in all 35.5
  truncate         [12.0, 11.5, 12.0, 0.5], in all 36.0
  pandas           [12.0, 11.5, 12.0, 0.5], in all 36.0
Asia/Beirut: 72 hours at 0.5 kW; the second day begins at 23:00
  group_by_dynamic [11.5, 11.5, 12.0, 0.5], in all 35.5
  truncate         [12.0, 11.5, 12.0, 0.5], in all 36.0
  pandas           [12.0, 11.5, 12.0, 0.5], in all 36.0
SEEN
