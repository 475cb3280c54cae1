#!/usr/bin/env bash
# DuckDB's time_bucket(INTERVAL 1 DAY, ...) of a TIMESTAMPTZ is the day in UTC, whatever the session's TimeZone: for
# Berlin its days begin at 01:00, in summer at 02:00. date_trunc and a cast to DATE, of the same values in the same
# session, go by the zone. time_bucket does where the zone is its third argument.
source "$(dirname "$0")/environment.sh"
packages duckdb==2.0.1 pytz==2026.6
cat >script.py <<'PYTHON'
import duckdb

session = duckdb.connect()
session.sql("set TimeZone = 'Europe/Berlin'")
# 48 hours in July, local time: 1 kWh in each of the first 24 hours, nothing afterwards.
session.sql("""create table readings as
    select time, case when time < '2025-07-02 00:00' then 1 else 0 end as kwh
    from generate_series('2025-07-01 00:00'::timestamptz, '2025-07-02 23:00', interval 1 hour) as hours(time)""")
for day in (
    "date_trunc('day', time)",
    "time_bucket(interval 1 day, time)",
    "time_bucket(interval 1 day, time, 'Europe/Berlin')",
):
    rows = session.sql(f"select ({day})::varchar, sum(kwh)::int from readings group by 1 order by 1").fetchall()
    print(day)
    for begin, kwh in rows:
        print(f"  {begin}  {kwh} kWh")
PYTHON
seen "$python" script.py <<'SEEN'
date_trunc('day', time)
  2025-07-01 00:00:00+02  24 kWh
  2025-07-02 00:00:00+02  0 kWh
time_bucket(interval 1 day, time)
  2025-06-30 02:00:00+02  2 kWh
  2025-07-01 02:00:00+02  22 kWh
  2025-07-02 02:00:00+02  0 kWh
time_bucket(interval 1 day, time, 'Europe/Berlin')
  2025-07-01 00:00:00+02  24 kWh
  2025-07-02 00:00:00+02  0 kWh
SEEN
