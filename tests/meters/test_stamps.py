"""Stamps of imports: numbers of seconds, hours that exist twice or not at all, ends."""

import datetime as dt

import pytest

from energykit.errors import ParameterError
from energykit.meters import MeterImport, meter_parameters
from tests.meters.texts import PLAIN, rows


@pytest.mark.parametrize(
    ("stamp", "form"),
    [
        ("1740787200", "%s"),
        ("1740787200000", "unix_ms"),
        ("1740787200000000", "unix_us"),
        ("1740787200000000000", "unix_ns"),
        ("1740787200.5", "unix"),
    ],
)
def test_unix_time_is_utc_whatever_the_zone(imported, stamp, form):
    text = f"TS,P\n{stamp},600\n"
    columns = {"timestamp": "TS", "power_consumption": "P"}
    result = imported(text, columns=columns, timestamp_format=form, time_zone="America/Vancouver")
    assert result.stamps[0].startswith("2025-03-01T00:00:00")
    assert result.stamps[0].endswith("Z")


@pytest.mark.parametrize(
    ("stamp", "form", "fits"),
    [
        ("1740787200000", "%s", "'unix_ms'"),
        ("1740787200", "unix_ms", "'unix'"),
        ("1740787200000000", "unix_ms", "'unix_us'"),
    ],
)
def test_a_unix_time_in_another_unit_is_refused_with_the_one_that_fits(imported, stamp, form, fits):
    columns = {"timestamp": "TS", "power_consumption": "P"}
    with pytest.raises(ParameterError, match="is outside 1971 … 2100") as caught:
        imported(f"TS,P\n{stamp},600\n", columns=columns, timestamp_format=form)
    assert f"timestamp_format {fits} gives 2025-03-01T00:00:00" in caught.value.hint


@pytest.mark.parametrize("form", [None, "%Y-%m-%d %H:%M"])
@pytest.mark.parametrize(("stamp", "fits"), [("1740787200", "unix"), ("1740787200000", "unix_ms")])
def test_unix_times_that_are_read_as_dates_are_refused_with_the_unit_that_fits(
    imported, stamp, fits, form
):
    columns = {"timestamp": "TS", "power_consumption": "P"}
    with pytest.raises(ParameterError, match=f"{stamp} is a Unix time, not ") as caught:
        imported(f"TS,P\n{stamp},600\n", columns=columns, timestamp_format=form)
    assert f"timestamp_format {fits!r} gives 2025-03-01T00:00:00" in caught.value.hint


def test_the_hour_that_exists_twice_is_told_apart_by_order(imported):
    lines = [f"2025-10-26 0{hour}:00,1000,230,5" for hour in (1, 2, 2, 3)]
    result = imported(rows(*lines), columns=PLAIN, time_zone="Europe/Berlin")
    assert result.stamps == [f"2025-10-2{day}:00:00Z" for day in ("5T23", "6T00", "6T01", "6T02")]
    assert result.kwh == pytest.approx(4.0)


def test_the_hour_that_does_not_exist_is_counted_with_the_way_out(imported):
    lines = [f"2025-10-05 0{hour}:00,1000,230,5" for hour in (1, 2, 3)]
    result = imported(rows(*lines), columns=PLAIN, time_zone="Australia/Sydney")
    why, count, line = result.left_out[0]
    assert (count, line) == (1, 3)
    assert "does not exist on the clock of Australia/Sydney" in why
    assert "a meter on one time all year has time_zone '+10:00'" in why
    market = imported(rows(*lines), columns=PLAIN, time_zone="+10:00")
    assert (market.kwh, market.stamps[0]) == (pytest.approx(3.0), "2025-10-04T15:00:00Z")


@pytest.mark.parametrize("extra", [{}, {"stamps": "end"}])
def test_stamps_that_are_ends_stay_on_their_day(imported, extra):
    lines = ("2025/01/15;23:30;0,400", "2025/01/15;23:45;0,400", "2025/01/16;00:00;2,000")
    text = rows(*(f"{line};230,0;9,0" for line in lines), header="Data;Hora;kW;U;I")
    result = imported(
        text,
        separator=";",
        decimal=",",
        timestamp_format="%Y/%m/%d %H:%M",
        units={"power_consumption": "kW"},
        columns={**PLAIN, "timestamp": ["Data", "Hora"], "power_consumption": "kW"},
        **extra,
    )
    assert result.stamps == [f"2025-01-15T23:{minute}:00" for minute in (15, 30, 45)]
    assert (result.kwh, result.power[-1]) == (pytest.approx(0.7), 2000.0)


def test_a_minute_24_is_not_an_hour_24(imported):
    lines = [f"15/01/2025;14:{minute}:00;500" for minute in (23, 24, 25)]
    columns = {"timestamp": ["D", "T"], "power_consumption": "P"}
    result = imported(
        rows(*lines, header="D;T;P"), columns=columns, timestamp_format="%d/%m/%Y %H:%M:%S"
    )
    assert result.stamps == [f"2025-01-15T14:{minute}:00" for minute in (23, 24, 25)]


def test_hour_24_is_the_end_of_its_day(imported):
    for form, end in (("%d.%m.%Y %H:%M", "15.01.2025 24:00"), (None, "2025-01-15T24:00:00")):
        start = "15.01.2025 23:00" if form else "2025-01-15T23:00:00"
        text = rows(f"{start},500", f"{end},700", header="t,P")
        columns = {"timestamp": "t", "power_consumption": "P"}
        result = imported(text, columns=columns, timestamp_format=form)
        assert result.stamps == ["2025-01-15T22:00:00", "2025-01-15T23:00:00"]
        assert result.power == [500.0, 700.0]


NUMBERED = {
    "columns": {"timestamp": [1, 2], "power_consumption": "kWh"},
    "time_zone": "Europe/London",
}


@pytest.mark.parametrize(("day", "count"), [("30/03/2025", 46), ("26/10/2025", 50)])
def test_half_hours_by_number(imported, day, count):
    text = "d,n,kWh\n" + "".join(f"{day},{n},0.5\n" for n in range(1, count + 1))
    result = imported(text, step_s=1800, timestamp_format="%d/%m/%Y %H", **NUMBERED)
    assert (result.kwh, result.readings.height) == (pytest.approx(count / 2), count)
    assert set(result.readings["interval_s"]) == {1800.0}
    assert result.stamps[0][11:] == ("00:00:00Z" if count == 46 else "23:00:00Z")
    assert result.stamps[-1][11:] == ("22:30:00Z" if count == 46 else "23:30:00Z")


@pytest.mark.parametrize(("count", "step_s"), [(48, 1800), (96, 900), (288, 300), (1440, 60)])
def test_more_intervals_than_hours_are_refused_with_their_step(imported, count, step_s):
    text = "d,n,kWh\n" + "".join(f"15/01/2025,{n},0.5\n" for n in range(1, count + 1))
    with pytest.raises(ParameterError, match=f"numbered up to {count}") as caught:
        imported(text, timestamp_format="%d/%m/%Y %H", **NUMBERED)
    assert f"give step_s {step_s}" in str(caught.value)


def test_one_hour_that_a_day_does_not_have_is_counted(imported):
    text = "d,hour,kWh\n" + "".join(f"15/01/2025,{n},0.5\n" for n in [*range(1, 25), 99])
    result = imported(text, timestamp_format="%d/%m/%Y %H", **NUMBERED)
    assert result.kwh == pytest.approx(12)
    assert result.left_out == [("timestamp is not written as '%d/%m/%Y %H'", 1, 26)]


BOTH = {"timestamp": 1, "power_consumption": 2}


@pytest.mark.parametrize("form", ["%Y%m%d%H", "%Y-%m-%dT%H", "%d.%m.%Y-%H"])
def test_an_hour_alone_right_behind_its_date_is_read(tmp_path, form):
    path = tmp_path / "meter.csv"
    hours = [dt.datetime(2025, 1, 15, hour) for hour in range(3)]
    path.write_text("t;W\n" + "".join(f"{t:{form}};1000\n" for t in hours), encoding="utf-8")
    one_import = MeterImport([path], meter_parameters(BOTH, timestamp_format=form, separator=";"))
    (readings,) = one_import.readings()
    assert [stamp[11:16] for stamp in readings["timestamp"]] == ["00:00", "01:00", "02:00"]


def test_a_zones_name_behind_a_stamp_counts_where_it_means_one_zone(imported):
    form = {"timestamp_format": "%d.%m.%Y %H:%M %Z", "separator": ";"}
    lines = [f"26.10.2025 {h};1000" for h in ("01:00 CEST", "02:00 CEST", "02:00 CET", "03:00 CET")]
    named = imported("\n".join(["t;W", *lines]), columns=BOTH, **form)
    assert [stamp[11:16] for stamp in named.stamps] == ["23:00", "00:00", "01:00", "02:00"]
    lines = [f"02.11.2025 {h};1000" for h in ("00:00 EDT", "01:00 EDT", "01:00 EST", "02:00 EST")]
    zone = {"time_zone": "America/New_York"}
    clocks = imported("\n".join(["t;W", *lines]), columns=BOTH, **form, **zone)
    assert [stamp[11:16] for stamp in clocks.stamps] == ["04:00", "05:00", "06:00", "07:00"]
