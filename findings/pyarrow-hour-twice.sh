#!/usr/bin/env bash
# pyarrow's rounding and differences of times with a zone go by the local clock. In the night in which summer time ends, the
# half hour from 02:30 to 02:00 has -30 minutes, and floor_temporal to quarter hours, of instants that are all on one,
# raises an error: it asks which of two hours is meant, which the values say. For the rest of the year both are right.
source "$(dirname "$0")/environment.sh"
packages pyarrow==26.0.1 pandas==3.1.1 polars==2.1.0 tzdata==2026.6
cat >script.py <<'PYTHON'
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

for date in ("2025-10-25", "2025-10-26"):
    times = pd.date_range(f"{date} 00:00", periods=4, freq="30min", tz="UTC").tz_convert("Europe/Berlin")
    array = pa.array(times)
    print(*(f"{time:%d %H:%M%z}" for time in times))
    print("  minutes between:", pc.minutes_between(array[:-1], array[1:]).to_pylist())
    try:
        print("  floored:", len(pc.floor_temporal(array, 15, "minute")))
    except pa.ArrowInvalid as error:
        print("  floored:", str(error).split(".")[0])
    in_polars = pl.Series(times)
    print("  floored by polars:", in_polars.dt.truncate("15m").equals(in_polars))
    in_utc = array.cast(pa.timestamp("us", "UTC"))
    print("  floored in UTC:", pc.floor_temporal(in_utc, 15, "minute").equals(in_utc))
PYTHON
seen "$python" script.py <<'SEEN'
25 02:00+0200 25 02:30+0200 25 03:00+0200 25 03:30+0200
  minutes between: [30, 30, 30]
  floored: 4
  floored by polars: True
  floored in UTC: True
26 02:00+0200 26 02:30+0200 26 02:00+0100 26 02:30+0100
  minutes between: [30, -30, 30]
  floored: Local time is ambiguous: 2025-10-26 02:30:00
  floored by polars: True
  floored in UTC: True
SEEN
