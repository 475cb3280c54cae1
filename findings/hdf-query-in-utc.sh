#!/usr/bin/env bash
# A store of meter readings in HDF5, as research data sets are kept, whose times have a zone: pandas reads them back with it,
# and .loc["2025-07-01"] is that day in Berlin. where="index >= '2025-07-01' & …", asked of the same store, is the day in
# UTC: it begins at 02:00. A Timestamp without a zone is taken for UTC, too; one with a zone is right.
source "$(dirname "$0")/environment.sh"
packages pandas==3.1.1 tables==3.11.1 numpy==2.4.6
cat >script.py <<'PYTHON'
import pandas as pd

times = pd.date_range("2025-06-30", periods=72, freq="1h", tz="Europe/Berlin")
# 1 kWh in each hour of 1 July, nothing else.
readings = pd.DataFrame({"kwh": (times.strftime("%d") == "01").astype(float)}, index=times)
readings.index.freq = None
readings.to_hdf("house.h5", key="mains", format="table")
whole = pd.read_hdf("house.h5", "mains")
begin, end = pd.Timestamp("2025-07-01"), pd.Timestamp("2025-07-02")
here, there = begin.tz_localize("Europe/Berlin"), end.tz_localize("Europe/Berlin")
for name, part in {
    "loc": whole.loc["2025-07-01"],
    "where, texts": pd.read_hdf("house.h5", "mains", where="index >= '2025-07-01' & index < '2025-07-02'"),
    "where, Timestamps": pd.read_hdf("house.h5", "mains", where="index >= begin & index < end"),
    "where, with zone": pd.read_hdf("house.h5", "mains", where="index >= here & index < there"),
}.items():
    print(f"{name:18} from {part.index[0]}: {len(part)} hours, {part['kwh'].sum():.0f} kWh")
PYTHON
seen "$python" -W ignore script.py <<'SEEN'
loc                from 2025-07-01 00:00:00+02:00: 24 hours, 24 kWh
where, texts       from 2025-07-01 02:00:00+02:00: 24 hours, 22 kWh
where, Timestamps  from 2025-07-01 02:00:00+02:00: 24 hours, 22 kWh
where, with zone   from 2025-07-01 00:00:00+02:00: 24 hours, 24 kWh
SEEN
