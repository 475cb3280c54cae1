#!/usr/bin/env bash
# polars sums columns of 8 and 16 bits in 64, and a column of 32 bits in 32: a year of a thousand households in whole Wh is
# negative, by group and in total, where the same numbers of one household in 16 bits are right. DuckDB, pandas and pyarrow
# have the sum.
source "$(dirname "$0")/environment.sh"
packages polars==2.1.0 duckdb==2.0.1 pandas==3.1.1 pyarrow==26.0.1 numpy==2.4.6
cat >script.py <<'PYTHON'
import duckdb
import polars as pl
import pyarrow.compute as pc

year = pl.DataFrame({"town": "a", "wh": pl.Series([3_500_000] * 1000, dtype=pl.Int32)})
day = pl.DataFrame({"town": "a", "wh": pl.Series([9_600] * 1000, dtype=pl.Int16)})
for name, frame in (("a day in Int16", day), ("a year in Int32", year)):
    total = frame["wh"].sum()
    grouped = frame.group_by("town").agg(pl.col("wh").sum())["wh"][0]
    print(f"{name:15} polars {total} Wh, by town {grouped} Wh, mean {frame['wh'].mean():.0f};", end=" ")
    other = duckdb.sql("select sum(wh) from frame").fetchall()[0][0]
    print(f"DuckDB {other}, pandas {frame['wh'].to_pandas().sum()}, pyarrow {pc.sum(frame['wh'].to_arrow())}")
PYTHON
seen "$python" script.py <<'SEEN'
a day in Int16  polars 9600000 Wh, by town 9600000 Wh, mean 9600; DuckDB 9600000, pandas 9600000, pyarrow 9600000
a year in Int32 polars -794967296 Wh, by town -794967296 Wh, mean 3500000; DuckDB 3500000000, pandas 3500000000, pyarrow 3500000000
SEEN
