#!/usr/bin/env bash
# fill_gaps of utilsforecast is to add the days that are missing. Of days of the local clock in pandas it moves every day to
# one or two o'clock and leaves out every value: no gap is filled, all days are empty. The same days in polars are right, and
# hours are in both.
source "$(dirname "$0")/environment.sh"
packages utilsforecast==0.2.17 pandas==3.1.1 polars==2.1.0 pyarrow==26.0.1 numpy==2.4.6 tzdata==2026.6
cat >script.py <<'PYTHON'
import pandas as pd
import polars as pl
from utilsforecast.preprocessing import fill_gaps

days = pd.date_range("2025-03-28", "2025-04-01", freq="D", tz="Europe/Berlin").delete(1)
daily = pd.DataFrame({"unique_id": "0042", "ds": days, "y": [10.0, 12.0, 13.0, 14.0]})
for name, filled in (
    ("given ", daily),
    ("pandas", fill_gaps(daily, freq="D")),
    ("polars", fill_gaps(pl.from_pandas(daily), freq="1d").to_pandas()),
):
    print(name, ", ".join(f"{at:%d %B %H:%M} {kwh:g} kWh" for at, kwh in zip(filled["ds"], filled["y"])))
PYTHON
seen "$python" script.py <<'SEEN'
given  28 March 00:00 10 kWh, 30 March 00:00 12 kWh, 31 March 00:00 13 kWh, 01 April 00:00 14 kWh
pandas 28 March 01:00 nan kWh, 29 March 01:00 nan kWh, 30 March 01:00 nan kWh, 31 March 02:00 nan kWh, 01 April 02:00 nan kWh
polars 28 March 00:00 10 kWh, 29 March 00:00 nan kWh, 30 March 00:00 12 kWh, 31 March 00:00 13 kWh, 01 April 00:00 14 kWh
SEEN
