"""Says why, and ends."""

import sys

print("the meter is on fire", file=sys.stderr)
sys.exit(7)
