#!/usr/bin/env bash
# Blocks of six hours from midnight, as a tariff has them: from the night in which summer time begins, polars'
# group_by_dynamic(every="6h") and pandas' resample("6h") begin them at 01:00, 07:00, 13:00 and 19:00, until the frame
# ends. Cut the frame at any later midnight and the same call has 00:00, 06:00, 12:00 and 18:00 again, with other sums.
# polars' dt.truncate("6h") follows the clock; blocks of a day do in both libraries.
source "$(dirname "$0")/environment.sh"
packages polars==2.1.0 pandas==3.1.1 tzdata==2026.6
cat >script.py <<'PYTHON'
from datetime import UTC, date, datetime

import pandas as pd
import polars as pl

ZONE = "Europe/Berlin"
times = pl.datetime_range(
    datetime(2025, 3, 28, 23, tzinfo=UTC), datetime(2025, 4, 7, 22, tzinfo=UTC), "30m", closed="left", eager=True
).dt.convert_time_zone(ZONE)
# 0.5 kW at night, 2 kW from 06:00 to 18:00 of the local clock.
by_day = pl.col("time").dt.hour().is_between(6, 17)
frame = pl.DataFrame({"time": times}).with_columns(kwh=pl.when(by_day).then(1.0).otherwise(0.25))


def polars_windows(part):
    return part.group_by_dynamic("time", every="6h").agg(pl.col("kwh").sum())


def polars_truncate(part):
    blocks = part.group_by(pl.col("time").dt.truncate("6h"), maintain_order=True)
    return blocks.agg(pl.col("kwh").sum())


def pandas_resample(part):
    series = pd.Series(part["kwh"].to_list(), pd.DatetimeIndex(part["time"].to_list()))
    blocks = series.resample("6h").sum()
    return pl.DataFrame({"time": blocks.index.to_list(), "kwh": blocks.to_list()})


last_day = pl.col("time").dt.date() == date(2025, 4, 7)
for cut in (date(2025, 3, 29), date(2025, 4, 1)):
    part = frame.filter(pl.col("time").dt.date() >= cut)
    print(f"7 April of a frame from {cut:%d %B}")
    for blocks in (polars_windows, pandas_resample, polars_truncate):
        day = blocks(part).filter(last_day)
        rows = zip(day["time"].dt.strftime("%H:%M"), day["kwh"], strict=True)
        print(f"  {blocks.__name__:15}", *(f"{begin} {kwh:5.2f} kWh," for begin, kwh in rows))
PYTHON
seen "$python" script.py <<'SEEN'
7 April of a frame from 29 March
  polars_windows  01:00  4.50 kWh, 07:00 12.00 kWh, 13:00 10.50 kWh, 19:00  2.50 kWh,
  pandas_resample 01:00  4.50 kWh, 07:00 12.00 kWh, 13:00 10.50 kWh, 19:00  2.50 kWh,
  polars_truncate 00:00  3.00 kWh, 06:00 12.00 kWh, 12:00 12.00 kWh, 18:00  3.00 kWh,
7 April of a frame from 01 April
  polars_windows  00:00  3.00 kWh, 06:00 12.00 kWh, 12:00 12.00 kWh, 18:00  3.00 kWh,
  pandas_resample 00:00  3.00 kWh, 06:00 12.00 kWh, 12:00 12.00 kWh, 18:00  3.00 kWh,
  polars_truncate 00:00  3.00 kWh, 06:00 12.00 kWh, 12:00 12.00 kWh, 18:00  3.00 kWh,
SEEN
