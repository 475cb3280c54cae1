"""Files as portals of many countries write them, in small, and their energy day by day."""

import datetime as dt
from zoneinfo import ZoneInfo


def starts(day, count, minutes, zone="UTC"):
    """Return starts of intervals from a local midnight on, as the zone's clock shows them."""
    first = dt.datetime.fromisoformat(day).replace(tzinfo=ZoneInfo(zone)).astimezone(dt.UTC)
    step = dt.timedelta(minutes=minutes)
    return [(first + n * step).astimezone(ZoneInfo(zone)) for n in range(count)]


def later(stamp, minutes):
    """Return the moment some minutes after a stamp, on the stamp's own clock."""
    return (stamp.astimezone(dt.UTC) + dt.timedelta(minutes=minutes)).astimezone(stamp.tzinfo)


def rows(header, stamps, line):
    """Return a file: a header, and what a function makes of each stamp."""
    return header + "\n" + "".join(f"{line(t)}\n" for t in stamps)


SPRING = starts("2025-03-09", 92, 15, "America/Los_Angeles")  # 23 hours
AUTUMN = starts("2025-10-26", 25, 60, "Europe/Copenhagen")
WINTER = starts("2025-01-15", 48, 30)
FLUVIUS = (
    "Van (datum);Van (tijdstip);Tot (datum);Tot (tijdstip);EAN-code;Register;Volume;Eenheid;"
    "Validatiestatus;Omschrijving"
)

PORTALS = {
    "a last column that is never filled, below lines on the customer": (
        rows(
            'Name,JANE DOE\nAddress,"1 MAIN ST, SAN JOSE CA"\nService,Service 1\n\n'
            "TYPE,DATE,START TIME,END TIME,IMPORT (kWh),EXPORT (kWh),COST,NOTES",
            SPRING,
            lambda t: f"Electric usage,{t:%Y-%m-%d,%H:%M},{later(t, 14):%H:%M},0.3,0.1,$0.05,",
        ),
        {"time_zone": "America/Los_Angeles"},
        {"2025-03-09": 92 * 0.2},
        9.2,
    ),
    "day and night in both directions, and a remark that is never there": (
        rows(
            FLUVIUS,
            starts("2025-01-10", 3, 24 * 60),
            lambda t: "\n".join(
                f"{t:%d-%m-%Y};00:00:00;{later(t, 1440):%d-%m-%Y};00:00:00;541448860000000001;"
                f"{register};{kwh};kWh;Uitgelezen;"
                for register, kwh in (
                    ("Afname Dag", "4,250"),
                    ("Afname Nacht", "3,125"),
                    ("Injectie Dag", "1,000"),
                    ("Injectie Nacht", "0,500"),
                )
            ),
        ),
        {"time_zone": "Europe/Brussels"},
        {f"2025-01-{day}": 5.875 for day in (10, 11, 12)},
        4.5,
    ),
    "a row of units below the header": (
        rows(
            "Zeitstempel;Bezug;Einspeisung\n;kWh;kWh",
            WINTER,
            lambda t: f"{t:%d.%m.%Y %H:%M};0,5;0,125",
        ),
        {"time_zone": "+00:00"},
        {"2025-01-15": 18.0},
        6.0,
    ),
    "a row of units in brackets, of the stamp too": (
        rows(
            "Date and time,Consumption | House\n[dd.MM.yyyy HH:mm],[Wh]",
            WINTER,
            lambda t: f"{t:%d.%m.%Y %H:%M},250",
        ),
        {"time_zone": "+00:00"},
        {"2025-01-15": 12.0},
        None,
    ),
}
"""By what is special in it: the text; what only the owner knows; net kWh a day; kWh fed in."""
