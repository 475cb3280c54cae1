#!/usr/bin/env bash
# The OBIS codes of a P1 telegram say with their first numbers whose value it is: 0-0 is the meter itself, 0-1 to 0-4 are those
# behind it, 0-0:96.1.1 is its number and 0-1:96.1.0 that of the gas meter. amshan leaves those numbers out: the gas meter's, or
# that of the last meter behind it, is `meter_id` of the electricity, its own is `meter_type`. The letter of the time is dropped too.
source "$(dirname "$0")/environment.sh"
packages amshan==2.1.1 construct==2.10.70
cat >script.py <<'PYTHON'
from han.dlde import DataReadout, decode_p1_readout

ELECTRICITY, GAS, WATER = (name.encode().hex() for name in ("E0040123456", "G0077", "W0099"))
BEHIND = {
    "electricity alone": [],
    "with gas": ["0-1:24.1.0(003)", f"0-1:96.1.0({GAS})", "0-1:24.2.1(251026020000S)(00012.345*m3)"],
    "with gas and water": ["0-1:24.1.0(003)", f"0-1:96.1.0({GAS})", "0-2:24.1.0(007)", f"0-2:96.1.0({WATER})"],
}
for name, lines in BEHIND.items():
    for letter in "SW":
        telegram = ["/KFM5KAIFA-METER", "", f"0-0:1.0.0(251026023000{letter})", f"0-0:96.1.1({ELECTRICITY})"]
        telegram += ["1-0:1.8.1(000012.345*kWh)", *lines, "!", ""]
        read = decode_p1_readout(DataReadout("\r\n".join(telegram).encode()))
        names = (f"{key} {bytes.fromhex(read.get(key, '')).decode() or None}" for key in ("meter_id", "meter_type"))
        moment = read["meter_datetime"]
        print(f"{name}, 02:30 {letter}:", *names, f"{moment:%H:%M}, offset {moment.utcoffset()}")
PYTHON
seen "$python" script.py <<'SEEN'
electricity alone, 02:30 S: meter_id None meter_type E0040123456 02:30, offset None
electricity alone, 02:30 W: meter_id None meter_type E0040123456 02:30, offset None
with gas, 02:30 S: meter_id G0077 meter_type E0040123456 02:30, offset None
with gas, 02:30 W: meter_id G0077 meter_type E0040123456 02:30, offset None
with gas and water, 02:30 S: meter_id W0099 meter_type E0040123456 02:30, offset None
with gas and water, 02:30 W: meter_id W0099 meter_type E0040123456 02:30, offset None
SEEN
