#!/usr/bin/env bash
# agate, and with it csvkit, takes a comma for the mark of thousands wherever it stands: a meter's "0,75" kWh is 75, "1,5" is
# 15, without a word. pandas, polars and DuckDB take such a column for text, and one is asked to say what the comma is.
source "$(dirname "$0")/environment.sh"
packages csvkit==2.2.0 agate==1.14.2 duckdb==2.0.1 polars==2.1.0
cat >meter.csv <<'CSV'
time;kWh
2025-07-01 00:00;0,75
2025-07-01 00:15;1,5
2025-07-01 00:30;0,125
CSV
cat >script.sh <<'SHELL'
environment/bin/csvstat --delimiter ';' --columns kWh --sum meter.csv
environment/bin/csvstat --delimiter ';' --columns kWh --sum --locale de_DE meter.csv
environment/bin/csvjson --delimiter ';' meter.csv
echo
environment/bin/python - <<'PYTHON'
import duckdb
import polars

print("polars:", polars.read_csv("meter.csv", separator=";")["kWh"].dtype)
print("DuckDB:", *duckdb.sql("SELECT DISTINCT typeof(kWh) FROM read_csv('meter.csv', delim=';')").fetchall()[0])
PYTHON
SHELL
seen bash script.sh <<'SEEN'
215
2.375
[{"time": "2025-07-01T00:00:00", "kWh": 75.0}, {"time": "2025-07-01T00:15:00", "kWh": 15.0}, {"time": "2025-07-01T00:30:00", "kWh": 125.0}]
polars: String
DuckDB: VARCHAR
SEEN
