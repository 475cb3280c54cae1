#!/usr/bin/env bash
# The day on which summer time ends, for DuckDB: its last midnight minus its first is an interval of one day, and that has
# 86,400 s, as the day in spring has; date_diff says 25 hours and 23. A mean power made with the interval is 4.2 % too high,
# in spring 4.2 % too low. The difference of both in seconds since 1970 is right.
source "$(dirname "$0")/environment.sh"
packages duckdb==2.0.1 pytz==2026.6
cat >script.py <<'PYTHON'
import duckdb

session = duckdb.connect()
session.sql("set TimeZone = 'Europe/Berlin'")
for day, following, hours in (("2025-10-26", "2025-10-27", 25), ("2025-03-30", "2025-03-31", 23)):
    # 2 kW all day.
    row = session.sql(f"""
        with day as (select '{day}'::timestamptz as a, '{following}'::timestamptz as b, {2 * hours} as kwh)
        select b - a, extract(epoch from b - a), date_diff('hour', a, b), epoch(b) - epoch(a),
            kwh / (extract(epoch from b - a) / 3600), kwh / ((epoch(b) - epoch(a)) / 3600) from day""").fetchall()[0]
    print(day, "b - a = {}, {:.0f} s; date_diff {} h; epochs {:.0f} s; 2 kW are {:.2f} and {:.2f}".format(*row))
PYTHON
seen "$python" script.py <<'SEEN'
2025-10-26 b - a = 1 day, 0:00:00, 86400 s; date_diff 25 h; epochs 90000 s; 2 kW are 2.08 and 2.00
2025-03-30 b - a = 1 day, 0:00:00, 86400 s; date_diff 23 h; epochs 82800 s; 2 kW are 1.92 and 2.00
SEEN
