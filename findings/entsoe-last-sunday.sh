#!/usr/bin/env bash
# ENTSO-E's documents give a begin, an end and a resolution in UTC, days and years are those of the market's clock. entsoe-py steps
# by 24 hours and by firsts of months in UTC: a week-ahead forecast by variable blocks (curve type A03) loses the Sunday on which
# summer time begins, and the capacity of the year 2025 is on 2 January. Of two contracts for the same hour it gives the mean.
source "$(dirname "$0")/environment.sh"
packages entsoe-py==0.8.1 pandas==3.1.1 beautifulsoup4==4.15.0 tzdata==2026.6
cat >script.py <<'PYTHON'
from entsoe import parsers

ZONE = "Europe/Brussels"


def document(begin, end, resolution, values, *parts):
    points = "".join(f"<Point><position>{i}</position><quantity>{v}</quantity></Point>" for i, v in enumerate(values, 1))
    period = f"<timeInterval><start>{begin}</start><end>{end}</end></timeInterval><resolution>{resolution}</resolution>"
    rest = "".join(f"<{name}>{text}</{name.split()[0]}>" for name, text in parts)
    return f"<TimeSeries>{rest}<Period>{period}{points}</Period></TimeSeries>"


WEEKS = {"17 to 23 March": ("2025-03-16T23:00Z", "2025-03-23T23:00Z"), "24 to 30 March": ("2025-03-23T23:00Z", "2025-03-30T22:00Z")}
for week, (begin, end) in WEEKS.items():
    for curve in ("A01", "A03"):
        least, most = (
            document(begin, end, "P1D", [100, 110, 120, 130, 140, 150, 160], ("businessType", kind), ("curveType", curve))
            for kind in ("A60", "A61")
        )
        days = parsers.parse_loads(f"<Document>{least}{most}</Document>", "A31").index.tz_convert(ZONE)
        print(f"week of {week}, {curve}: {len(days)} days, the last one {days[-1]:%A}")

plants = document("2024-12-31T23:00Z", "2025-12-31T23:00Z", "P1Y", [500], ("curveType", "A01"), ("psrType", "B16"))
capacity = parsers.parse_generation(f"<Document>{plants}</Document>").tz_convert(ZONE)
print(f"500 MW of 2025: at {capacity.index[0]:%Y-%m-%d %H:%M}")

common = (("businessType", "A95"), ("flowDirection.direction", "A01"), ("curveType", "A01"))
contracts = "".join(document("2025-07-01T10:00Z", "2025-07-01T11:00Z", "PT60M", [mw], *common) for mw in (100, 50))
reserve = parsers.parse_contracted_reserve(f"<Document>{contracts}</Document>", ZONE, "quantity")
print("contracted, 100 MW and 50 MW:", float(reserve.iloc[0, 0]), "MW")
PYTHON
seen "$python" script.py <<'SEEN'
week of 17 to 23 March, A01: 7 days, the last one Sunday
week of 17 to 23 March, A03: 7 days, the last one Sunday
week of 24 to 30 March, A01: 7 days, the last one Sunday
week of 24 to 30 March, A03: 6 days, the last one Saturday
500 MW of 2025: at 2025-01-02 00:00
contracted, 100 MW and 50 MW: 75.0 MW
SEEN
