#!/usr/bin/env bash
# DuckDB's "continuous" quantile of a DECIMAL column has no more digits than the column: of 1.0, 2.0, 3.0, 4.0 kWh as
# DECIMAL(4,1) the lower quartile is 1.7, as DOUBLE 1.75. Neither rounds: 1.75 would round to 1.8.
source "$(dirname "$0")/environment.sh"
packages duckdb==2.0.1
cat >script.py <<'PYTHON'
import duckdb

for kind in ("DECIMAL(4,1)", "DECIMAL(6,3)", "DOUBLE"):
    query = f"select quantile_cont(kwh::{kind}, 0.25) from (values (1), (2), (3), (4)) as day(kwh)"
    print(f"{kind:13}", duckdb.sql(query).fetchall()[0][0])
PYTHON
seen "$python" script.py <<'SEEN'
DECIMAL(4,1)  1.7
DECIMAL(6,3)  1.750
DOUBLE        1.75
SEEN
