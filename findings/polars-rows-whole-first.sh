#!/usr/bin/env bash
# A polars DataFrame of rows (dicts or tuples, as an API or a database cursor gives them) takes its types from the first 100:
# after 100 whole numbers 0.75 becomes 0, and a key that begins later is left out, as read_ndjson does with one. The
# same values by columns are refused with an error; infer_schema_length=None reads them all.
source "$(dirname "$0")/environment.sh"
packages polars==2.1.0
cat >script.py <<'PYTHON'
import io
import json

import polars as pl

rows = [{"kwh": 0}] * 100 + [{"kwh": 0.75, "exported": 0.5}] * 4
lines = "\n".join(json.dumps({**row, "kwh": 0.75}) for row in rows).encode()


def show(name, make):
    try:
        frame = make()
        print(f"{name:28} {frame['kwh'].sum()} kWh,", *frame.columns)
    except (TypeError, pl.exceptions.PolarsError) as error:
        print(f"{name:28} {type(error).__name__}")


show("dicts", lambda: pl.DataFrame(rows))
show("dicts, all of them looked at", lambda: pl.DataFrame(rows, infer_schema_length=None))
show("tuples", lambda: pl.DataFrame([(row["kwh"],) for row in rows], schema=["kwh"], orient="row"))
show("a column", lambda: pl.DataFrame({"kwh": [row["kwh"] for row in rows]}))
show("JSON lines, a late key", lambda: pl.read_ndjson(io.BytesIO(lines)))
PYTHON
seen "$python" script.py <<'SEEN'
dicts                        0 kWh, kwh
dicts, all of them looked at 3.0 kWh, kwh exported
tuples                       0 kWh, kwh
a column                     TypeError
JSON lines, a late key       78.0 kWh, kwh
SEEN
