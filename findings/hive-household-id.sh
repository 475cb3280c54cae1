#!/usr/bin/env bash
# A data set in folders by household, household=0042/…, as pandas, polars and DuckDB write them. pandas and pyarrow read the
# names back as whole numbers where all of them look so, and polars as decimals, too: household 0042 is 42, 1e3 is 1000.0.
# Which kind comes back hangs on the other households. DuckDB leaves both as they are; polars does with hive_schema.
source "$(dirname "$0")/environment.sh"
packages pandas==3.1.1 pyarrow==26.0.1 polars==2.1.0 duckdb==2.0.1
cat >script.py <<'PYTHON'
import duckdb
import pandas as pd
import polars as pl

for number, households in enumerate((["0042", "7"], ["0042", "b7"], ["1e3", "7"])):
    folder = f"set{number}"
    frame = pd.DataFrame({"household": households, "kwh": [1.0, 2.0]})
    frame.to_parquet(folder, partition_cols=["household"])
    print(households)
    print("  pandas:", [str(name) for name in pd.read_parquet(folder)["household"]])
    print("  polars:", [str(name) for name in pl.read_parquet(f"{folder}/")["household"]])
    rows = duckdb.sql(f"select household from read_parquet('{folder}/*/*', hive_partitioning = true)")
    print("  DuckDB:", [str(name) for (name,) in rows.fetchall()])
declared = pl.scan_parquet("set0/", hive_schema={"household": pl.String}).collect()
print("polars, declared:", declared["household"].to_list())
PYTHON
seen "$python" script.py <<'SEEN'
['0042', '7']
  pandas: ['42', '7']
  polars: ['42', '7']
  DuckDB: ['0042', '7']
['0042', 'b7']
  pandas: ['0042', 'b7']
  polars: ['0042', 'b7']
  DuckDB: ['0042', 'b7']
['1e3', '7']
  pandas: ['1e3', '7']
  polars: ['1000.0', '7.0']
  DuckDB: ['1e3', '7']
polars, declared: ['0042', '7']
SEEN
