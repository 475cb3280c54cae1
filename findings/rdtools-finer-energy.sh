#!/usr/bin/env bash
# rdtools' energy_from_power takes means of the hour before each stamp ("right_labeled", its default). Asked for quarter hours,
# it draws a line between those means: an hour of 0 W after one of 1000 W has 375 Wh, the same asked for by hours has none.
source "$(dirname "$0")/environment.sh"
packages rdtools==3.2.1 pandas==3.1.1 numpy==2.4.6
cat >script.py <<'PYTHON'
import pandas as pd
from rdtools import energy_from_power

HOUR = pd.Timedelta("1h")
stamps = pd.date_range("2025-07-01 10:00", periods=4, freq="h", tz="UTC")
means = pd.Series([1000.0, 1000.0, 0.0, 0.0], index=stamps)
hours = energy_from_power(means, "h", HOUR)
quarters = energy_from_power(means, "15min", HOUR)
sums = quarters.resample("h", closed="right", label="right").sum()
for stamp in hours.index:
    print(f"hour to {stamp:%H:%M}  by hours {hours[stamp]:6.1f} Wh  by quarter hours {sums[stamp]:6.1f} Wh")
print("quarter hours to 12:00:", *quarters["2025-07-01 11:15":"2025-07-01 12:00"])
PYTHON
seen "$python" script.py <<'SEEN'
hour to 11:00  by hours 1000.0 Wh  by quarter hours 1000.0 Wh
hour to 12:00  by hours    0.0 Wh  by quarter hours  375.0 Wh
hour to 13:00  by hours    0.0 Wh  by quarter hours    0.0 Wh
quarter hours to 12:00: 187.5 125.0 62.5 0.0
SEEN
