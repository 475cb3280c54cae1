#!/usr/bin/env bash
# What pandas 3 makes of "900 seconds" has seconds as its unit, and fastparquet writes such a column's numbers as if they
# were microseconds: a quarter of an hour is stored as 0.9 ms, and comes back as nothing. A column of any other unit is right.
source "$(dirname "$0")/environment.sh"
packages fastparquet==2026.9.0 pandas==3.0.5 pyarrow==26.0.1 polars==2.1.0 numpy==2.4.6
cat >script.py <<'PYTHON'
import fastparquet
import pandas as pd
import polars as pl

columns = {
    'to_timedelta([900], unit="s")': pd.Series(pd.to_timedelta([900], unit="s")),
    'to_timedelta(["15min"])': pd.Series(pd.to_timedelta(["15min"])),
}
for made, column in columns.items():
    fastparquet.write("interval.parquet", pd.DataFrame({"interval": column}))
    back = fastparquet.ParquetFile("interval.parquet").to_pandas()["interval"][0]
    others = pd.read_parquet("interval.parquet", engine="pyarrow")["interval"][0]
    print(f"{made:30} {column.dtype}: fastparquet {back}, pyarrow {others}, "
          f"polars {pl.read_parquet('interval.parquet')['interval'][0]}")
    column.to_frame("interval").to_parquet("interval.parquet", engine="pyarrow")
    print(f"{'written by pyarrow':30} {column.dtype}: {pd.read_parquet('interval.parquet')['interval'][0]}")
PYTHON
seen "$python" -W ignore script.py <<'SEEN'
to_timedelta([900], unit="s")  timedelta64[s]: fastparquet 0 days 00:00:00, pyarrow 00:00:00.000900, polars 00:00:00.000900
written by pyarrow             timedelta64[s]: 0 days 00:15:00
to_timedelta(["15min"])        timedelta64[us]: fastparquet 0 days 00:15:00, pyarrow 00:15:00, polars 00:15:00
written by pyarrow             timedelta64[us]: 0 days 00:15:00
SEEN
