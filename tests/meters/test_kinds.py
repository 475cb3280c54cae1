"""The table of kinds in docs/your-data.md: each row is run, and gives what it says."""

import datetime as dt
import gzip
import re
from pathlib import Path

import pytest

from energykit.errors import EnergykitError
from tests.meters.formats import espi, nem12, telegram

PAGE = Path(__file__).resolve().parents[2] / "docs/your-data.md"
W = {"columns": {"timestamp": "t", "power_consumption": "W"}}
KWH = {"columns": {"timestamp": "t", "power_consumption": "kWh"}}
VALUE = {"columns": {"timestamp": "t", "power_consumption": "value"}}
BERLIN = {"time_zone": "Europe/Berlin"}


def stamps(count, minutes=60, start="2025-01-15T00:00", form="%Y-%m-%dT%H:%MZ"):
    first = dt.datetime.fromisoformat(start)
    return [(first + dt.timedelta(minutes=minutes * n)).strftime(form) for n in range(count)]


def table(header, times, *values, separator=","):
    """Return a table with a value of each list in a row; the last value goes on."""
    rows = [
        separator.join([time, *(str(v[min(n, len(v) - 1)]) for v in values)])
        for n, time in enumerate(times)
    ]
    return "\n".join([header, *rows, ""])


def day_of(columns, value="0.5", days=1):
    names = ",".join(str(n + 1) for n in range(columns))
    rows = [f"2025-01-{15 + d}," + ",".join([value] * columns) for d in range(days)]
    return "\n".join([f"Date,{names}", *rows, ""])


HOURS = stamps(24)
WALL = stamps(24, form="%Y-%m-%d %H:%M")
JITTER = [
    "2025-01-15T00:00:00Z",
    "2025-01-15T00:00:06Z",
    "2025-01-15T00:00:13Z",
    "2025-01-15T00:00:21Z",
    "2025-01-15T00:00:27Z",
    "2025-01-15T00:00:33Z",
]
AUTUMN = ["2025-10-26 01:00", "2025-10-26 02:00", "2025-10-26 02:00", "2025-10-26 03:00"]
CHANGES = "t,W\n2025-01-15T00:00Z,100\n2025-01-15T00:01Z,2000\n2025-01-15T03:00Z,60\n2025-01-15T05:00Z,0\n"
DAYS = {
    "columns": {"timestamp": "Date"},
    "layout": "wide_by_time",
    "units": {"power_consumption": "kWh"},
}

KINDS = {
    1: [(table("t,W", HOURS[::-1], [500]), W, 12.0, "order")],
    2: [(table("t,W", HOURS + HOURS[5:9], [500]), W, 12.0, "twice")],
    3: [(table("t,W", JITTER, [3000]), W, 3000 * 39 / 3.6e6, "")],
    4: [(table("t,W", [t for t in stamps(1440, 1) if not "T06:00" <= t[10:16] < "T18:00"], [600]), W, 7.2, "")],
    5: [(CHANGES, W | {"holds_until_next": True}, (100 / 60 + 2000 * (3 - 1 / 60) + 60 * 2) / 1000, "")],
    6: [(table("t,W", ["2025-01-15 00:00", "2025-01-15 23:59", "2025-01-16 00:00", "2025-01-16 23:59", "2025-01-17 00:00"], [500]), W, 0.5 * (48 + 1 / 60), "")],
    7: [(table("t,W,U", HOURS, [500], [230, "", 231]), {"columns": W["columns"] | {"voltage": "U"}}, 12.0, "")],
    8: [(table("t,W", HOURS, [500]), W, 12.0, "")],
    9: [(table("t,kWh", HOURS, [0.5]), KWH, 12.0, "")],
    10: [
        (table("t,kWh", HOURS, [0.5]), KWH | {"units": {"power_consumption": "kW"}}, "says kWh, units say kW", ""),
        (table("t,kWh", HOURS, [0.5]), KWH | {"units": {"power_consumption": "kW"}, "quantity": "power"}, 12.0, "says kWh"),
    ],
    11: [(table("t,W", HOURS, [500]), {"columns": W["columns"] | {"voltage": "W", "current": "W"}}, "cannot be", "")],
    12: [
        (table("t,Import kWh", stamps(5), [9999.0, 9999.5, 0.0, 0.5, 1.0]), {"columns": {"timestamp": "t", "power_consumption": "Import kWh"}}, 2.0, "roll"),
        (table("t,Import kWh", stamps(6), [5000.0, 5000.5, 5001.0, 4711.0, 4711.5, 4712.0]), {"columns": {"timestamp": "t", "power_consumption": "Import kWh"}, "quantity": "counter"}, 2.0, "another meter"),
    ],
    13: [
        (table("t,kWh", stamps(97, 30), [n % 48 / 10 for n in range(97)]), KWH | {"quantity": "counter"}, 2 * 4.7, ""),
        (table("t,kWh", stamps(97, 30), [n % 48 / 10 for n in range(97)]), KWH, None, "counter"),
    ],
    14: [(table("t,in kWh,out kWh", HOURS, [0.5], [0.2]), {"columns": {"timestamp": "t", "power_consumption": "in kWh", "export": "out kWh"}}, 7.2, "")],
    15: [(table("t,T1 kWh,T2 kWh", HOURS, [0.2], [0.3]), {"columns": {"timestamp": "t", "power_consumption": ["T1 kWh", "T2 kWh"]}}, 12.0, "")],
    16: [("t,r,kWh\n" + "".join(f"{t},{r},{v}\n" for t in HOURS for r, v in (("1.8.0", 0.5), ("2.8.0", 0.2))), {"columns": KWH["columns"] | {"register": "r"}, "registers": {"1.8.0": "import", "2.8.0": "export"}}, 7.2, "")],
    17: [*((day_of(n, days=2), DAYS, n * 1.0, "") for n in (24, 48, 96)), (day_of(100).replace(",0.5" * 100, ",0.5" * 96 + "," * 4), DAYS, 48.0, "")],
    18: [(table("t,flat 1,flat 2,flat 3", HOURS, [500], [250], [250]), {"columns": {"timestamp": "t"}, "layout": "wide_by_meter"}, 24.0, "")],
    19: [
        *((table("t,W", [str((1736899200 + 3600 * n) * factor) for n in range(24)], [500]), W | {"timestamp_format": form}, 12.0, "") for form, factor in (("unix", 1), ("unix_ms", 10**3), ("unix_us", 10**6), ("unix_ns", 10**9))),
        (table("t,W", [str(1736899200000 + 3600000 * n) for n in range(24)], [500]), W | {"timestamp_format": "unix"}, "outside 1971", ""),
    ],
    20: [(table("t,kWh", ["2025-01-15 23:30", "2025-01-15 24:00"], [0.25]), KWH, 0.5, "ends of intervals")],
    21: [("Fecha;Hora;kWh\n" + "".join(f"26/10/2025;{h};0,5\n" for h in range(1, 26)), {"columns": {"timestamp": ["Fecha", "Hora"], "power_consumption": "kWh"}, "timestamp_format": "%d/%m/%Y %H", "decimal": ","} | BERLIN, 12.5, "")],
    22: [(table("t,kWh", stamps(7, 1440, form="%Y-%m-%d"), [5]), KWH, 35.0, "")],
    23: [
        (table("t,kWh", ["2025-01-15 00:00 - 00:30", "2025-01-15 01:00 - 01:30"], [0.5]), KWH, 1.0, ""),
        ("from,to,kWh\n2025-01-15 00:00,2025-01-15 00:30,0.5\n2025-01-15 01:00,2025-01-15 01:30,0.5\n", {"columns": {"timestamp": "from", "end": "to", "power_consumption": "kWh"}}, 1.0, ""),
    ],
    24: [
        (table("t,W", AUTUMN, [1000]), W | BERLIN, 4.0, ""),
        (table("t,W", ["2025-10-26 02:15"], [1000]), W | BERLIN | {"step_s": 900}, "exists twice", ""),
    ],
    25: [(table("t,W", ["2025-03-30 01:00", "2025-03-30 02:00", "2025-03-30 03:00"], [1000]), W | BERLIN, 2.0, r"does not exist .*'\+01:00'")],
    26: [(table("2025-01-15 00:00,500", WALL[1:], [500]), {"columns": {"timestamp": 1, "power_consumption": 2}}, 12.0, "no header")],
    27: [("sep=;\nCustomer;X;\n# a remark\n" + table("t;W", WALL, [500], separator=";"), W, 12.0, "header is line 4")],
    28: [(table(" t ; W ;kWh;kWh;", WALL, [500], [1], ["2;"], separator=";"), W, 12.0, ""), (table("t;x;x", WALL, [500], [1], separator=";"), {"columns": {"timestamp": "t", "power_consumption": 2}}, 12.0, "")],
    29: [(table("t;kWh", [*WALL, "Total"], [0.5] * 24 + [12.0], separator=";"), KWH, 12.0, "line 26")],
    30: [(table("t;E", WALL[:2], ["1.234,5 Wh", "2,0 kWh"], separator=";"), {"columns": {"timestamp": "t", "power_consumption": "E"}, "decimal": ",", "thousands": ".", "units": {"power_consumption": "Wh"}}, 3.2345, "")],
    31: [
        (table("t;W", WALL, [500], separator=";").encode("utf-16"), W, 12.0, ""),
        (table("t;W;Tür", WALL, [500], ["ü"], separator=";").encode("cp1252"), W, 12.0, "Windows-1252"),
        (gzip.compress(table("t;W", WALL, [500], separator=";").encode()), W, 12.0, ""),
    ],
    32: [("W\n500\n500\n", {"columns": {"power_consumption": "W"}, "start": "2025-01-15T00:00:00", "step_s": 900}, 0.25, "")],
    33: [(nem12(), {}, 2 * 48 * 0.4, ""), (espi(), {}, 2.0, ""), ("".join(telegram(n) for n in range(5)), {}, 1.6, "")],
}  # fmt: skip
"""By the row's number: a file, what is typed, the energy [kWh] or the refusal, and what is said."""

CASES = [(number, place) for number, cases in KINDS.items() for place in range(len(cases))]


def test_the_table_has_a_row_for_each_kind():
    rows = re.findall(
        r"^\| (\d+) ([^|]+) \| ([^|]+) \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE
    )
    assert [int(number) for number, *_ in rows] == sorted(KINDS) == list(range(1, 34))


@pytest.mark.parametrize(("number", "place"), CASES)
def test_a_row_of_the_table_gives_what_it_says(number, place, imported):
    text, parameters, right, said = KINDS[number][place]
    if isinstance(right, str):
        with pytest.raises(EnergykitError, match=right):
            imported(text, **parameters)
        return
    result = imported(text, **parameters)
    if right is not None:
        assert result.kwh == pytest.approx(right, rel=1e-9)
    notes = [*result.remarks, *(f"{why} (line {line})" for why, _, line in result.left_out)]
    assert re.search(said, " | ".join(notes)), notes
