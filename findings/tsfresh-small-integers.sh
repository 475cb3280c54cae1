#!/usr/bin/env bash
# Power in whole watts fits into 16 bits. tsfresh reckons in the column's own type: above 255 W the squares of UInt16 wrap around,
# a root mean square of 1,252 W is 209 W, and a fall by 200 W counts as a change of 65,336 W. From 46,341 W on the same squares are
# too large for Int32, whose root mean square may be missing and whose energy below 0. The mean is right in every type.
source "$(dirname "$0")/environment.sh"
packages tsfresh==0.21.2 pandas==2.3.3 numpy==2.4.6
cat >script.py <<'PYTHON'
import pandas as pd
from tsfresh import extract_features

HOUSEHOLD, SCHOOL = [500, 300, 800, 2300], [20000, 50000, 60000, 30000]
ASKED = {"mean": None, "root_mean_square": None, "abs_energy": None, "mean_abs_change": None}
for name, watts, types in (("household", HOUSEHOLD, ("float64", "uint16", "UInt16")), ("school", SCHOOL, ("float64", "int32", "uint32"))):
    for kind in types:
        frame = pd.DataFrame({"meter": 1, "time": range(4), "w": pd.array(watts, dtype=kind)})
        columns = {"column_id": "meter", "column_sort": "time"}
        row = extract_features(frame, **columns, default_fc_parameters=ASKED, n_jobs=0, disable_progressbar=True).iloc[0]
        print(f"{name} {kind}:", *(f"{key} {row[f'w__{key}']:.1f}" for key in ASKED))
PYTHON
seen "$python" script.py <<'SEEN'
household float64: mean 975.0 root_mean_square 1252.0 abs_energy 6270000.0 mean_abs_change 733.3
household uint16: mean 975.0 root_mean_square 209.3 abs_energy 44080.0 mean_abs_change 22445.3
household UInt16: mean 975.0 root_mean_square 209.3 abs_energy 44080.0 mean_abs_change 22445.3
school float64: mean 40000.0 root_mean_square 43011.6 abs_energy 7400000000.0 mean_abs_change 23333.3
school int32: mean 40000.0 root_mean_square nan abs_energy -1189934592.0 mean_abs_change 23333.3
school uint32: mean 40000.0 root_mean_square 43011.6 abs_energy 3105032704.0 mean_abs_change 1431659098.7
SEEN
