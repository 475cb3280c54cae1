#!/usr/bin/env bash
# A meter in New York writes its two hours from one to two as EDT and EST. polars' %Z takes a name of any zone and forgets it:
# both are one moment, and with a time zone asked for, 01:00 UTC, four or five hours early. DuckDB's %Z goes by the name.
source "$(dirname "$0")/environment.sh"
packages polars==2.1.0 duckdb==2.0.1 pytz==2026.2
cat >script.py <<'PYTHON'
import duckdb
import polars as pl

STAMPS = ["2025-11-02 01:00 EDT", "2025-11-02 01:00 EST", "2025-11-02 01:00 UTC"]
FORM = "%Y-%m-%d %H:%M %Z"
stamps = pl.Series(STAMPS)
plain = stamps.str.to_datetime(FORM)
print("polars:", plain.dtype, plain.n_unique(), "moment")
print("polars, UTC:", *(f"{moment:%H:%M}" for moment in stamps.str.to_datetime(FORM, time_zone="UTC")))
duckdb.sql("SET TimeZone = 'UTC'")
for text in STAMPS[1:]:
    (row,) = duckdb.sql(f"SELECT strftime(strptime('{text}', '{FORM}'), '%H:%M')").fetchall()
    print("DuckDB:", text[-3:], *row)
PYTHON
seen "$python" script.py <<'SEEN'
polars: Datetime(time_unit='us', time_zone=None) 1 moment
polars, UTC: 01:00 01:00 01:00
DuckDB: EST 06:00
DuckDB: UTC 01:00
SEEN
