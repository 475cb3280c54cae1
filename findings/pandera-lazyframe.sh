#!/usr/bin/env bash
# pandera's check of a polars LazyFrame passes whatever the values are: ranges and uniqueness are tried of a DataFrame
# alone, of a LazyFrame the names and types of the columns, and its validate() returns without a word on the rest.
# With coerce=True a column of kWh declared as whole numbers is cut to them, 0.75 to 0, and passes.
source "$(dirname "$0")/environment.sh"
packages pandera==0.35.0 polars==2.1.0 pandas==3.1.1
cat >script.py <<'PYTHON'
import warnings

warnings.simplefilter("error")
import pandera.polars as pa
import polars as pl

schema = pa.DataFrameSchema({
    "meter": pa.Column(str, unique=True),
    "kwh": pa.Column(float, pa.Check.in_range(0, 100)),
})
rows = {"meter": ["a", "a"], "kwh": [-5.0, 4294967.295]}
for frame in (pl.DataFrame(rows), pl.LazyFrame(rows)):
    try:
        passed = schema.validate(frame, lazy=True).lazy().collect().rows()
        print(f"{type(frame).__name__}: passes, {passed}")
    except pa.errors.SchemaErrors as error:
        print(f"{type(frame).__name__}: {len(error.schema_errors)} faults")
whole = pa.DataFrameSchema({"kwh": pa.Column(pl.Int64, coerce=True)})
print("coerced:", whole.validate(pl.DataFrame({"kwh": [0.75, 1.7, -0.5]}))["kwh"].to_list())
PYTHON
seen "$python" script.py <<'SEEN'
DataFrame: 2 faults
LazyFrame: passes, [('a', -5.0), ('a', 4294967.295)]
coerced: [0, 1, 0]
SEEN
