#!/usr/bin/env bash
# polars and DuckDB take every path for a pattern. A file called "house[1].csv" is not opened where "house1.csv" lies
# beside it: that one is read, without a word. pandas opens the file that was named.
source "$(dirname "$0")/environment.sh"
packages polars==2.1.0 duckdb==2.0.1 pandas==3.1.1
cat >script.py <<'PYTHON'
import duckdb
import pandas as pd
import polars as pl

open("house[1].csv", "w").write("power\n522\n")
open("house1.csv", "w").write("power\n9\n")
print("asked for house[1].csv, which holds 522")
print("pandas             ", pd.read_csv("house[1].csv").power[0])
print("polars             ", pl.read_csv("house[1].csv")["power"][0])
print("polars, glob=False ", pl.read_csv("house[1].csv", glob=False)["power"][0])
print("DuckDB             ", duckdb.sql("from 'house[1].csv'").fetchall()[0][0])
PYTHON
seen "$python" script.py <<'SEEN'
asked for house[1].csv, which holds 522
pandas              522
polars              9
polars, glob=False  522
DuckDB              9
SEEN
