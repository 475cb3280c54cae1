#!/usr/bin/env bash
# In SenML (RFC 8428, 4.1) a record may set a new base name, time or unit, which holds from there on: a gateway sends several
# meters in one pack. senml keeps those of the first record: the second meter's register is the first one's, at its time.
source "$(dirname "$0")/environment.sh"
packages senml==0.1.0 attrs==26.1.0
cat >script.py <<'PYTHON'
import json

from senml import SenMLDocument

PACK = """[
  {"bn": "urn:dev:ow:meter-1:", "bt": 1751328000, "bu": "kWh", "n": "energy", "v": 100.5},
  {"n": "energy", "t": 900, "v": 100.75},
  {"bn": "urn:dev:ow:meter-2:", "bt": 1751330000, "n": "energy", "v": 7.25},
  {"bu": "W", "n": "power", "t": 900, "v": 300}
]"""
document = SenMLDocument.from_json(json.loads(PACK))
for record in document.measurements:
    full = record.to_absolute(document.base)
    print(full.name, f"{full.time:.0f}", full.value, full.unit)
PYTHON
seen "$python" script.py <<'SEEN'
urn:dev:ow:meter-1:energy 1751328000 100.5 kWh
urn:dev:ow:meter-1:energy 1751328900 100.75 kWh
urn:dev:ow:meter-1:energy 1751328000 7.25 kWh
urn:dev:ow:meter-1:power 1751328900 300.0 kWh
SEEN
