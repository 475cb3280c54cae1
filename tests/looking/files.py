"""Files of meters as portals write them, and the energy of each and of the project's own."""

import csv
import datetime as dt
from pathlib import Path

from energykit.meters import MeterImport, meter_parameters

ROOT = Path(__file__).resolve().parents[2]


def hours(form="%Y-%m-%d %H:%M", *, count=72, day=15):
    start = dt.datetime(2025, 1, day, tzinfo=dt.UTC)
    return [(start + dt.timedelta(hours=n)).strftime(form) for n in range(count)]


FILES = {
    "plain": ("t,power [W]\n" + "".join(f"{t},500\n" for t in hours()), 36.0),
    "energy and comma": ("Datum;Verbruik (kWh)\n" + "".join(f"{t};0,5\n" for t in hours("%d.%m.%Y %H:%M")), 36.0),
    "date and time apart": ("Data;Hora;Consumo kWh\n" + "".join(f"{t};0,5\n" for t in hours("%d/%m/%Y;%H:%M")), 36.0),
    "month first": ("date,usage kWh\n" + "".join(f"{t},0.5\n" for t in hours("%m/%d/%Y %I:%M %p")), 36.0),
    "two-digit year": ("t;kWh\n" + "".join(f"{t};0,5\n" for t in hours("%d.%m.%y %H:%M")), 36.0),
    "unix s": ("ts,P\n" + "".join(f"{1736899200 + 3600 * n},500\n" for n in range(72)), 36.0),
    "unix ms": ("ts,P\n" + "".join(f"{1736899200000 + 3600000 * n},500\n" for n in range(72)), 36.0),
    "12 digits": ("t,P\n" + "".join(f"{t},500\n" for t in hours("%Y%m%d%H%M")), 36.0),
    "14 digits": ("t,P\n" + "".join(f"{t},500\n" for t in hours("%Y%m%d%H%M%S")), 36.0),
    "no header, blanks": ("".join(f"{1736899200 + 3600 * n} 500\n" for n in range(72)), 36.0),
    "lines before": ("Customer;X\nSupplier;Y\nt;kWh\n" + "".join(f"{t};0,5\n" for t in hours()), 36.0),
    "start and end": ("kWh, Start, End\n" + "".join(f"0.5, {a}, {b}\n" for a, b in zip(hours(), hours(count=73)[1:], strict=True)), 36.0),
    "counter": ("time,Import kWh,Export kWh\n" + "".join(f"{t},{5000 + 0.5 * n},{10 + 0.1 * n:.1f}\n" for n, t in enumerate(hours())), 71 * 0.4),
    "phases": ("t,L1,L2,L3\n" + "".join(f"{t},100,200,200\n" for t in hours()), 36.0),
    "households": ("t,household,power W\n" + "".join(f"{t},{h},500\n" for t in hours() for h in "ab"), 72.0),
    "a row a day": ("Date," + ",".join(f"{h:02d}:00 kWh" for h in range(24)) + "\n" + "".join(f"2025-01-1{d}," + ",".join(["0.5"] * 24) + "\n" for d in range(3)), 36.0),
    "numbered intervals": ("Date," + ",".join(map(str, range(1, 97))) + "\n" + "".join(f"2025-01-1{d}," + ",".join(["500"] * 96) + "\n" for d in range(3)), 36.0),
    "a row of totals": ("t;kWh\n" + "".join(f"{t};12\n" for t in hours("%Y-%m-%d", count=72)[::24]) + "Total;36\n", 36.0),
    "a column a meter": ("t,flat 1,flat 2,flat 3\n" + "".join(f"{t},500,500,500\n" for t in hours()), 108.0),
    "hour numbers": ("CUPS;Fecha;Hora;Consumo_kWh\n" + "".join(f"ES1;1{d}/01/2025;{h};0,5\n" for d in range(3, 6) for h in range(1, 25)), 36.0),
    "registers": ("t;kind;kWh\n" + "".join(f"{t};{k};{v}\n" for t in hours() for k, v in (("import", 0.75), ("export", 0.25))), 36.0),
    "nem12": ("100,NEM12,202501170000,A,B\n200,NMI1,E1,E1,E1,N1,M1,KWH,30,20250201\n" + "".join(f"300,2025011{d}," + ",".join(["0.25"] * 48) + ",A,,,,\n" for d in (5, 6, 7)) + "900\n", 36.0),
    "unit in cells": ("time;energy\n" + "".join(f"{t};0,5 kWh\n" for t in hours()), 36.0),
    "a column of units": ("time,value,unit\n" + "".join(f"{t},0.5,kWh\n" for t in hours()), 36.0),
    "tariffs": ("t,laag (kWh),hoog (kWh)\n" + "".join(f"{t},0.2,0.3\n" for t in hours()), 36.0),
    "OBIS codes": ("t;OBIS;kWh\n" + "".join(f"{t};{k};{v}\n" for t in hours() for k, v in (("1.8.0", 0.75), ("2.8.0", 0.25))), 36.0),
    "price first": ("t,Price (ct/kWh),Usage (kWh)\n" + "".join(f"{t},30,0.5\n" for t in hours()), 36.0),
    "letters": ("t;A;B;C;Summe\n" + "".join(f"{t};500;500;500;1500\n" for t in hours()), 108.0),
    "total names the unit": ("d," + ",".join(f"H{h}" for h in range(1, 25)) + ",Total kWh\n" + "".join(f"2025-01-1{d}," + ",".join(["0.5"] * 24) + ",12\n" for d in range(3)), 36.0),
    "end in two columns, id of digits": (
        "from date;from time;to date;to time;EAN;Register;Volume;Unit\n"
        + "".join(
            f"{a};{b};5414488;{k};{v};kWh\n"
            for a, b in zip(hours("%d-%m-%Y;%H:%M:%S"), hours("%d-%m-%Y;%H:%M:%S", count=73)[1:], strict=True)
            for k, v in (("Afname", "0,75"), ("Injectie", "0,25"))
        ), 36.0),
    "tariffs of both directions": ("Datum;Tijd;Verbruik laag (kWh);Verbruik hoog (kWh);Teruglevering laag (kWh);Teruglevering hoog (kWh)\n" + "".join(f"{t};0,5;0,25;0,125;0,125\n" for t in hours("%d-%m-%Y;%H:%M")), 36.0),
    "entrante and saliente": ("CUPS;Fecha;Hora;AE_kWh;AS_kWh\n" + "".join(f"ES1;{d}/02/2025;{h};0,75;0,25\n" for d in range(1, 4) for h in range(1, 25)), 36.0),
    "changes only": ("entity_id,state,last_changed\n" + "".join(f"sensor.power,{w},2025-01-{d}T{t}Z\n" for d in (15, 16, 17) for w, t in ((900, "00:00:00.5"), (300, "00:10:00.5"), (850, "12:00:00.5"))) + "sensor.power,0,2025-01-18T00:00:00.5Z\n", 3 * (0.15 + 0.3 * 71 / 6 + 10.2)),
    "an inverter's counts of today and of its life": ("Time;E-Today (kWh);E-Total (kWh)\n" + "".join(f"{t};{n % 24 / 2};{8412 + n / 2}\n" for n, t in enumerate(hours(count=73))), 36.0),
    "an inverter's count of today": ("Time;E-Today (kWh)\n" + "".join(f"{t};{n % 24 / 2}\n" for n, t in enumerate(hours())), 3 * 11.5),
    "two meters and their total": ("t,flat 1,flat 2,Total\n" + "".join(f"{t},500,500,1000\n" for t in hours()), 72.0),
    "a short day": ("Date," + ",".join(f"H{h} kWh" for h in range(1, 26)) + "\n" + "".join(f"2025-03-{d}," + ",".join([*["0.5"] * n, *[""] * (25 - n)]) + "\n" for d, n in ((29, 24), (30, 23), (31, 25))), 36.0),
    "A+ and A-": ("t;A+ kWh;A- kWh\n" + "".join(f"{t};0,75;0,25\n" for t in hours()), 36.0),
    "a text for no value": ("t;W\n" + "".join(f"{t};{'n/a' if n == 1 else 500}\n" for n, t in enumerate(hours(count=73))), 36.0),
    "readings of a month": ("reading_time,meter_reading_kwh\n" + "".join(f"2025-{m:02d}-01,{1000 + 3 * m}\n" for m in range(1, 13)), 33.0),
}  # fmt: skip
"""Files of 72 hours, and their energy [kWh]."""


def energy(path, parameters):
    given = {name: value for name, value in parameters.items() if name != "scenario"}
    parts = list(MeterImport([path], meter_parameters(**given)).readings())
    return sum((part["power_consumption"] * part["interval_s"]).sum() for part in parts) / 3.6e6


DATA = {
    "tests/legacy/energy_data.csv": "a table: a row a reading",
    "tests/legacy/energy_report.csv": "a table: a row a reading",
    "tests/legacy/analysis_output.pb": "report of this kit, as protobuf messages",
    "data/household/household-2007-04-23.csv": "a table: a row a reading",
}


def energy_of_the_project(name):
    """Return the energy of a file of the project by plain arithmetic [kWh]."""
    with (ROOT / name).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    column = next(c for c in ("power_consumption", "power", "Global_active_power") if c in rows[0])
    watts = [float(row[column]) for row in rows]
    # a row a minute of the house; of the original's ten, a row each 3 s of a household
    return sum(watts) / 60 if column == "Global_active_power" else sum(watts) * 3 / 3.6e6
