"""Detectors beside naive ones: a household and a reading at a time, everything remembered."""

import inspect
import math
import random
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from itertools import pairwise, takewhile
from pathlib import Path
from statistics import fmean, median

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.energy_analyzer.analysis import Measured, analyse, idle_detectors
from services.energy_analyzer.detectors import DETECTORS, detection_rules

ROOT = Path(__file__).resolve().parents[2]

SCHEMA = {"timestamp": pl.String, "household_id": pl.String} | dict.fromkeys(
    ("power_consumption", "voltage", "current"), pl.Float64
)
MIDNIGHT = datetime(2025, 1, 1, tzinfo=UTC)
DAY_S = 86_400


STEPS_S = st.sampled_from([60, 60, 60, 60, 120, 0, -60, 61, 600, 43_200, 86_400])


@st.composite
def tables(draw):
    """Draw interleaved readings of up to three households, with uneven steps and repeats."""
    clocks, rows = Counter(), []
    for _ in range(draw(st.integers(0, 60))):
        household = draw(st.sampled_from("ABC"))
        clocks[household] += draw(STEPS_S)
        power = draw(st.sampled_from([100.0, 100.0, 120.0, 9000.0, 20.0, -5.0, 151.0]))
        voltage = draw(st.sampled_from([230.0, 230.0, 206.9, 253.1, 0.0]))
        current = draw(st.sampled_from([0.0, 0.4, 0.6, 40.0]))
        rows.append((clocks[household], household, power, voltage, current))
    return rows


def as_readings(rows):
    columns = list(zip(*rows, strict=True)) or [()] * 5
    stamps = [(MIDNIGHT + timedelta(seconds=s)).strftime("%Y-%m-%dT%H:%M:%SZ") for s in columns[0]]
    return pl.LazyFrame(dict(zip(SCHEMA, [stamps, *columns[1:]], strict=True)), schema=SCHEMA)


def flagged(rows, detector, batch_rows=7):
    name = detector if isinstance(detector, str) else detector["name"]
    report = pl.concat(analyse(as_readings(rows), [detector], batch_rows=batch_rows))
    return [name in text.split(";") for text in report["reasons"]]


def naive(rows, judge):
    """Return what a judge of one household's list of (time, power, voltage, current) flags."""
    result = [False] * len(rows)
    for household in {row[1] for row in rows}:
        places = [at for at, row in enumerate(rows) if row[1] == household]
        series = [(rows[at][0], *rows[at][2:]) for at in places]
        for at, flag in zip(places, judge(series), strict=True):
            result[at] = bool(flag)
    return result


def runs(holds, least, lead=0):
    result, begin = [False] * len(holds), None
    for at, hold in enumerate([*holds, False]):
        if hold and begin is None:
            begin = at
        if not hold and begin is not None:
            if at - begin >= least:
                result[begin - lead : at] = [True] * (at - begin + lead)
            begin = None
    return result


def latest(series):
    found, top = [], None
    for time, *_ in series:
        found.append(top)
        top = time if top is None else max(top, time)
    return found


def naive_stuck(series):
    same = [at > 0 and series[at][1:] == series[at - 1][1:] for at in range(len(series))]
    return runs(same, 2, lead=1)


def naive_day_copy(series):
    holds, known = [], {}
    for (time, *values), before in zip(series, latest(series), strict=True):
        is_later = before is None or time > before
        holds.append(is_later and known.get(time - DAY_S) == values)
        if is_later:
            known[time] = values
    return runs(holds, 2)


def usual_step(series):
    pairs = [
        (row[0], before)
        for row, before in zip(series, latest(series), strict=True)
        if before is not None
    ]
    steps = Counter(time - before for time, before in pairs if time > before)
    return min(steps, key=lambda step: (-steps[step], step)) if steps else math.inf


def naive_gap(series):
    """The rule of docs/intervals.md, reading by reading."""
    places = [
        at
        for at, (row, before) in enumerate(zip(series, latest(series), strict=True))
        if before is None or row[0] > before
    ]
    lags = [series[b][0] - series[a][0] for a, b in pairwise(places)]
    flags = [False] * len(series)
    for at, lag in enumerate(lags):
        before, after = lags[:at][::-1][:8], lags[at + 1 :][:8]
        alike = [1.5 * other >= lag for other in before + after]
        usual = 3 * sum(alike) >= len(alike)
        for side in (before[:3], after[:3]):
            usual |= len(side) >= 2 and all(1.5 * other >= lag for other in side)
        rows = [
            sum(1 for _ in takewhile(lambda other: 1.5 * other >= lag, side))  # noqa: B023
            for side in (before, after)
        ]
        usual |= sum(rows) >= 2
        flags[places[at + 1]] = not usual
    return flags


def naive_clock_drift(series):
    step = usual_step(series)
    raster = 1 if step == math.inf else math.gcd(step, 3600)
    phases = [row[0] % raster for row in series]
    counts = Counter(phases)
    usual = min(counts, key=lambda phase: (-counts[phase], phase))
    return [phase != usual for phase in phases]


def naive_hampel(series):
    k, result = 2, [False] * len(series)
    for at in range(k, len(series) - k):
        window = [row[1] for row in series[at - k : at + k + 1]]
        middle = median(window)
        far, spread = abs(series[at][1] - middle), median(abs(x - middle) for x in window)
        result[at] = far > 50 and far > 3 * 1.4826 * spread
    return result


def naive_rate(series):
    result = [False] * len(series)
    before = latest(series)
    for at in range(1, len(series)):
        is_near = 0 <= series[at][0] - before[at] <= 120
        result[at] = is_near and abs(series[at][1] - series[at - 1][1]) > 1000
    return result


def naive_power_factor(series):
    most, least = 1.02, 0.7
    return [
        abs(p) > most * v * (abs(i) + 0.2) or abs(p) < least * v * max(abs(i) - 0.2, 0.0)
        for _, p, v, i in series
    ]


def naive_quantile(series):
    powers = sorted(math.ceil(row[1]) for row in series)
    limit = next(p for at, p in enumerate(powers) if (at + 1) / len(powers) >= 0.9)
    return [row[1] > limit for row in series]


def naive_robust_z(series):
    windows = defaultdict(list)
    for time, power, *_ in series:
        windows[time // 900].append(power)
    means = {window: fmean(powers) for window, powers in windows.items()}
    hours = defaultdict(list)
    for window, mean in means.items():
        hours[window // 4 % 24].append(mean)
    middle = {hour: median(values) for hour, values in hours.items()}
    spread = {
        hour: max(median(abs(x - middle[hour]) for x in values), 20)
        for hour, values in hours.items()
    }
    far = {
        w: 0.6745 * abs(m - middle[w // 4 % 24]) / spread[w // 4 % 24] > 2.01
        for w, m in means.items()
    }
    return [far[row[0] // 900] for row in series]


NAIVE = [
    ({"name": "stuck", "min_readings": 3}, naive_stuck),
    ({"name": "day_copy", "min_readings": 2}, naive_day_copy),
    ("gap", naive_gap),
    ("clock_drift", naive_clock_drift),
    ({"name": "hampel", "neighbours": 2, "threshold": 3.0, "least_w": 50.0}, naive_hampel),
    ({"name": "rate_of_change", "limit_w": 1000.0}, naive_rate),
    ({"name": "power_high", "quantile": 0.9}, naive_quantile),
    ({"name": "robust_z", "scale": "linear", "threshold": 2.01}, naive_robust_z),
    ("power_high", lambda series: [row[1] / 150 > 1 for row in series]),
    ({"name": "power_factor_range", "current_resolution_a": 0.2}, naive_power_factor),
    ("reverse_flow", lambda series: [row[1] < 0 for row in series]),
    ("voltage_band", lambda series: [not 207 <= row[2] <= 253 for row in series]),
    (
        "duplicate",
        lambda series: [row[0] == b for row, b in zip(series, latest(series), strict=True)],
    ),
    (
        "unsorted",
        lambda series: [
            b is not None and row[0] < b for row, b in zip(series, latest(series), strict=True)
        ],
    ),
    (
        "efficiency_below",
        lambda series: [
            row[2] * row[3] != 0 and round(row[1] / (row[2] * row[3]), 3) < 0.1 for row in series
        ],
    ),
]


NAMES = [detector if isinstance(detector, str) else detector["name"] for detector, _ in NAIVE]


@pytest.mark.parametrize("at", range(len(NAIVE)), ids=NAMES)
@settings(max_examples=40, deadline=None)
@given(rows=tables(), batch_rows=st.integers(1, 70))
def test_a_detector_agrees_with_a_naive_one(at, rows, batch_rows):
    detector, judge = NAIVE[at]
    assert flagged(rows, detector, batch_rows) == naive(rows, judge)


def test_every_detector_has_its_naive_one():
    missing = set(DETECTORS) - set(NAMES)
    line = Path(__file__).read_text(encoding="utf-8").partition("\nNAIVE = [")[0].count("\n") + 2
    assert not missing, (
        f"tests/services/test_detectors_reference.py:{line}: add to NAIVE a second, simple way to "
        f"find what {sorted(missing)} flags, such as "
        "('NAME', lambda series: [row[1] > 9000 for row in series]); "
        "a row is (second, power, voltage, current)"
    )
    assert set(NAMES) <= set(DETECTORS)


def drawn_table():
    """Readings of forty households as `tables` draws them, the same ones in every run."""
    luck, rows = random.Random(29), []
    clocks = Counter()
    for _ in range(2400):
        household = f"H{luck.randrange(40)}"
        clocks[household] += luck.choice([60, 60, 60, 60, 120, 600, DAY_S - 60, DAY_S])
        power = luck.choice([100.0, 100.0, 100.0, 120.0, 9000.0, -5.0, 3.0])
        voltage, current = luck.choice([230.0, 230.0, 206.9, 253.1]), luck.choice([0.4, 40.0])
        rows.append((clocks[household], household, power, voltage, current))
    return rows


def home_of(name):
    """``file:line`` of a detector."""
    path = Path(inspect.getsourcefile(DETECTORS[name])).relative_to(ROOT)
    return f"{path.as_posix()}:{inspect.getsourcelines(DETECTORS[name])[1]}"


@pytest.mark.parametrize("column", ["voltage", "current"])
@pytest.mark.parametrize("at", range(len(NAIVE)), ids=NAMES)
def test_a_detector_that_finds_nothing_without_a_column_says_that_it_needs_it(at, column):
    detector, name, rows = NAIVE[at][0], NAMES[at], drawn_table()
    lacking = as_readings(rows).with_columns(pl.lit(None, pl.Float64).alias(column))
    measured = Measured()
    report = pl.concat(analyse(lacking, [detector], measured=measured))
    finds_without = any(name in text.split(";") for text in report["reasons"])
    finds, says = any(flagged(rows, detector, 500)), idle_detectors([detector], measured)
    assert says or finds_without or not finds, (
        f'{home_of(name)}: return DetectionRule(…, needs=("{column}",)): {name} finds nothing in a '
        f"file without a {column}, and does not say so"
    )


@pytest.mark.parametrize("at", range(len(NAIVE)), ids=NAMES)
def test_a_detector_that_goes_by_the_order_of_readings_says_so(at):
    detector, name = NAIVE[at][0], NAMES[at]
    if name == "unsorted" or detection_rules([detector])[name].is_ordered:
        return
    rows = drawn_table()
    places = random.Random(1).sample(range(len(rows)), len(rows))
    flags = flagged(rows, detector, 500)
    assert flagged([rows[at] for at in places], detector, 500) == [flags[at] for at in places], (
        f"{home_of(name)}: in {name}, add is_ordered=True to its DetectionRule: it flags other "
        "readings where they come in another order"
    )


@pytest.mark.parametrize(
    "name", ["gap", "day_copy", "stuck", "hampel", "rate_of_change", "duplicate", "clock_drift"]
)
def test_where_order_counts_readings_out_of_order_are_told_unasked(name):
    rows = [(second, "A", 100.0 + second, 230.0, 1.0) for second in (0, 60, 30, 120)]
    report = pl.concat(analyse(as_readings(rows), [name]))
    assert "unsorted" in report["reasons"][2].split(";")
    assert report["status"][2] == "unsorted"


def test_where_order_does_not_count_it_is_not_looked_at():
    rows = [(second, "A", 100.0, 230.0, 1.0) for second in (60, 0)]
    assert pl.concat(analyse(as_readings(rows), ["voltage_band"]))["status"].to_list() == [
        "OK",
        "OK",
    ]
