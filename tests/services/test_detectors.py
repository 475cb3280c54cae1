"""What each detector flags, by known answers, whatever the batches and the households' order."""

from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from energykit.errors import ParameterError
from services.energy_analyzer.analysis import analyse
from services.energy_analyzer.detectors import DETECTORS, choices, explanations
from services.energy_analyzer.detectors.batch import Numbering

FULL = Path(__file__).parents[2] / "data" / "full" / "household"
START = datetime(2025, 1, 1)
SCHEMA = {
    "timestamp": pl.String,
    "household_id": pl.String,
    "power_consumption": pl.Float64,
    "voltage": pl.Float64,
    "current": pl.Float64,
}


def series(power, *, minutes=None, voltage=230.0, current=None, household="HH-0") -> pl.DataFrame:
    power = np.asarray(power, dtype=float)
    minutes = np.arange(power.size) if minutes is None else np.asarray(minutes)
    return pl.DataFrame(
        {
            "timestamp": [(START + timedelta(minutes=float(m))).isoformat() + "Z" for m in minutes],
            "household_id": [household] * power.size,
            "power_consumption": power,
            "voltage": np.broadcast_to(np.asarray(voltage, dtype=float), power.shape),
            "current": np.broadcast_to(
                np.asarray(power / 230 if current is None else current, dtype=float), power.shape
            ),
        },
        schema=SCHEMA,
    )


def flagged(frame: pl.DataFrame, detector: object, *, batch_rows: int = 1000) -> list[int]:
    """Positions of the readings that a detector flags."""
    name = detector if isinstance(detector, str) else detector["name"]
    report = pl.concat(analyse(frame.lazy(), [detector], batch_rows=batch_rows))
    assert report.height == frame.height
    return [at for at, text in enumerate(report["reasons"]) if name in text.split(";")]


def varied(rows: int, seed: int = 0) -> np.ndarray:
    return 300 + np.random.default_rng(seed).integers(0, 2000, rows).astype(float)


def test_the_siblings_rule_is_high_above_150_w():
    (low, high) = pl.concat(analyse(series([150.0, 150.5]).lazy(), ["power_high"])).iter_rows(
        named=True
    )
    assert (low["status"], high["status"], high["reasons"]) == ("OK", "HIGH", "power_high")


def test_a_quantile_is_the_households_own():
    frame = pl.concat([series(np.arange(100.0)), series(1000 + np.arange(100.0), household="HH-1")])
    assert flagged(frame, {"name": "power_high", "quantile": 0.98}) == [98, 99, 198, 199]


def test_negative_power_flows_back():
    assert flagged(series([-1.0, 0.0, 1.0]), "reverse_flow") == [0]


def test_the_band_of_en_50160_includes_its_ends():
    frame = series([100.0] * 4, voltage=[206.9, 207.0, 253.0, 253.1], current=1.0)
    assert flagged(frame, "voltage_band") == [0, 3]


def test_a_jump_is_flagged_where_it_lands_but_not_after_a_hole():
    frame = series([100.0, 9000.0, 9100.0, 100.0, 9000.0], minutes=[0, 1, 2, 3, 60])
    assert flagged(frame, "rate_of_change") == [1, 3]


def test_the_first_reading_after_a_hole_is_flagged():
    assert flagged(series(varied(6), minutes=[0, 1, 2, 30, 31, 32]), "gap") == [3]


def test_the_usual_step_is_each_households_own():
    frame = pl.concat(
        [series(varied(5)), series(varied(5), minutes=[0, 15, 30, 60, 75], household="HH-1")]
    )
    assert flagged(frame, "gap") == [8]


def test_a_given_step_needs_no_learning():
    (choice,) = choices([{"name": "gap", "step_s": 60}])
    assert choice.rule().fit is None


def test_duplicates_and_readings_out_of_order_are_told_apart():
    frame = series(varied(7), minutes=[0, 1, 1, 5, 3, 5, 6])
    assert flagged(frame, "duplicate") == [2, 5]
    assert flagged(frame, "unsorted") == [4]


def test_a_clock_off_its_raster_is_flagged():
    assert flagged(
        series(varied(7), minutes=[0.5, 1.5, 2.5, 3.6, 4.7, 5.5, 6.5]), "clock_drift"
    ) == [3, 4]


def test_identical_readings_are_flagged_from_the_first_one_on():
    frame = series([5.0, 7.0, 7.0, 7.0, 7.0, 7.0, 6.0, 6.0, 6.0, 6.0])
    assert flagged(frame, "stuck") == [1, 2, 3, 4, 5]
    assert flagged(frame, {"name": "stuck", "min_readings": 4}) == [1, 2, 3, 4, 5, 6, 7, 8, 9]


def test_a_changing_voltage_is_not_stuck():
    assert flagged(series([7.0] * 8, voltage=230 + np.arange(8.0)), "stuck") == []


def test_a_copied_day_is_flagged_by_time_even_after_a_hole():
    power = varied(2 * 1440)
    power[1440 + 600 : 1440 + 700] = power[600:700]
    whole = series(power)
    assert flagged(whole, "day_copy") == list(range(2040, 2140))
    holed = pl.concat([whole[:100], whole[160:]])
    assert flagged(holed, "day_copy") == list(range(1980, 2080))


def test_two_equal_readings_are_no_copied_day():
    power = varied(2 * 1440)
    power[2000:2002] = power[560:562]
    assert flagged(series(power), "day_copy") == []


def test_a_spike_stands_out_of_its_surroundings():
    power = 300 + np.random.default_rng(0).normal(0, 20, 200)
    power[100] += 15_000
    assert flagged(series(power), "hampel") == [100]


def test_a_quarter_hour_far_from_usual_is_flagged_as_a_whole():
    hour = np.tile(np.repeat([200.0, 220.0, 250.0, 230.0], 15), 24 * 10)
    hour[1440 * 5 : 1440 * 5 + 15] = 5000
    assert flagged(series(hour), "robust_z") == list(range(7200, 7215))


def test_a_constant_load_has_nothing_unusual():
    assert flagged(series([500.0] * 3000), "robust_z") == []


@pytest.mark.parametrize("detector", DETECTORS)
def test_what_is_no_number_is_no_crash_and_undefined_stays_undefined(detector):
    frame = series(
        [float("nan"), float("inf"), 1.0, -1.0, 1e300] * 30,
        current=[0.0, 1.0, float("nan"), 1e-300, 0.0] * 30,
    )
    report = pl.concat(analyse(frame.lazy(), [detector]))
    assert all("undefined" in text for text in report["reasons"].gather_every(5))


@pytest.mark.parametrize(
    ("named", "where", "valid"),
    [
        ({"name": "robust_z", "scale": "root"}, "scale", "linear, log"),
        ({"name": "robust_z", "window_s": 0}, "window_s", "1 to 86400 s"),
        ({"name": "stuck", "min_readings": 1}, "min_readings", "a whole number from 2"),
        ({"name": "day_copy", "min_readings": 2.5}, "min_readings", "a whole number"),
        ({"name": "voltage_band", "nominal_v": -230}, "nominal_v", "V"),
        ({"name": "voltage_band", "nominal_v": None}, "nominal_v", "a finite number"),
        ({"name": "power_high", "quantile": 99}, "quantile", "0 to 1"),
        ({"name": "gap", "step_s": 0}, "step_s", "s"),
        ({"name": "robust_z", "scale": 1}, "scale", "a text"),
    ],
)
def test_an_impossible_value_names_what_would_be_possible(named, where, valid):
    with pytest.raises(ParameterError) as caught:
        choices([named])
    assert caught.value.parameter == f"detectors[0].{where}"
    assert valid in caught.value.valid


def test_every_reason_has_its_sentence():
    assert set(explanations()) == {"undefined", *DETECTORS}
    assert all(text.startswith("Flag ") and text.endswith(".") for text in explanations().values())


LOOSE = [
    {"name": "stuck", "min_readings": 2},
    {"name": "day_copy", "min_readings": 2},
    {"name": "hampel", "neighbours": 1, "least_w": 0, "threshold": 0.5},
    {"name": "robust_z", "threshold": 0.3, "window_s": 21_600},
    {"name": "power_high", "quantile": 0.5},
    {"name": "rate_of_change", "limit_w": 0, "within_s": 1e6},
    *[
        name
        for name in DETECTORS
        if name not in {"stuck", "day_copy", "hampel", "robust_z", "power_high", "rate_of_change"}
    ],
]
READING = st.tuples(
    st.sampled_from("abc"),
    st.sampled_from([0, 360, 360, 360, 360, 361, 720, 1440, -360]),
    st.sampled_from([100.0, 100.0, 150.0, 4000.0]),
    st.sampled_from([230.0, 230.0, 231.0]),
)


def readings_of(rows: list[tuple[str, int, float, float]]) -> pl.DataFrame:
    """Readings of three households, each with its own clock that mostly goes on by six hours."""
    clocks, parts = dict.fromkeys("abc", 10_000), []
    for household, minutes, power, voltage in rows:
        clocks[household] += minutes
        parts.append(
            series([power], minutes=[clocks[household]], voltage=voltage, household=household)
        )
    return pl.concat(parts)


def judged(frame: pl.DataFrame, rows: int) -> pl.DataFrame:
    """The report's reasons, made of batches of some rows."""
    rules = [choice.rule() for choice in choices(LOOSE)]
    for fit in [rule.fit for rule in rules if rule.fit]:
        numbering = Numbering()
        all(fit(numbering.batch(part)) for part in frame.iter_slices(rows))
    numbering, parts = Numbering(), []
    for part in frame.iter_slices(rows):
        batch = numbering.batch(part)
        parts.append(pl.DataFrame({str(at): rule.flag(batch) for at, rule in enumerate(rules)}))
    return pl.concat(parts)


@settings(deadline=None, max_examples=60)
@given(st.lists(READING, min_size=1, max_size=40), st.integers(1, 9))
def test_the_size_of_batches_changes_nothing(rows, size):
    frame = readings_of(rows)
    assert judged(frame, size).equals(judged(frame, 1000))


@settings(deadline=None, max_examples=60)
@given(st.lists(READING, min_size=1, max_size=40), st.integers(1, 9))
def test_the_order_of_households_changes_nothing(rows, size):
    frame = readings_of(rows).with_row_index("row")
    apart = frame.sort("household_id", maintain_order=True)
    mixed = judged(frame.drop("row"), size)
    assert judged(apart.drop("row"), size).equals(mixed[apart["row"].to_list()])


@pytest.mark.parametrize("rows", [1, 7, 1000])
def test_a_report_does_not_depend_on_its_batches(rows):
    frame = readings_of([("a", 360, 100.0, 230.0), ("b", 360, 150.0, 231.0)] * 20)
    assert len(flagged(frame, "day_copy", batch_rows=rows)) == 32


@pytest.fixture(scope="module")
def real_house() -> pl.LazyFrame:
    found = sorted(FULL.glob("*.csv"))
    if not found:
        pytest.skip(f"{FULL} holds no data set: energykit data fetch household")
    kw, volt, ampere = "Global_active_power", "Voltage", "Global_intensity"
    return pl.scan_csv(
        found[0], schema_overrides=dict.fromkeys((kw, volt, ampere), pl.Float64)
    ).select(
        timestamp=pl.col("date_time").str.replace(" ", "T"),
        household_id=pl.lit("sceaux"),
        power_consumption=(pl.col(kw) * 1000).round(3),
        voltage=volt,
        current=ampere,
    )


def longest(frame: pl.LazyFrame, detector: str) -> tuple[int, list[tuple[str, int]]]:
    """Flagged readings, and the runs of them with their start, the longest first."""
    report = pl.concat(analyse(frame, [detector])).with_columns(
        hit=pl.col("reasons").str.contains(detector)
    )
    runs = report.with_columns(run=pl.col("hit").rle_id()).filter("hit").group_by("run")
    found = runs.agg(pl.col("timestamp").first(), pl.len()).sort("len", descending=True)
    return int(report["hit"].sum()), list(zip(found["timestamp"], found["len"], strict=True))


@pytest.mark.slow
def test_the_copied_days_of_the_real_house(real_house):
    rows, runs = longest(real_house, "day_copy")
    assert rows == 25_913
    assert runs[:3] == [
        ("2010-08-17T21:02:00", 7226),
        ("2010-09-25T03:56:00", 5237),
        ("2007-04-28T00:21:00", 3723),
    ]


@pytest.mark.slow
def test_the_flat_line_of_the_real_house(real_house):
    assert longest(real_house, "stuck") == (400, [("2008-10-06T10:09:00", 400)])


@pytest.mark.slow
def test_no_power_factor_of_the_real_house_is_too_high_for_a_step_of_its_meter(real_house):
    most = pl.col("voltage") * pl.col("current")
    assert (
        real_house.filter(pl.col("power_consumption") > most).select(pl.len()).collect().item()
        > 790_000
    )
    rows, _ = longest(real_house, "power_factor_range")
    assert rows == 1326
    low = pl.col("power_consumption") < 0.7 * pl.col("voltage") * (pl.col("current") - 0.2)
    assert real_house.filter(low).select(pl.len()).collect().item() == 1326


@pytest.fixture(scope="module")
def two_weeks() -> pl.LazyFrame:
    source = Path(__file__).parents[2] / "data" / "household" / "household-2007-04-23.csv"
    raw = pl.read_csv(source)
    return raw.lazy().select(
        timestamp=pl.col("date_time").str.replace(" ", "T"),
        household_id=pl.lit("sceaux"),
        power_consumption=(pl.col("Global_active_power").cast(pl.Float64) * 1000).round(3),
        voltage=pl.col("Voltage").cast(pl.Float64),
        current=pl.col("Global_intensity").cast(pl.Float64),
    )


def test_the_copied_block_of_the_shipped_two_weeks(two_weeks):
    assert longest(two_weeks, "day_copy") == (3723, [("2007-04-28T00:21:00", 3723)])


def test_the_meters_steps_are_no_faults_in_the_shipped_two_weeks(two_weeks):
    factor = pl.col("power_consumption") / (pl.col("voltage") * pl.col("current"))
    assert two_weeks.filter(factor > 1).select(pl.len()).collect().item() > 5000
    report = pl.concat(analyse(two_weeks, ["power_factor_range"])).filter("anomaly_detected")
    assert (report.height, report.filter(pl.col("efficiency") > 1).height) == (27, 0)
