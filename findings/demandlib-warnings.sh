#!/usr/bin/env bash
# demandlib's standard load profiles switch every warning of the process to an error, and leave it so: a harmless
# deprecation in code that has nothing to do with it raises afterwards.
source "$(dirname "$0")/environment.sh"
packages demandlib==0.2.2 pandas==2.3.3
cat >script.py <<'PYTHON'
import warnings

from demandlib import bdew


def warn():
    try:
        warnings.warn("old name", DeprecationWarning)
    except DeprecationWarning as error:
        return f"raised {type(error).__name__}"
    return "went on"


print("before:", warn())
profile = bdew.ElecSlp(2023)
print("after: ", warn())
print("filter:", warnings.filters[0][0], warnings.filters[0][2].__name__)
PYTHON
seen "$python" -W ignore script.py <<'SEEN'
before: went on
after:  raised DeprecationWarning
filter: error Warning
SEEN
