#!/usr/bin/env bash
# A folder of Parquet files, one a month, read as one table: DuckDB and pyarrow (so pandas, too) take the columns of the
# first file for all. A column that begins in February is left out by the three of them; where January's values happen
# to be whole numbers, DuckDB rounds the decimals of the others, 0.75 kWh to 1. polars refuses both. DuckDB with
# union_by_name = true reads both.
source "$(dirname "$0")/environment.sh"
packages duckdb==2.0.1 pyarrow==26.0.1 pandas==3.1.1 polars==2.1.0
cat >script.py <<'PYTHON'
from pathlib import Path

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

READERS = {
    "DuckDB": lambda folder: duckdb.sql(f"from '{folder}/*.parquet'").pl(),
    "DuckDB by name": lambda folder: duckdb.sql(f"from read_parquet('{folder}/*', union_by_name = true)").pl(),
    "pyarrow": lambda folder: pl.from_arrow(pq.read_table(folder)),
    "pandas": lambda folder: pl.from_pandas(pd.read_parquet(folder)),
    "polars": lambda folder: pl.read_parquet(f"{folder}/*.parquet"),
}


def read(folder, january, february):
    Path(folder).mkdir()
    pq.write_table(pa.table(january), f"{folder}/2025-01.parquet")
    pq.write_table(pa.table(february), f"{folder}/2025-02.parquet")
    print(folder)
    for name, reader in READERS.items():
        try:
            frame = reader(folder)
            print(f"  {name:14} {frame['kwh'].sum()} kWh,", *frame.columns)
        except (pa.ArrowInvalid, pl.exceptions.PolarsError) as error:
            print(f"  {name:14} {type(error).__name__}")


read("a battery from February", {"kwh": [1.0, 2.0]}, {"kwh": [0.75, 0.75], "exported": [0.5, 0.5]})
read("whole numbers in January", {"kwh": [1, 2]}, {"kwh": [0.75, 0.75]})
PYTHON
seen "$python" script.py <<'SEEN'
a battery from February
  DuckDB         4.5 kWh, kwh
  DuckDB by name 4.5 kWh, kwh exported
  pyarrow        4.5 kWh, kwh
  pandas         4.5 kWh, kwh
  polars         SchemaError
whole numbers in January
  DuckDB         5 kWh, kwh
  DuckDB by name 4.5 kWh, kwh
  pyarrow        ArrowInvalid
  pandas         ArrowInvalid
  polars         SchemaError
SEEN
