#!/usr/bin/env bash
# ibis takes the date of a time with a zone by UTC where polars is behind it, and its hour and day of the month by the zone:
# half past midnight of 2 July is hour 0 of 1 July, and what the first two hours of a day used is yesterday's.
source "$(dirname "$0")/environment.sh"
packages ibis-framework==12.0.0 polars==2.1.0 pyarrow==26.0.1 pandas==3.1.1 numpy==2.4.6 pyarrow-hotfix==0.7 packaging==26.4 rich==15.0.0 tzdata==2026.6
cat >script.py <<'PYTHON'
from datetime import datetime, timezone

import ibis
import polars as pl

readings = pl.DataFrame(
    {"at": [datetime(2025, 7, 1, hour, 30, tzinfo=timezone.utc) for hour in (20, 21, 22, 23)], "kwh": [1.0, 2.0, 4.0, 8.0]}
).with_columns(pl.col("at").dt.convert_time_zone("Europe/Berlin"))
table = ibis.polars.connect().create_table("readings", readings)
print("the local clock       ", readings["at"].dt.strftime("%d %B %H:%M").to_list())
print("ibis: date, day, hour ", table.select(table.at.date(), table.at.day(), table.at.hour()).to_polars().rows())
for name, key in (("date", table.at.date()), ("day", table.at.day())):
    sums = table.group_by(key=key).agg(kwh=table.kwh.sum()).order_by("key").to_polars()
    print(f"ibis: kWh by {name}", [(str(key), kwh) for key, kwh in sums.rows()])
sums = readings.group_by(pl.col("at").dt.date()).agg(pl.col("kwh").sum()).sort("at")
print("polars: kWh by date", [(str(key), kwh) for key, kwh in sums.rows()])
PYTHON
seen "$python" script.py <<'SEEN'
the local clock        ['01 July 22:30', '01 July 23:30', '02 July 00:30', '02 July 01:30']
ibis: date, day, hour  [(datetime.date(2025, 7, 1), 1, 22), (datetime.date(2025, 7, 1), 1, 23), (datetime.date(2025, 7, 1), 2, 0), (datetime.date(2025, 7, 1), 2, 1)]
ibis: kWh by date [('2025-07-01', 15.0)]
ibis: kWh by day [('1', 3.0), ('2', 12.0)]
polars: kWh by date [('2025-07-01', 3.0), ('2025-07-02', 12.0)]
SEEN
