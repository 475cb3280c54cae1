#!/usr/bin/env bash
# Hamilton's cache compares the code of a node, and that of the nodes before it, but not of what they call: a factor is put
# right in a function of another file, or of the same one, and the old energy is returned in a new process, as a success.
# A change of the node itself is seen.
source "$(dirname "$0")/environment.sh"
packages apache-hamilton==1.90.0 pandas==3.1.1 numpy==2.4.6
cat >script.py <<'PYTHON'
import subprocess
import sys
from pathlib import Path

RUN = """
import logging
import energy
from hamilton import driver
logging.disable(logging.CRITICAL)
kept = driver.Builder().with_modules(energy).with_cache(path="cache").build()
print(kept.execute(["energy_kwh"], inputs={"half_hours_kw": 96.0})["energy_kwh"])
"""
ELSEWHERE = """from helper import to_kwh

def energy_kwh(half_hours_kw: float) -> float:
    return to_kwh(half_hours_kw)
"""
ITSELF = "def energy_kwh(half_hours_kw: float) -> float:\n    return half_hours_kw * {}\n"
SAME_FILE = """def _to_kwh(kw):
    return kw * {}

def energy_kwh(half_hours_kw: float) -> float:
    return _to_kwh(half_hours_kw)
"""


def energy(code, factor):
    Path("helper.py").write_text(f"def to_kwh(kw):\n    return kw * {factor}\n")
    Path("energy.py").write_text(code.format(factor))
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", RUN], capture_output=True, text=True, check=True)
    return f"{done.stdout.split()[-1]} kWh"


# 96 half-hours at 1 kW: taken for hours, then put right.
for name, code in {
    "in the node itself": ITSELF,
    "in a function of another file": ELSEWHERE,
    "in one of the same file": SAME_FILE,
}.items():
    print(f"the factor {name}: {energy(code, 1.0)}, put right {energy(code, 0.5)}")
PYTHON
seen "$python" -W ignore script.py <<'SEEN'
the factor in the node itself: 96.0 kWh, put right 48.0 kWh
the factor in a function of another file: 96.0 kWh, put right 96.0 kWh
the factor in one of the same file: 96.0 kWh, put right 96.0 kWh
SEEN
