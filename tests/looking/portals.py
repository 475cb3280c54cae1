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
    "ids of digits, a product's number, and units in a column of any name": (
        rows(
            "Mittauspisteen tunnus;Tuotteen tyyppi;Resoluutio;Yksikkötyyppi;Lukeman tyyppi;"
            "Alkuaika;Määrä;Laatu",
            starts("2025-01-15", 96, 15, "Europe/Helsinki"),
            lambda t: (
                "643007570000000001;8716867000030;PT15M;kWh;BN01;"
                f"{t.astimezone(dt.UTC):%Y-%m-%dT%H:%M:%SZ};0,125000;OK"
            ),
        ),
        {"time_zone": "Europe/Helsinki"},
        {"2025-01-15": 12.0},
        None,
    ),
    "an id of digits in front, in the hour that is there twice": (
        rows(
            "MålepunktsID;Fra_dato;Til_dato;Mængde;Måleenhed;Kvalitet;Type",
            AUTUMN,
            lambda t: (
                f"571313100000000001;{t:%d-%m-%Y %H:%M:%S};{later(t, 60):%d-%m-%Y %H:%M:%S};"
                "0,5;KWH;Målt;Tidsserie"
            ),
        ),
        {"time_zone": "Europe/Copenhagen"},
        {"2025-10-26": 12.5},
        None,
    ),
    "a unit in the registers' texts": (
        rows(
            "MPRN,Meter Serial Number,Read Value,Read Type,Read Date and End Time",
            WINTER,
            lambda t: "\n".join(
                f"10012345678,00000000023456789,{kw},Active {way} Interval (kW),"
                f"{later(t, 30):%d-%m-%Y %H:%M}"
                for kw, way in ((1.5, "Import"), (0.5, "Export"))
            ),
        ),
        {"time_zone": "+00:00"},
        {"2025-01-15": 24.0},
        12.0,
    ),
    "a meter's both directions beside the house and the sun": (
        rows(
            "Date/Time,Energy Produced (Wh),Energy Consumed (Wh),Exported to Grid (Wh),"
            "Imported from Grid (Wh)",
            WINTER,
            lambda t: f"{t:%m/%d/%Y %H:%M},500,400,250,150",
        ),
        {"time_zone": "+00:00"},
        {"2025-01-15": -4.8},
        12.0,
    ),
    "to the grid before from the grid": (
        rows(
            "Date and time,Energy to grid | House,Energy from grid | House,Consumption | House\n"
            "[dd.MM.yyyy HH:mm],[Wh],[Wh],[Wh]",
            WINTER,
            lambda t: f"{t:%d.%m.%Y %H:%M},125,250,600",
        ),
        {"time_zone": "+00:00"},
        {"2025-01-15": 6.0},
        6.0,
    ),
    "the house and the sun alone": (
        rows(
            "Time,Solar yield (kWh),Self-use (kWh),Home usage (kWh)",
            WINTER,
            lambda t: f"{t:%Y-%m-%d %H:%M},0.25,0.25,0.5",
        ),
        {"time_zone": "+00:00"},
        {"2025-01-15": 12.0},
        12.0,
    ),
    "entities of both directions, and one of the sun": (
        "entity_id,state,last_changed\n"
        + "".join(
            f"sensor.{name},{1000 + step * n},{t:%Y-%m-%dT%H:%M:%SZ}\n"
            for n, t in enumerate(starts("2025-01-15", 25, 60))
            for name, step in (
                ("grid_import", 0.75),
                ("grid_export", 0.25),
                ("solar_production", 1),
            )
        ),
        {"time_zone": "+00:00", "units": {"power_consumption": "kWh"}},
        {"2025-01-15": 12.0},
        6.0,
    ),
    "a register of the total beside those of its tariffs and phases": (
        rows(
            "t;OBIS;kWh",
            WINTER,
            lambda t: "\n".join(
                f"{t:%Y-%m-%d %H:%M};1-0:{code}*255;{kwh}"
                for code, kwh in (("1.8.0", 0.5), ("1.8.1", 0.3), ("1.8.2", 0.2), ("21.8.0", 0.4))
            ),
        ),
        {"time_zone": "+00:00"},
        {"2025-01-15": 24.0},
        None,
    ),
    "a column that says summer or winter time": (
        rows(
            "Datum;Uhrzeit;SZ/WZ;Wert kWh",
            AUTUMN,
            lambda t: f"{t:%d.%m.%Y;%H:%M:%S};{'S' if t.dst() else 'W'};0,5",
        ),
        {"time_zone": "Europe/Berlin"},
        {"2025-10-26": 12.5},
        None,
    ),
    "both directions behind a meter's number, or in other languages": (
        rows(
            "Datum;+A/12345678 [kW];Status;-A/12345678 [kW];Status",
            WINTER,
            lambda t: f"{t:%d.%m.%Y %H:%M};0,5;OK;0,125;OK",
        ),
        {"time_zone": "+00:00"},
        {"2025-01-15": 9.0},
        3.0,
    ),
    "pobór and oddanie": (
        rows(
            "Data;Wartość kWh;Rodzaj",
            WINTER,
            lambda t: f"{t:%Y-%m-%d %H:%M};0,5;pobór\n{t:%Y-%m-%d %H:%M};0,125;oddanie",
        ),
        {"time_zone": "+00:00"},
        {"2025-01-15": 18.0},
        6.0,
    ),
    "Injeção beside Consumo": (
        rows(
            "Data;Hora;Consumo registado, Ativa (kW);Injeção registada, Ativa (kW);Estado",
            WINTER,
            lambda t: f"{t:%Y/%m/%d;%H:%M};0,500;0,125;Real",
        ),
        {"time_zone": "+00:00"},
        {"2025-01-15": 9.0},
        3.0,
    ),
    "the two legs of a split phase, kilowatt-hours in the plural, a sensor that is not there": (
        rows(
            "Time Bucket (America/Chicago),Mains_A (kWhs),Mains_B (kWhs),Solar (kWhs)",
            WINTER,
            lambda t: f"{t:%m/%d/%Y %H:%M:%S},0.25,0.125,No CT",
        ),
        {"time_zone": "+00:00"},
        {"2025-01-15": 18.0},
        None,
    ),
    "three phases in both directions": (
        rows(
            "t,L1 in kWh,L2 in kWh,L3 in kWh,L1 out kWh,L2 out kWh,L3 out kWh",
            WINTER,
            lambda t: f"{t:%Y-%m-%d %H:%M},0.25,0.25,0.125,0.125,0,0",
        ),
        {"time_zone": "+00:00"},
        {"2025-01-15": 24.0},
        6.0,
    ),
    "meters beside a column of remarks": (
        rows(
            "t;remark;flat 1;flat 2;flat 3",
            WINTER,
            lambda t: f"{t:%Y-%m-%d %H:%M};ok;500;250;250",
        ),
        {"time_zone": "+00:00"},
        {"2025-01-15": 24.0},
        None,
    ),
    "a time of day behind another date, of both directions": (
        rows(
            "ESIID,USAGE_DATE,REVISION_DATE,USAGE_START_TIME,USAGE_END_TIME,USAGE_KWH,KIND",
            WINTER,
            lambda t: "\n".join(
                f"10443720000000001,{t:%m/%d/%Y},01/17/2025,{t:%H:%M},{later(t, 30):%H:%M},{kwh},"
                f"{k}"
                for k, kwh in (("Consumption", 0.5), ("Surplus Generation", 0.125))
            ),
        ),
        {"time_zone": "+00:00"},
        {"2025-01-15": 18.0},
        6.0,
    ),
    "blocks of a quarter of an hour by number": (
        "Block Date,Block No,kWh Imp,kWh Exp\n"
        + "".join(f"{d}-Feb-2025,{n},0.25,0.125\n" for d in (27, 28) for n in range(1, 97)),
        {"time_zone": "Asia/Kolkata"},
        {"2025-02-27": 12.0, "2025-02-28": 12.0},
        24.0,
    ),
    "settlement periods of the long day": (
        "SettlementDate,SettlementPeriod,kWh\n"
        + "".join(f"26/10/2025,{n},0.5\n" for n in range(1, 51)),
        {"time_zone": "Europe/London"},
        {"2025-10-26": 25.0},
        None,
    ),
    "records of another kind in front, numbers of ids with zeros": (
        "HDR,ICPHHAB,13.1,TRUS,,MERI,X,20250120,120000,0001,200,202501,I,\n"
        + "".join(
            f"DET,0000012345TR123,0001,RD,06/04/2025,{n},0.250,0.050,0.000,X,,\n"
            for n in range(1, 51)
        ),
        {"time_zone": "Pacific/Auckland", "units": {"power_consumption": "kWh"}},
        {"2025-04-06": 12.5},
        None,
    ),
    "when a row was changed before when it is of": (
        rows(
            "Last modified,Interval start,Peak demand (kW),Energy (kWh)",
            WINTER,
            lambda t: f"{later(t, 1440 + t.hour * 7 % 11):%Y-%m-%d %H:%M},{t:%Y-%m-%d %H:%M},2,0.5",
        ),
        {"time_zone": "+00:00"},
        {"2025-01-15": 24.0},
        None,
    ),
    "gas beside electricity of two tariffs and both directions": (
        rows(
            "read_at,total_gas,electricity1,electricity2,electricity1_returned,electricity2_returned",
            WINTER,
            lambda t: f"{t:%Y-%m-%d %H:%M},2,0.5,0.25,0.125,0.125",
        ),
        {"time_zone": "+00:00", "units": {"power_consumption": "kWh"}},
        {"2025-01-15": 24.0},
        12.0,
    ),
    "the most and the least beside the mean": (
        rows("start,min,max,mean", WINTER, lambda t: f"{t:%Y-%m-%d %H:%M},100,900,500"),
        {"time_zone": "+00:00"},
        {"2025-01-15": 12.0},
        None,
    ),
    "what was used, the sun, and the grid without what was fed in": (
        rows("time,use,solar,import", WINTER, lambda t: f"{t:%Y-%m-%d %H:%M},700,200,600"),
        {"time_zone": "+00:00"},
        {"2025-01-15": 12.0},
        4.8,
    ),
}
"""By what is special in it: the text; what only the owner knows; net kWh a day; kWh fed in."""
