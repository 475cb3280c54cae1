"""The same files by independent software; what is not installed says how to get it.

`make test-peers` installs all of it in an environment of its own, where nothing may be missing.
"""

import importlib
import io
import os
import random
import subprocess
import sys

import numpy as np
import pandas as pd
import polars as pl
import pytest

from energykit.readings import Timeline, moment
from services.energy_generator.h0 import relative_load

PIP = 'pip install "energykit-course[dev]"'
PEERS = "make test-peers"
leaves_its_file_open = pytest.mark.filterwarnings(  # nemreader 0.9.2
    "ignore::pytest.PytestUnraisableExceptionWarning"
)


def peer(name, how):
    """Return a module of a peer; where it is not installed, the test is skipped with the reason."""
    if os.environ.get("ENERGYKIT_PEERS"):
        return importlib.import_module(name)
    return pytest.importorskip(name, reason=how)


def nem12(days=6):
    """Return a made-up file of two meters with registers of both directions."""
    chance = random.Random(12)
    lines = ["100,NEM12,202501170000,A,B"]
    for point in ("NMI0000001", "NMI0000002"):
        for suffix in ("E1", "E2", "B1"):
            lines.append(f"200,{point},E1E2B1,{suffix},{suffix},N1,M{point[-1]},KWH,30,20250201")
            for day in range(days):
                values = ",".join(f"{chance.random():.3f}" for _ in range(48))
                lines.append(f"300,202501{day + 10},{values},A,,,20250118,,")
    return "\n".join([*lines, "900", ""])


@leaves_its_file_open
def test_nem12_has_the_energies_that_nemreader_reads(imported, tmp_path):
    nemreader = peer("nemreader", PIP)
    (tmp_path / "peer.csv").write_text(nem12(), encoding="utf-8")
    theirs = nemreader.NEMFile(str(tmp_path / "peer.csv")).get_data_frame()
    direction = theirs["suffix"].str[0].map({"E": "drawn", "B": "fed_in"})
    expected = theirs.groupby(["nmi", direction])["value"].sum()
    hours = pl.col("interval_s") / 3.6e6
    export = pl.col("power_export") * hours
    net = pl.col("power_consumption") * hours
    ours = (
        imported(nem12())
        .readings.group_by("household_id")
        .agg(drawn=(net + export).sum(), fed_in=export.sum())
    )
    for row in ours.iter_rows(named=True):
        for name in ("drawn", "fed_in"):
            assert row[name] == pytest.approx(expected[row["household_id"], name], rel=1e-12)


@leaves_its_file_open
def test_nem12_has_the_intervals_that_nemreader_reads(imported, tmp_path):
    nemreader = peer("nemreader", PIP)
    (tmp_path / "peer.csv").write_text(nem12(), encoding="utf-8")
    theirs = nemreader.NEMFile(str(tmp_path / "peer.csv")).get_data_frame()
    own = theirs[theirs["nmi"] == "NMI0000001"]["t_start"].drop_duplicates()
    market = own.dt.tz_localize("+10:00") if own.dt.tz is None else own
    expected = market.dt.tz_convert("UTC").sort_values().dt.strftime("%Y-%m-%dT%H:%M:%SZ")
    readings = imported(nem12()).readings.filter(pl.col("household_id") == "NMI0000001")
    assert readings["timestamp"].to_list() == expected.to_list()


def test_time_that_was_measured_is_what_pvanalytics_calls_complete(imported):
    gaps = peer("pvanalytics.quality.gaps", PEERS)
    index = pd.date_range("2025-06-01", periods=3 * 288, freq="5min")
    series = pd.Series(500.0, index=index)
    holes = series.drop(index[100:140]).drop(index[400:401]).drop(index[600:700])
    blank = holes.reindex(index)
    score = gaps.completeness_score(blank, freq="5min").groupby(index.date).first()
    text = "t,W\n" + "".join(f"{t:%Y-%m-%d %H:%M},500\n" for t in holes.index)
    readings = imported(text, columns={"timestamp": "t", "power_consumption": "W"}).readings
    timeline = Timeline()
    plain = readings.drop("interval_s").with_columns(moment=moment())
    rows = pl.concat([timeline.add(plain), timeline.end()])
    hours = rows.group_by(day=pl.col("moment").dt.date()).agg(pl.col("stands_us").sum() / 3.6e9)
    measured = dict(hours.iter_rows())
    assert measured == {day: pytest.approx(24 * share) for day, share in score.items()}


def test_gaps_are_where_pvanalytics_finds_another_step(imported):
    times = peer("pvanalytics.quality.time", PEERS)
    index = pd.date_range("2025-06-01", periods=3 * 288, freq="5min")
    index = index.delete([*range(100, 140), 400, *range(600, 700)])
    text = "t,W\n" + "".join(f"{t:%Y-%m-%d %H:%M},500\n" for t in index)
    readings = imported(text, columns={"timestamp": "t", "power_consumption": "W"}).readings
    has_step = times.spacing(index, "5min")
    after = [f"{t:%Y-%m-%dT%H:%M:%S}" for t in index[~np.asarray(has_step)]]
    starts = pl.col("timestamp").str.to_datetime()
    lag = (starts.diff().dt.total_seconds() - pl.col("interval_s").shift(1)) > 0
    assert readings.filter(lag)["timestamp"].to_list() == after


PROFILE = """
import sys, warnings
from demandlib import bdew
profile = bdew.ElecSlp(2025).get_scaled_power_profiles({"h0": 1000, "h0_dyn": 1000})
warnings.resetwarnings()
profile.to_csv(sys.stdout, index_label="t", date_format="%Y-%m-%d %H:%M")
"""
"""In a process of its own: demandlib 0.2.2 makes errors of all later warnings."""


@pytest.fixture(scope="module")
def standard_load_profile():
    """Return a year of demandlib's H0 in kW, as it is and dynamised."""
    peer("demandlib", PEERS)
    command = [sys.executable, "-W", "ignore", "-c", PROFILE]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    return pd.read_csv(io.StringIO(done.stdout), index_col="t", parse_dates=True)


@pytest.mark.parametrize("name", ["h0", "h0_dyn"])
def test_a_year_of_h0_has_the_sums_that_demandlib_gives_it(name, standard_load_profile, imported):
    profile = standard_load_profile[name]
    result = imported(
        "t;kW\n" + "".join(f"{t:%d.%m.%Y %H:%M};{v}\n" for t, v in profile.items()),
        columns={"timestamp": "t", "power_consumption": "kW"},
        timestamp_format="%d.%m.%Y %H:%M",
    )
    assert result.kwh == pytest.approx(profile.sum() / 4, rel=1e-12)
    assert result.kwh == pytest.approx(1000, rel=1e-4)
    month = pl.col("timestamp").str.slice(0, 7)
    energy = (pl.col("power_consumption") * pl.col("interval_s")).sum() / 3.6e6
    months = result.readings.group_by(month).agg(energy).sort("timestamp")["power_consumption"]
    theirs = profile.groupby(profile.index.month).sum() / 4
    assert months.to_list() == pytest.approx(theirs.to_list(), rel=1e-12)


def test_the_months_of_h0_here_are_those_of_demandlib(standard_load_profile):
    moments = 1_735_689_600 + 900 * np.arange(365 * 96)
    ours = pd.Series(relative_load(moments), index=pd.to_datetime(moments, unit="s"))
    theirs = standard_load_profile["h0_dyn"]
    shares = [
        (series.groupby(series.index.month).sum() / series.sum()).to_list()
        for series in (ours, theirs)
    ]
    assert shares[0] == pytest.approx(shares[1], rel=0.005)
    assert relative_load(moments).mean() == pytest.approx(0.9972, abs=1e-4)


def test_an_old_spreadsheet(imported, tmp_path):
    peer("python_calamine", 'pip install "energykit-course[meters]"')
    xlwt = peer("xlwt", PIP)
    book = xlwt.Workbook()
    sheet = book.add_sheet("Werte")
    stamp = xlwt.easyxf(num_format_str="YYYY-MM-DD HH:MM")
    for place, name in enumerate(("t", "kWh")):
        sheet.write(0, place, name)
    hours = pd.date_range("2025-01-15", periods=24, freq="h")
    for row, hour in enumerate(hours, start=1):
        sheet.write(row, 0, hour.to_pydatetime(), stamp)
        sheet.write(row, 1, 0.25)
    book.save(str(tmp_path / "made.xls"))
    content = (tmp_path / "made.xls").read_bytes()
    columns = {"timestamp": "t", "power_consumption": "kWh"}
    result = imported(content, name="meter.xls", columns=columns)
    assert result.kwh == pytest.approx(6.0)
    assert result.stamps == [f"{hour:%Y-%m-%dT%H:%M:%S}" for hour in hours]
