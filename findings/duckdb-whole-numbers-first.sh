#!/usr/bin/env bash
# DuckDB takes a column's type from the first 20,480 rows of a CSV file or of JSON lines: a roof's minutes begin with two
# weeks of whole zeros (an inverter that was not yet on), and every decimal after them is rounded to a whole number, the
# yield is a third too high. Of JSON lines, a field that begins after them is left out. No error either way; with
# sample_size = -1 both are right.
source "$(dirname "$0")/environment.sh"
packages duckdb==2.0.1
cat >script.py <<'PYTHON'
import json

import duckdb


def write(zeros):
    rows = [{"minute": minute, "kwh": 0} for minute in range(zeros)]
    rows += [{"minute": zeros + minute, "kwh": 0.75, "exported": 0.5} for minute in range(1000)]
    with open("roof.csv", "w") as table, open("roof.json", "w") as lines:
        table.write("minute,kwh\n")
        for row in rows:
            table.write(f"{row['minute']},{row['kwh']}\n")
            lines.write(json.dumps(row) + "\n")


for zeros in (20_000, 30_000):
    write(zeros)
    for source in (
        "read_csv('roof.csv')",
        "read_csv('roof.csv', sample_size = -1)",
        "read_json('roof.json')",
        "read_json('roof.json', sample_size = -1)",
    ):
        total, kind = duckdb.sql(f"select sum(kwh), any_value(typeof(kwh)) from {source}").fetchall()[0]
        columns = duckdb.sql(f"select * from {source}").columns
        print(f"{zeros} zeros, {source:41} {total} kWh ({kind}),", *columns)
PYTHON
seen "$python" script.py <<'SEEN'
20000 zeros, read_csv('roof.csv')                      750.0 kWh (DOUBLE), minute kwh
20000 zeros, read_csv('roof.csv', sample_size = -1)    750.0 kWh (DOUBLE), minute kwh
20000 zeros, read_json('roof.json')                    750.0 kWh (DOUBLE), minute kwh exported
20000 zeros, read_json('roof.json', sample_size = -1)  750.0 kWh (DOUBLE), minute kwh exported
30000 zeros, read_csv('roof.csv')                      1000 kWh (BIGINT), minute kwh
30000 zeros, read_csv('roof.csv', sample_size = -1)    750.0 kWh (DOUBLE), minute kwh
30000 zeros, read_json('roof.json')                    1000 kWh (BIGINT), minute kwh
30000 zeros, read_json('roof.json', sample_size = -1)  750.0 kWh (DOUBLE), minute kwh exported
SEEN
