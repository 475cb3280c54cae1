"""What a build does about one fault: each probe uses what both builds offer, and says what it saw.

``python benchmarks/fault_probes`` lists the faults; with a number it tries one. `faults.py` beside
this folder tries all of them with two builds.
"""

import sys

import access
import ends
import results
from builds import FAULTS

ROOMS = results, access, ends  # each has put its probes into FAULTS

if len(sys.argv) > 1:
    print(FAULTS[sys.argv[1]][1]())
else:
    for number, (what, _) in FAULTS.items():
        print(f"{number}\t{what}")
