#!/usr/bin/env bash
# Where does a load change? ruptures looks at every fifth reading only (its parameter jump), but for KernelCPD: a heater that
# is switched on at half-hour 48 and off at 97 is found at 45 and 50 and at 95 and 100, twice as many changes as there are, or
# at 50 and 95. With jump=1 it is 48 and 97.
source "$(dirname "$0")/environment.sh"
packages ruptures==1.1.10 numpy==2.4.6 scipy==1.17.1
cat >script.py <<'PYTHON'
import numpy as np
import ruptures

noise = np.random.default_rng(0).normal(0, 0.01, 144)
power_kw = np.repeat([0.3, 2.0, 0.3], [48, 49, 47]) + noise
for search in (ruptures.Pelt, ruptures.Binseg, ruptures.Window, ruptures.Dynp):
    wanted = {"n_bkps": 2} if search is ruptures.Dynp else {"pen": 1}
    width = {"width": 20} if search is ruptures.Window else {}
    found = [search(model="l2", **width, **jump).fit(power_kw).predict(**wanted)[:-1] for jump in ({}, {"jump": 1})]
    as_it_is, every = ([int(place) for place in places] for places in found)
    print(f"{search.__name__:9} as it is {as_it_is}, jump=1 {every}")
kernel = ruptures.KernelCPD().fit(power_kw).predict(pen=1)[:-1]
print(f"KernelCPD as it is {[int(place) for place in kernel]}")
PYTHON
seen "$python" script.py <<'SEEN'
Pelt      as it is [45, 50, 95, 100], jump=1 [48, 97]
Binseg    as it is [45, 50, 95, 100], jump=1 [48, 97]
Window    as it is [50, 95], jump=1 [48, 97]
Dynp      as it is [50, 95], jump=1 [48, 97]
KernelCPD as it is [48, 97]
SEEN
