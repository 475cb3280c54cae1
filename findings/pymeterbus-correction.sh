#!/usr/bin/env bash
# An M-Bus record may carry a correction of its value by a power of ten (EN 13757-3, a VIFE of 0x70 to 0x77, or 0x7D for a
# thousand). pymeterbus calls it an unknown enhancement and returns the value without it, a thousand times too large or
# too small. A BCD register of F's, as meters send where there is no value, is -15,151,515 kWh. pymbusparser applies
# the one and has no record for the other.
source "$(dirname "$0")/environment.sh"
packages pymeterbus==0.8.5 pymbusparser==0.5.3
cat >script.py <<'PYTHON'
import json

import meterbus
import pymbusparser

HEADER = bytes.fromhex("08 01 72 78563412 2423 28 02 01 00 0000")


def telegram(record):
    """Return a long frame of one record, with its length and checksum."""
    body = HEADER + bytes.fromhex(record)
    return bytes([0x68, len(body), len(body), 0x68]) + body + bytes([sum(body) & 0xFF, 0x16])


for name, record in (
    ("12345 Wh", "04 03 39300000"),
    ("12345 Wh * 0.001", "04 83 73 39300000"),
    ("12345 Wh * 1000", "04 83 7D 39300000"),
    ("no value, kWh", "0C 06 FFFFFFFF"),
):
    frame = telegram(record)
    wh = json.loads(meterbus.load(frame).to_JSON())["body"]["records"][0]["value"]
    other = [record["value"]["value"] for record in pymbusparser.parse(frame)["records"]]
    print(f"{name:17} pymeterbus {wh} Wh, pymbusparser {' '.join(other) or 'no'} Wh")
PYTHON
seen "$python" script.py <<'SEEN'
12345 Wh          pymeterbus 12345 Wh, pymbusparser 12345 Wh
12345 Wh * 0.001  pymeterbus 12345 Wh, pymbusparser 12.345 Wh
12345 Wh * 1000   pymeterbus 12345 Wh, pymbusparser 12345000 Wh
no value, kWh     pymeterbus -15151515000 Wh, pymbusparser no Wh
SEEN
