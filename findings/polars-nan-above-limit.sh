#!/usr/bin/env bash
# To polars a NaN is above every limit, and below none: readings of a meter that was off count as above 5 kW. The maximum
# passes over them, so that the frame has readings above 5 kW and a highest of 3 kW; is_between and clip take neither
# side. numpy and pandas have no NaN above anything; DuckDB has it above everything, and as the maximum.
source "$(dirname "$0")/environment.sh"
packages polars==2.1.0 pandas==3.1.1 duckdb==2.0.1
cat >script.py <<'PYTHON'
import duckdb
import pandas as pd
import polars as pl

power_kw = [1.0, float("nan"), 3.0, float("nan")]
frame = pl.DataFrame({"kw": power_kw})
above = frame.filter(pl.col("kw") > 5).height
print(f"polars: {above} above 5 kW, the highest {frame['kw'].max()} kW;", end=" ")
print(f"{frame['kw'].is_between(5, 1000).sum()} between 5 and 1000; clipped", frame["kw"].clip(0, 5).to_list())
series = pd.Series(power_kw)
print(f"pandas: {(series > 5).sum()} above 5 kW, the highest {series.max()} kW")
rows = duckdb.connect()
values = "unnest(['1', 'nan', '3', 'nan']::double[]) as readings(kw)"
print("DuckDB:", "{} above 5 kW, the highest {} kW".format(
    *rows.execute(f"select count(*) filter (kw > 5), max(kw) from {values}").fetchall()[0]
))
PYTHON
seen "$python" script.py <<'SEEN'
polars: 2 above 5 kW, the highest 3.0 kW; 0 between 5 and 1000; clipped [1.0, nan, 3.0, nan]
pandas: 0 above 5 kW, the highest 3.0 kW
DuckDB: 2 above 5 kW, the highest nan kW
SEEN
