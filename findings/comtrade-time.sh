#!/usr/bin/env bash
# The package comtrade keeps times as 32-bit floats unless it is asked for double precision: of a fault record at 4,800 Hz,
# the steps of the twentieth minute are 0.122 and 0.244 ms in turn, for a sampling rate of 8,192 or 4,096 Hz, where each is
# 0.208 ms. The record's own configuration has the rate.
source "$(dirname "$0")/environment.sh"
packages comtrade==0.2.0 numpy==2.4.6
cat >script.py <<'PYTHON'
import comtrade
import numpy as np

RATE, MINUTES = 4800, 20
number = RATE * 60 * MINUTES
lines = [
    "STATION,RECORDER,1999", "1,1A,0D", "1,IA,A,,A,0.1,0,0,-32767,32767,400,1,P", "50", "1", f"{RATE},{number}",
    "01/02/2024,00:00:00.000000", "01/02/2024,00:00:00.000000", "BINARY", "1", "",
]
open("fault.cfg", "w", newline="").write("\r\n".join(lines))
samples = np.zeros(number, dtype=[("number", "<i4"), ("time_us", "<i4"), ("ia", "<i2")])
samples["number"] = np.arange(1, number + 1)
samples["time_us"] = np.arange(number) * 1e6 / RATE
samples.tofile("fault.dat")
for precision in ({}, {"use_double_precision": True}):
    record = comtrade.Comtrade(**precision)
    record.load("fault.cfg", "fault.dat")
    time = np.asarray(record.time)
    for name, part in (("first second", time[:RATE]), ("last second", time[-RATE:])):
        steps = np.unique(np.round(np.diff(part.astype(float)) * 1e3, 3))
        print(f"{precision or 'as it is'}, {time.dtype}, {name}: steps of", *steps.tolist(), "ms")
PYTHON
seen "$python" script.py <<'SEEN'
as it is, float32, first second: steps of 0.208 ms
as it is, float32, last second: steps of 0.122 0.244 ms
{'use_double_precision': True}, float64, first second: steps of 0.208 ms
{'use_double_precision': True}, float64, last second: steps of 0.208 ms
SEEN
