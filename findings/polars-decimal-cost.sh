#!/usr/bin/env bash
# The product of two polars decimals has the digits of the finer factor, and each row is rounded to them: 0.021 kWh at
# 0.31 a kWh costs 0.007 instead of 0.00651, and a year of half-hours 7.5 % too much. A quotient has the digits of the
# dividend: 0.021 kWh / 48 is 0. DuckDB's product has all digits, as in SQL.
source "$(dirname "$0")/environment.sh"
packages polars==2.1.0 duckdb==2.0.1 pyarrow==26.0.1
cat >script.py <<'PYTHON'
from decimal import Decimal

import duckdb
import polars as pl

# A year of half-hours at 0.021 kWh, as a freezer takes, and a price in whole cents.
year = pl.DataFrame(
    {"kwh": [Decimal("0.021")] * 17520, "price": [Decimal("0.31")] * 17520},
    schema={"kwh": pl.Decimal(10, 3), "price": pl.Decimal(10, 2)},
)
cost = (pl.col("kwh") * pl.col("price")).alias("cost")
first = year.select(cost, (pl.col("kwh") / 48).alias("share"))[0]
print("a row:", *first.schema.values(), "->", *first.row(0))
floats = year.select(pl.all().cast(pl.Float64)).select(cost.sum()).item()
print("a year, polars decimals:", year.select(cost.sum()).item())
print("a year, polars floats:  ", round(floats, 5))
exact = duckdb.connect().execute("select sum(kwh * price) from year").fetchall()
print("a year, DuckDB decimals:", *exact[0])
PYTHON
seen "$python" script.py <<'SEEN'
a row: Decimal(precision=38, scale=3) Decimal(precision=38, scale=3) -> 0.007 0.000
a year, polars decimals: 122.640
a year, polars floats:   114.0552
a year, DuckDB decimals: 114.05520
SEEN
