#!/usr/bin/env bash
# traces weighs values by the time they hold, and takes that from the local clock: in the night in which summer time
# begins, midnight to six is five hours and counts for six, in autumn it is seven and counts for six. The mean of that
# day is wrong; the same instants in UTC have the right one.
source "$(dirname "$0")/environment.sh"
packages traces==0.7.0 tzdata==2026.6
cat >script.py <<'PYTHON'
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import traces

ZONE = ZoneInfo("Europe/Berlin")


def mean_kw(year, month, day, zone):
    midnight, six, noon = (datetime(year, month, day, hour, tzinfo=ZONE).astimezone(zone) for hour in (0, 6, 12))
    power = traces.TimeSeries({midnight: 1.0, six: 3.0})
    return power.mean(midnight, noon)


# 1 kW from midnight to six, 3 kW from six to noon, of the local clock.
for date, right in (((2025, 3, 30), (5 * 1 + 6 * 3) / 11), ((2025, 10, 26), (7 * 1 + 6 * 3) / 13)):
    print("-".join(map(str, date)), f"Berlin {mean_kw(*date, ZONE):.4f} kW,", end=" ")
    print(f"UTC {mean_kw(*date, UTC):.4f} kW, by hand {right:.4f} kW")
PYTHON
seen "$python" script.py <<'SEEN'
2025-3-30 Berlin 2.0000 kW, UTC 2.0909 kW, by hand 2.0909 kW
2025-10-26 Berlin 2.0000 kW, UTC 1.9231 kW, by hand 1.9231 kW
SEEN
