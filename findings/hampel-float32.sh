#!/usr/bin/env bash
# The package hampel computes in 32 bits whatever it is handed: the "filtered data" of a register that stands at tens of
# MWh differ from the register although no reading was found to be an outlier, and steps of 1 Wh become 0 and 4.
source "$(dirname "$0")/environment.sh"
packages hampel==1.0.2 numpy==2.4.6 pandas==3.1.1
cat >script.py <<'PYTHON'
import numpy as np
from hampel import hampel

register_wh = 40_000_000.0 + np.arange(12)
result = hampel(register_wh, window_size=5)
print("outliers:", result.outlier_indices.tolist(), result.filtered_data.dtype)
print("steps in Wh before:", np.diff(register_wh).astype(int).tolist())
print("steps in Wh after: ", np.diff(result.filtered_data).astype(int).tolist())
PYTHON
seen "$python" script.py <<'SEEN'
outliers: [] float32
steps in Wh before: [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]
steps in Wh after:  [0, 0, 4, 0, 0, 4, 0, 0, 0, 0, 4]
SEEN
