"""The same files by independent software; what is not installed says how to get it."""

import random

import pandas as pd
import polars as pl
import pytest

from energykit.readings import Timeline, moment

PIP = 'pip install "energykit-course[dev]"'
leaves_its_file_open = pytest.mark.filterwarnings(  # nemreader 0.9.2
    "ignore::pytest.PytestUnraisableExceptionWarning"
)


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
    nemreader = pytest.importorskip("nemreader", reason=PIP)
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
    nemreader = pytest.importorskip("nemreader", reason=PIP)
    (tmp_path / "peer.csv").write_text(nem12(), encoding="utf-8")
    theirs = nemreader.NEMFile(str(tmp_path / "peer.csv")).get_data_frame()
    own = theirs[theirs["nmi"] == "NMI0000001"]["t_start"].drop_duplicates()
    market = own.dt.tz_localize("+10:00") if own.dt.tz is None else own
    expected = market.dt.tz_convert("UTC").sort_values().dt.strftime("%Y-%m-%dT%H:%M:%SZ")
    readings = imported(nem12()).readings.filter(pl.col("household_id") == "NMI0000001")
    assert readings["timestamp"].to_list() == expected.to_list()


def test_time_that_was_measured_is_what_pvanalytics_calls_complete(imported):
    gaps = pytest.importorskip(
        "pvanalytics.quality.gaps", reason='pip install "energykit-course[peers]"'
    )
    index = pd.date_range("2025-06-01", periods=3 * 288, freq="5min")
    series = pd.Series(500.0, index=index)
    holes = series.drop(index[100:140]).drop(index[400:401]).drop(index[600:700])
    score = gaps.completeness_score(holes, freq="5min").groupby(holes.index.date).first()
    text = "t,W\n" + "".join(f"{t:%Y-%m-%d %H:%M},500\n" for t in holes.index)
    readings = imported(text, columns={"timestamp": "t", "power_consumption": "W"}).readings
    timeline = Timeline()
    plain = readings.drop("interval_s").with_columns(moment=moment())
    rows = pl.concat([timeline.add(plain), timeline.end()])
    hours = rows.group_by(day=pl.col("moment").dt.date()).agg(pl.col("stands_us").sum() / 3.6e9)
    measured = dict(hours.iter_rows())
    assert measured == {day: pytest.approx(24 * share) for day, share in score.items()}


def test_an_old_spreadsheet(imported, tmp_path):
    pytest.importorskip("python_calamine", reason='pip install "energykit-course[meters]"')
    xlwt = pytest.importorskip("xlwt", reason=PIP)
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
