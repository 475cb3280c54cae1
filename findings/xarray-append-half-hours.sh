#!/usr/bin/env bash
# Half-hourly readings appended to a zarr store of hourly ones: xarray warns that it writes their times in minutes
# "instead", and does, but the store still says hours. What comes back of 2 January lies in March and April, without an error.
source "$(dirname "$0")/environment.sh"
packages xarray==2026.9.0 zarr==3.1.6 pandas==3.1.1
cat >script.py <<'PYTHON'
import warnings

import numpy as np
import pandas as pd
import xarray as xr


def power(begin, number, frequency):
    times = pd.date_range(begin, periods=number, freq=frequency)
    return xr.Dataset({"kw": ("time", np.ones(number))}, {"time": times})


power("2025-01-01", 24, "1h").to_zarr("house.zarr", consolidated=False)
second = power("2025-01-02", 48, "30min")
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    second.to_zarr("house.zarr", append_dim="time", consolidated=False)
print("said:", *(str(warning.message).split(". ")[1] for warning in caught))
store = xr.open_zarr("house.zarr", consolidated=False)
for name, times in (("appended", second.time), ("read back", store.time[24:])):
    print(f"{name:9} {times.size} times:", *times.values[[0, 1, -1]].astype("datetime64[m]"))
print("in the store:", store.time.encoding["units"])
PYTHON
seen "$python" script.py <<'SEEN'
said: Serializing with units 'minutes since 2025-01-01' instead
appended  48 times: 2025-01-02T00:00 2025-01-02T00:30 2025-01-02T23:30
read back 48 times: 2025-03-02T00:00 2025-03-03T06:00 2025-04-29T18:00
in the store: hours since 2025-01-01 00:00:00
SEEN
