#!/usr/bin/env bash
# The standard deviation of temperatures is a difference of temperatures. pint and numpy give it that unit; pint-pandas,
# for a Series and by groups, gives it degrees Celsius, and in kelvins it is 273.15 larger. Its differences are right.
source "$(dirname "$0")/environment.sh"
packages pint-pandas==0.8.0 pint==0.25.3 pandas==3.1.1 numpy==2.4.6
cat >script.py <<'PYTHON'
import numpy as np
import pandas as pd
import pint_pandas  # noqa: F401

flow = pd.Series([50.0, 52.0, 54.0, 56.0], dtype="pint[degC]")
for name, spread in (
    ("numpy.std of the quantity", np.std(flow.values.quantity, ddof=1)),
    ("Series.std", flow.std()),
    ("groupby.std", flow.groupby([1, 1, 1, 1]).std()[1]),
    ("max - min", flow.max() - flow.min()),
):
    print(f"{name}: {spread.magnitude:.2f} {spread.units}, {spread.to('kelvin').magnitude:.2f} K")
PYTHON
seen "$python" script.py <<'SEEN'
numpy.std of the quantity: 2.58 delta_degree_Celsius, 2.58 K
Series.std: 2.58 degree_Celsius, 275.73 K
groupby.std: 2.58 degree_Celsius, 275.73 K
max - min: 6.00 delta_degree_Celsius, 6.00 K
SEEN
