"""Say in one sentence whether this interpreter can run energykit; exit 1 if not."""

import sys

if not (3, 11) <= sys.version_info[:2] <= (3, 13):
    found = ".".join(map(str, sys.version_info[:3]))
    sys.exit(
        f"energykit needs Python 3.11 to 3.13, this is {found}; choose another: make PYTHON=python3.12 ..."
    )
