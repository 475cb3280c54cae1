#!/usr/bin/env bash
# In the night in which summer time ends, DuckDB's date_trunc('hour', ...) of a TIMESTAMPTZ puts both hours from two to three
# into one, the later: a day of 25 hours has 24 rows, one with twice the energy, a peak that nobody drew. time_bucket keeps
# them apart, as polars' truncate does.
source "$(dirname "$0")/environment.sh"
packages duckdb==2.0.1 polars==2.1.0 pytz==2026.6 tzdata==2026.6
cat >script.py <<'PYTHON'
from datetime import UTC, datetime

import duckdb
import polars as pl

session = duckdb.connect()
session.sql("set TimeZone = 'Europe/Berlin'")
# A day of quarter hours at 2 kW.
session.sql("""create table readings as select time, 0.5 as kwh
    from generate_series('2025-10-25 22:00+00'::timestamptz, '2025-10-26 22:45+00', interval 15 minute) as day(time)""")
for hour in ("date_trunc('hour', time)", "time_bucket(interval 1 hour, time)"):
    rows = session.sql(f"select {hour} as hour, sum(kwh)::double from readings group by 1 order by 1").fetchall()
    shown = [f"{begin:%H:%M%z} {kwh} kWh" for begin, kwh in rows if begin.hour in (1, 2, 3)]
    print(f"{hour}: {len(rows)} hours;", *shown, sep="  ")
times = pl.datetime_range(
    datetime(2025, 10, 25, 22, tzinfo=UTC), datetime(2025, 10, 26, 22, 45, tzinfo=UTC), "15m", eager=True
).dt.convert_time_zone("Europe/Berlin")
hours = pl.DataFrame({"time": times, "kwh": 0.5}).group_by(pl.col("time").dt.truncate("1h")).agg(pl.col("kwh").sum())
print(f"polars truncate: {hours.height} hours;", "the highest", hours["kwh"].max(), "kWh")
PYTHON
seen "$python" script.py <<'SEEN'
date_trunc('hour', time): 24 hours;  01:00+0200 2.0 kWh  02:00+0100 4.0 kWh  03:00+0100 2.0 kWh
time_bucket(interval 1 hour, time): 25 hours;  01:00+0200 2.0 kWh  02:00+0200 2.0 kWh  02:00+0100 2.0 kWh  03:00+0100 2.0 kWh
polars truncate: 25 hours; the highest 2.0 kWh
SEEN
