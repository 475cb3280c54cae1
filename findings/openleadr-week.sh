#!/usr/bin/env bash
# openleadr sends and reads the durations of OpenADR's events. A week, P1W of RFC 5545, is read as no time at all, an event
# that is open-ended (no time at all) is written as "P", and 1.5 s as one second; "P" is what no other reader takes.
source "$(dirname "$0")/environment.sh"
packages openleadr==0.5.36 isodate==0.7.2
cat >script.py <<'PYTHON'
from datetime import timedelta

import isodate
from openleadr.utils import parse_duration, timedeltaformat


def as_isodate(text):
    try:
        return isodate.parse_duration(text)
    except isodate.ISO8601Error as error:
        return f"refused, {type(error).__name__}"


for text in ("PT15M", "P7D", "P1W", "P2W"):
    print(f"{text}: read as {parse_duration(text)}, isodate {as_isodate(text)}")
for duration in (timedelta(minutes=15), timedelta(0), timedelta(seconds=1.5), timedelta(days=-1, hours=23)):
    text = timedeltaformat(duration)
    print(f"{duration}: written as {text}, read back as {parse_duration(text)}, isodate {as_isodate(text)}")
PYTHON
seen "$python" script.py <<'SEEN'
PT15M: read as 0:15:00, isodate 0:15:00
P7D: read as 7 days, 0:00:00, isodate 7 days, 0:00:00
P1W: read as 0:00:00, isodate 7 days, 0:00:00
P2W: read as 0:00:00, isodate 14 days, 0:00:00
0:15:00: written as PT15M, read back as 0:15:00, isodate 0:15:00
0:00:00: written as P, read back as 0:00:00, isodate refused, ISO8601Error
0:00:01.500000: written as PT1S, read back as 0:00:01, isodate 0:00:01
-1 day, 23:00:00: written as P-1DT23H, read back as 0:00:00, isodate refused, ISO8601Error
SEEN
