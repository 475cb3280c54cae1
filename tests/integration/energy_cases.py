"""Files of meters whose energy is known by plain arithmetic, for the tests of a whole run."""

import datetime as dt
import itertools
import zoneinfo
from dataclasses import dataclass, field

BERLIN = zoneinfo.ZoneInfo("Europe/Berlin")


@dataclass
class Case:
    """A meter's file, and what is in it by plain arithmetic."""

    text: str
    parameters: dict
    days: dict
    """Net energy by local day [kWh]."""
    export: float = 0.0
    """Fed in [kWh]."""
    time_zone: str = ""
    households: dict = field(default_factory=dict)
    """Net energy by household [kWh], where there are several."""

    @property
    def net(self):
        return sum(self.days.values())


def stamps(start, count, minutes):
    first = dt.datetime.fromisoformat(start)
    return [first + dt.timedelta(minutes=minutes * n) for n in range(count)]


def lines(header, rows):
    return "\n".join([header, *rows]) + "\n"


def with_a_hole():
    minutes = stamps("2025-01-15 00:00", 2 * 1440, 1)
    kept = [t for t in minutes if not (t.day == 15 and 9 <= t.hour < 12)]
    text = lines("t,P [W]", [f"{t:%Y-%m-%d %H:%M},{500 if t.day == 15 else 250}" for t in kept])
    days = {"2025-01-15": 21 * 0.5, "2025-01-16": 24 * 0.25}
    return Case(text, {"columns": {"timestamp": "t", "power_consumption": "P [W]"}}, days)


def at_the_change_of_the_clock(day, hours):
    """Quarter-hours of three local days in kWh, each day with an energy of its own."""
    start = dt.datetime.combine(day - dt.timedelta(days=1), dt.time(), BERLIN)
    quarters = (24 + hours + 24) * 4
    utc = [start.astimezone(dt.UTC) + dt.timedelta(minutes=15 * n) for n in range(quarters)]
    local = [t.astimezone(BERLIN) for t in utc]
    kwh = {t.date(): 0.1 * (t.date() - start.date()).days + 0.125 for t in local}
    text = lines("t;kWh", [f"{t:%d.%m.%Y %H:%M};{kwh[t.date()]}" for t in local])
    days = {d.isoformat(): value * 4 * (hours if d == day else 24) for d, value in kwh.items()}
    parameters = {
        "columns": {"timestamp": "t", "power_consumption": "kWh"},
        "timestamp_format": "%d.%m.%Y %H:%M",
        "time_zone": "Europe/Berlin",
    }
    return Case(text, parameters, days, time_zone="Europe/Berlin")


def both_directions(*, counts):
    rows, drawn, fed_in = [], 5000.0, 10.0
    for t in stamps("2025-06-01 00:00", 97 if counts else 96, 30):
        if counts:
            rows.append(f"{t:%Y-%m-%d %H:%M},{drawn:.3f},{fed_in:.3f}")
        else:
            rows.append(f"{t:%Y-%m-%d %H:%M},0.25,{0.4 if 9 <= t.hour < 17 else 0}")
        drawn += 0.25
        fed_in += 0.4 if 9 <= t.hour < 17 else 0
    text = lines("t,Import kWh,Export kWh", rows)
    columns = {"timestamp": "t", "power_consumption": "Import kWh", "export": "Export kWh"}
    parameters = {"columns": columns} | ({"quantity": "counter"} if counts else {})
    net = 48 * 0.25 - 16 * 0.4
    days = {"2025-06-01": net, "2025-06-02": net}
    return Case(text, parameters, days, export=2 * 16 * 0.4)


def unsteady():
    """Steps of 6 to 9 s, each with a power of its own."""
    times, powers = [dt.datetime(2025, 3, 1)], []
    while len(times) < 2000:
        times.append(times[-1] + dt.timedelta(seconds=6 + len(times) * 7 % 4))
    powers = [1000 + n * 13 % 700 for n in range(len(times))]
    steps = [(b - a).total_seconds() for a, b in itertools.pairwise(times)]
    usual = max(set(steps[-8:]), key=lambda s: (steps[-8:].count(s), -s))
    kwh = sum(p * s for p, s in zip(powers, [*steps, usual], strict=True)) / 3.6e6
    text = lines("t,W", [f"{t:%Y-%m-%d %H:%M:%S},{p}" for t, p in zip(times, powers, strict=True)])
    return Case(
        text, {"columns": {"timestamp": "t", "power_consumption": "W"}}, {"2025-03-01": kwh}
    )


def newest_first_and_twice():
    rows = [f"{t:%Y-%m-%dT%H:%M}Z,{100 + t.hour}" for t in stamps("2025-02-01 00:00", 48, 60)]
    text = lines("t,W", [*reversed(rows), *rows[10:30]])
    day = sum(100 + hour for hour in range(24)) / 1000
    parameters = {"columns": {"timestamp": "t", "power_consumption": "W"}}
    return Case(text, parameters, {"2025-02-01": day, "2025-02-02": day})


def past_midnight():
    """Readings of four hours that stand across the midnights of a zone with half an hour."""
    rows = [f"{t:%Y-%m-%dT%H:%M}Z,600" for t in stamps("2025-02-01 00:00", 12, 240)]
    parameters = {"columns": {"timestamp": "t", "power_consumption": "W"}}
    days = {"2025-02-01": 0.6 * 18.5, "2025-02-02": 0.6 * 24, "2025-02-03": 0.6 * 5.5}
    return Case(lines("t,W", rows), parameters, days, time_zone="Asia/Kolkata")


def several_households():
    rows = [
        f"{t:%Y-%m-%d %H:%M},{name},{watts}"
        for t in stamps("2025-02-01 00:00", 48, 60)
        for name, watts in (("flat 1", 300), ("flat 2", 120), ("pv", -200))
    ]
    columns = {"timestamp": "t", "household_id": "home", "power_consumption": "W"}
    own = {"flat 1": 48 * 0.3, "flat 2": 48 * 0.12, "pv": -48 * 0.2}
    days = dict.fromkeys(["2025-02-01", "2025-02-02"], 24 * 0.22)
    text = lines("t,home,W", rows)
    return Case(text, {"columns": columns}, days, export=48 * 0.2, households=own)


def changes_only():
    rows = ["2025-02-01T06:00Z,1000", "2025-02-01T06:02Z,40", "2025-02-01T22:00Z,500"]
    rows += ["2025-02-02T02:00Z,0", "2025-02-02T20:00Z,60"]
    parameters = {
        "columns": {"timestamp": "t", "power_consumption": "W"},
        "holds_until_next": True,
    }
    first = 2 / 60 + 0.04 * (16 - 2 / 60) + 0.5 * 2
    return Case(lines("t,W", rows), parameters, {"2025-02-01": first, "2025-02-02": 0.5 * 2})


CASES = {
    "a hole": with_a_hole(),
    "autumn": at_the_change_of_the_clock(dt.date(2025, 10, 26), 25),
    "spring": at_the_change_of_the_clock(dt.date(2025, 3, 30), 23),
    "both directions": both_directions(counts=False),
    "registers of both directions": both_directions(counts=True),
    "unsteady steps": unsteady(),
    "newest first and twice": newest_first_and_twice(),
    "past midnight": past_midnight(),
    "several households": several_households(),
    "changes only": changes_only(),
}
