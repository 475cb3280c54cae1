#!/usr/bin/env bash
# Delta Lake refuses what does not fit a table's columns, says its documentation. delta-rs converts it, and does not round:
# 0.75 kWh written to a table of whole kWh is 0, with every way of writing, also where the table is overwritten and where
# the schema is to be merged; the meter "0042" becomes 42. pyarrow refuses to convert the same rows.
source "$(dirname "$0")/environment.sh"
packages deltalake==1.6.6 pyarrow==26.0.1
cat >script.py <<'PYTHON'
import pyarrow as pa
from deltalake import DeltaTable, write_deltalake

OLD = pa.table({"meter": [42], "kwh": [1]})
NEW = pa.table({"meter": ["0042"], "kwh": [0.75]})


def merge(table):
    merger = table.merge(NEW, "t.meter = 42", source_alias="s", target_alias="t")
    merger.when_matched_update_all().execute()


WAYS = {
    "append": lambda table: write_deltalake(table, NEW, mode="append"),
    "append, schema merged": lambda table: write_deltalake(table, NEW, mode="append", schema_mode="merge"),
    "overwrite": lambda table: write_deltalake(table, NEW, mode="overwrite"),
    "merge": merge,
    "update": lambda table: table.update(new_values={"kwh": 0.75}),
}
for number, (name, write) in enumerate(WAYS.items()):
    path = f"table{number}"
    write_deltalake(path, OLD)
    write(DeltaTable(path))
    rows = sorted(tuple(row.values()) for row in DeltaTable(path).to_pyarrow_table().to_pylist())
    print(f"{name}: {rows}")

try:
    NEW.cast(OLD.schema)
except pa.ArrowInvalid as error:
    print("pyarrow:", error)
PYTHON
seen "$python" script.py <<'SEEN'
append: [(42, 0), (42, 1)]
append, schema merged: [(42, 0), (42, 1)]
overwrite: [(42, 0)]
merge: [(42, 0)]
update: [(42, 0)]
pyarrow: Float value 0.750000 was truncated converting to int64
SEEN
