"""Files of further portals and devices: the energy of each interval is in its interval."""

import pytest

from energykit.errors import ArtifactError
from energykit.looking import look
from energykit.meters import MeterImport, meter_parameters
from tests.looking.each_hour import hold_each_hour, weight
from tests.looking.portals import later, rows, starts

HOURS = starts("2025-01-15", 48, 60)
QUARTERS = starts("2025-01-15", 192, 15)


def comma(number):
    return str(number).replace(".", ",")


def of_period(t, first, last):
    """Return the energy of an hour within a period of the day, else 0."""
    return comma(weight(t)) if first <= t.hour < last else "0"


PORTALS = {
    "a column whose name has kilowatt-hours in it, not hours": (
        '"Energy Usage"\n"Meter Number: 222"\n'
        + rows(
            '"Energy consumption time period","Usage(Real energy in kilowatt-hours)","Quality"',
            HOURS,
            lambda t: (
                f'"{t:%Y-%m-%d %H:%M:%S} to {later(t, 60):%Y-%m-%d %H:%M:%S}","{weight(t)}",""'
            ),
        ),
        HOURS,
    ),
    "a meter's number and a duration, behind a dozen lines": (
        "Name,X\nAddress,1 MAIN\nMeter Number,05\n\nReading Start,1/15/2025\nUOM,kWh\n"
        + rows(
            "Meter Number,Date,Start Time,Duration,Consumption,Generation,Net",
            QUARTERS,
            lambda t: (
                f"05,{t.month}/{t.day}/{t.year},{(t.hour + 11) % 12 + 1}:{t:%M}"
                f" {'AM' if t.hour < 12 else 'PM'},15,{weight(t)},0.000,{weight(t)}"
            ),
        ),
        QUARTERS,
    ),
    "three tariffs of Spain": (
        rows(
            "Fecha;Hora;Punta (kWh);Llano (kWh);Valle (kWh)",
            HOURS,
            lambda t: (
                f"{t:%d/%m/%Y};{t.hour + 1};{of_period(t, 10, 14)};{of_period(t, 14, 24)};"
                f"{of_period(t, 0, 10)}"
            ),
        ),
        HOURS,
    ),
    "tariffs before their total": (
        rows(
            "Fecha;Hora;Punta (kWh);Llano (kWh);Valle (kWh);Total (kWh)",
            HOURS,
            lambda t: (
                f"{t:%d/%m/%Y};{t.hour + 1};{of_period(t, 10, 14)};{of_period(t, 14, 24)};"
                f"{of_period(t, 0, 10)};{comma(weight(t))}"
            ),
        ),
        HOURS,
    ),
    "three tariffs of Italy": (
        rows(
            "Data;Ora;F1 (kWh);F2 (kWh);F3 (kWh)",
            HOURS,
            lambda t: (
                f"{t:%d/%m/%Y};{t:%H:%M};{of_period(t, 10, 14)};{of_period(t, 14, 24)};"
                f"{of_period(t, 0, 10)}"
            ),
        ),
        HOURS,
    ),
    "Hochtarif, a tariff's energy and not its price": (
        rows(
            "Zeitstempel;Bezug Hochtarif (kWh);Bezug Niedertarif (kWh);Rücklieferung (kWh)",
            HOURS,
            lambda t: f"{t:%d.%m.%Y %H:%M};{of_period(t, 7, 24)};{of_period(t, 0, 7)};0",
        ),
        HOURS,
    ),
    "P+ and P-": (
        rows(
            "Objekto numeris;Data, valanda;Energijos tipas;Kiekis, kWh",
            HOURS,
            lambda t: (
                f"123;{t:%Y-%m-%d %H:%M};P+;{comma(weight(t))}\n123;{t:%Y-%m-%d %H:%M};P-;0,000"
            ),
        ),
        HOURS,
    ),
    "OBIS codes of load profiles": (
        rows(
            "meteringPointCode,obisCode,startedAt,value,unit,type",
            HOURS,
            lambda t: "\n".join(
                f"LU01,1-1:{code},{t:%Y-%m-%dT%H:%M:%SZ},{kwh},kWh,Actual"
                for code, kwh in (("1.29.0", weight(t)), ("2.29.0", 0))
            ),
        ),
        HOURS,
    ),
    "hours called HE01": (
        rows("Date,HE,kWh", HOURS, lambda t: f"{t:%m/%d/%Y},HE{t.hour + 1:02d},{weight(t)}"),
        HOURS,
    ),
    "hours called 0h": (
        rows("Date;Heure;kWh", HOURS, lambda t: f"{t:%d/%m/%Y};{t.hour}h;{comma(weight(t))}"),
        HOURS,
    ),
    "times such as 00h00": (
        rows("Date;Heure;kWh", HOURS, lambda t: f"{t:%d/%m/%Y};{t:%Hh%M};{comma(weight(t))}"),
        HOURS,
    ),
    "times with Uhr, behind a weekday": (
        rows(
            "Tag;Datum;Uhrzeit;kWh",
            HOURS,
            lambda t: f"Mi;{t:%d.%m.%Y};{t:%H:%M} Uhr;{comma(weight(t))}",
        ),
        HOURS,
    ),
    "hours of Korea": (
        rows(
            "일자,시간,사용량(kWh)", HOURS, lambda t: f"{t:%Y-%m-%d},{t.hour + 1:02d}시,{weight(t)}"
        ),
        HOURS,
    ),
    "a weekday in front of the stamp": (
        rows("When,kWh", HOURS, lambda t: f'"{t:%a, %b %d, %Y %I:%M %p}",{weight(t)}'),
        HOURS,
    ),
    "a number of the contract in front of a quantity": (
        rows(
            "ServiceAgreement,IntervalStart,IntervalEnd,Quantity,UnitOfMeasure",
            QUARTERS,
            lambda t: (
                f"1,{t:%Y-%m-%d %H:%M:%S.000},{later(t, 15):%Y-%m-%d %H:%M:%S.000},{weight(t)},kWh"
            ),
        ),
        QUARTERS,
    ),
    "a number of the contract in front of a nameless value": (
        rows("Contract,When,x,Units", HOURS, lambda t: f"7,{t:%Y-%m-%d %H:%M},{weight(t)},kWh"),
        HOURS,
    ),
    "date and time in digits": (
        rows(
            "Account ID,Meter,Date,Time,Value,Units",
            HOURS,
            lambda t: f"1,2,{t:%Y%m%d,%H%M%S},{weight(t)},KWH",
        ),
        HOURS,
    ),
    "an offset behind UTC": (
        rows("time,kWh", HOURS, lambda t: f"{t:%Y-%m-%d %H:%M} UTC+00:00,{weight(t)}"),
        HOURS,
    ),
    "an offset behind GMT": (
        rows("time,kWh", HOURS, lambda t: f"{later(t, 60):%Y-%m-%d %H:%M:%S} GMT+0100,{weight(t)}"),
        HOURS,
    ),
    "UTC beside local time, in Wh": (
        rows(
            "datetime_utc,datetime_local,kwh,cost_dollars,is_peak",
            HOURS,
            lambda t: (
                f"{t:%Y-%m-%d %H:%M:%S},{later(t, 600):%Y-%m-%d %H:%M:%S},{weight(t)},0.1,false"
            ),
        ),
        HOURS,
    ),
}


@pytest.mark.parametrize("name", PORTALS)
def test_each_interval_of_a_portals_file_is_where_it_begins(file, name):
    text, stamps = PORTALS[name]
    hold_each_hour(look(file(text)), stamps)


def test_a_header_of_many_lines_ends_where_stamps_begin(file):
    lines = "".join(
        f"{t:%d.%m.%Y %H:%M};{comma(1000 + n / 8)};0,5\n" for n, t in enumerate(QUARTERS)
    )
    head = "sep=;\n;SN: 123;SN: 123\n;STP;STP\n;123;123\n;E-Total;Pac\n;Counter;Analog\n"
    seen = look(file(f"{head}dd.MM.yyyy HH:mm;kWh;kW\n{lines}"))
    assert seen.parameters["columns"] == {
        "timestamp": "dd.MM.yyyy HH:mm",
        "power_consumption": "kWh",
    }
    assert sum(seen.kwh_per_day.values()) == pytest.approx(191 / 8)


def test_a_column_a_meter_without_a_meters_name_is_refused_in_words(file):
    path = file("t;;Total\n2025-01-15 00:00;1;1\n2025-01-15 01:00;1;1\n")
    parameters = meter_parameters({"timestamp": "t"}, layout="wide_by_meter")
    with pytest.raises(ArtifactError, match="no column is a meter's"):
        list(MeterImport([path], parameters).readings())
