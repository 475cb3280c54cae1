#!/usr/bin/env bash
# pecos' check for readings that stand still (check_delta with a lower bound) flags every reading under pandas 3, ramp
# and all, as soon as one hour of the day stands still; under pandas 2 it flags that hour. pecos 1.0.0 asks for no
# upper version of pandas: a stack() that no longer leaves out what is missing makes the difference.
source "$(dirname "$0")/environment.sh"
packages pecos==1.0.0 pandas==2.3.3 numpy==2.4.6
cat >script.py <<'PYTHON'
import warnings

warnings.simplefilter("ignore")
import numpy as np
import pandas as pd
import pecos

# Half-hours of a day: the power climbs by 1 kW each, and stands at 9 kW from 04:30 to 09:30.
power = np.r_[np.arange(10.0), np.full(10, 9.0), np.arange(10.0, 38.0)]
frame = pd.DataFrame({"kW": power}, index=pd.date_range("2025-01-01", periods=48, freq="30min"))
monitor = pecos.monitoring.PerformanceMonitoring()
monitor.add_dataframe(frame)
monitor.check_delta([0.001, None], window=2 * 3600)
print(f"pandas {pd.__version__}")
for row in monitor.test_results.itertuples():
    print(f"  {row[2]:%H:%M} to {row[3]:%H:%M}, {row[4]} of 48 readings: {row[5]}")
PYTHON
cat >script.sh <<'SHELL'
environment/bin/python script.py
environment/bin/python -m pip install --quiet --disable-pip-version-check pandas==3.0.5
environment/bin/python script.py
SHELL
seen bash script.sh <<'SEEN'
pandas 2.3.3
  04:30 to 09:30, 11 of 48 readings: Delta < lower bound, 0.001
pandas 3.0.5
  00:00 to 23:30, 48 of 48 readings: Delta < lower bound, 0.001
SEEN
