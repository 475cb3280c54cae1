#!/usr/bin/env bash
# The standard deviation of a group in dask is made from sums of squares in the column's own width: of the mains frequency in
# 32 bits it is 0 or NaN, of voltages off by a percent, of registers in Wh whatever the rounding leaves, 76 instead of
# 0.8. The same column as a whole has the right one, and so has pandas by groups.
source "$(dirname "$0")/environment.sh"
packages dask==2026.8.0 pandas==3.1.1 pyarrow==26.0.1 numpy==2.4.6
cat >script.py <<'PYTHON'
import dask
import dask.dataframe as dd
import numpy as np
import pandas as pd

dask.config.set(scheduler="synchronous")
minute = np.arange(1440)
day = {
    "mains, Hz, 32 bits": (50 + 0.02 * np.sin(minute / 50)).astype("float32"),
    "mains, Hz, 64 bits": 50 + 0.02 * np.sin(minute / 50),
    "phase, V, 32 bits": (230 + 0.5 * np.sin(minute / 50)).astype("float32"),
    "register, Wh, 64 bits": 4e9 + minute % 3,
}
for name, values in day.items():
    frame = pd.DataFrame({"meter": "a", "value": values})
    parts = dd.from_pandas(frame, npartitions=4)
    groups, in_agg, whole, right = (
        parts.groupby("meter").value.std().compute().item(),
        parts.groupby("meter").value.agg("std").compute().item(),
        float(parts.value.std().compute()),
        frame.groupby("meter").value.std().item(),
    )
    print(f"{name:22} pandas {right:.4f}, dask: whole {whole:.4f}, by meter {groups:.4f}, agg('std') {in_agg:.4f}")
PYTHON
seen "$python" -W ignore script.py <<'SEEN'
mains, Hz, 32 bits     pandas 0.0140, dask: whole 0.0140, by meter 0.0000, agg('std') nan
mains, Hz, 64 bits     pandas 0.0140, dask: whole 0.0140, by meter 0.0140, agg('std') 0.0140
phase, V, 32 bits      pandas 0.3495, dask: whole 0.3495, by meter 0.3469, agg('std') 0.3469
register, Wh, 64 bits  pandas 0.8168, dask: whole 0.8168, by meter 76.3510, agg('std') 76.3510
SEEN
