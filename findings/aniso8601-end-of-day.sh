#!/usr/bin/env bash
# The last quarter hour of a day ends at 24:00, which ISO 8601 has for the end of a day. aniso8601 takes it for the day's
# begin: a day earlier than arrow does, a day has no length, and its last quarter hour is minus 23.75 hours long.
source "$(dirname "$0")/environment.sh"
packages aniso8601==10.0.1 arrow==1.4.0
cat >script.py <<'PYTHON'
import aniso8601
import arrow

for text in ("2025-07-01T23:45:00Z", "2025-07-01T24:00:00Z"):
    print(text, "aniso8601", f"{aniso8601.parse_datetime(text):%d %B %H:%M},", "arrow", f"{arrow.get(text).datetime:%d %B %H:%M}")
for text in ("2025-07-01T00:00Z/2025-07-01T24:00Z", "2025-07-01T00:00Z/PT24H", "2025-07-01T23:45Z/2025-07-01T24:00Z"):
    begin, end = aniso8601.parse_interval(text)
    print(text, f"{(end - begin).total_seconds() / 3600:g} h")
PYTHON
seen "$python" script.py <<'SEEN'
2025-07-01T23:45:00Z aniso8601 01 July 23:45, arrow 01 July 23:45
2025-07-01T24:00:00Z aniso8601 01 July 00:00, arrow 02 July 00:00
2025-07-01T00:00Z/2025-07-01T24:00Z 0 h
2025-07-01T00:00Z/PT24H 24 h
2025-07-01T23:45Z/2025-07-01T24:00Z -23.75 h
SEEN
