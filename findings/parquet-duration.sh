#!/usr/bin/env bash
# Parquet has no type for a duration. polars and pandas (pyarrow) write a number and keep the unit in a note of Arrow's that
# DuckDB and fastparquet do not read: the same quarter of an hour is 900000, 900000000 or 900000000000 there, by who wrote it.
source "$(dirname "$0")/environment.sh"
packages duckdb==2.0.1 polars==2.1.0 pandas==3.0.5 pyarrow==26.0.1 fastparquet==2026.9.0 numpy==2.4.6
cat >script.py <<'PYTHON'
from datetime import timedelta

import duckdb
import fastparquet
import pandas as pd
import polars as pl

quarter = timedelta(minutes=15)
pl.DataFrame({"interval": [quarter]}).write_parquet("polars.parquet")
pl.DataFrame({"interval": [quarter]}, schema={"interval": pl.Duration("ms")}).write_parquet("polars-ms.parquet")
pd.DataFrame({"interval": pd.to_timedelta(["15min"])}).to_parquet("pandas.parquet")
pd.DataFrame({"interval": pd.to_timedelta(["15min"]).as_unit("ns")}).to_parquet("pandas-ns.parquet")
for name in ("polars", "polars-ms", "pandas", "pandas-ns"):
    path = f"{name}.parquet"
    kind, value = duckdb.sql(f"select typeof(interval), interval from '{path}'").fetchall()[0]
    other = fastparquet.ParquetFile(path).to_pandas()["interval"]
    print(f"{name:10} DuckDB {kind} {value}, fastparquet {other.dtype} {other[0]}, polars {pl.read_parquet(path)['interval'][0]}")
PYTHON
seen "$python" -W ignore script.py <<'SEEN'
polars     DuckDB BIGINT 900000000, fastparquet int64 900000000, polars 0:15:00
polars-ms  DuckDB BIGINT 900000, fastparquet int64 900000, polars 0:15:00
pandas     DuckDB BIGINT 900000000, fastparquet int64 900000000, polars 0:15:00
pandas-ns  DuckDB BIGINT 900000000000, fastparquet int64 900000000000, polars 0:15:00
SEEN
