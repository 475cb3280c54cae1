"""``python -m energykit``: the command line."""

from __future__ import annotations

import sys

from energykit.cli import main

if __name__ == "__main__":
    sys.exit(main())
