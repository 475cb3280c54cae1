"""Every layout with a small made-up file and its right answer."""

import datetime as dt
import gzip
import itertools

import pytest

from energykit.errors import ArtifactError, ParameterError


def quarter(n):
    return f"{n // 4:02d}:{n % 4 * 15:02d}"


PER_DAY = {24: 3600, 48: 1800, 96: 900}


@pytest.mark.parametrize("count", PER_DAY)
@pytest.mark.parametrize("style", ["start", "end", "from-to", "number", "H01"])
def test_a_row_a_day(imported, count, style):
    step = PER_DAY[count] // 60
    starts = [f"{n * step // 60:02d}:{n * step % 60:02d}" for n in range(count + 1)]
    names = {
        "start": starts[:count],
        "end": [*starts[1:count], "24:00"],
        "from-to": [f"{a} - {b}" for a, b in itertools.pairwise(starts)],
        "number": [str(n + 1) for n in range(count)],
        "H01": [f"H{n + 1:02d}" for n in range(count)],
    }[style]
    text = "\n".join(
        [";".join(["Date", *names, "Total"])]
        + [f"1{day}.01.2025;" + ";".join(["0,25"] * count) + f";{count / 4}" for day in (5, 6)]
    )
    result = imported(
        text,
        columns={"timestamp": "Date"},
        layout="wide_by_time",
        timestamp_format="%d.%m.%Y",
        separator=";",
        decimal=",",
        units={"power_consumption": "kWh"},
    )
    assert result.kwh == pytest.approx(2 * count / 4)
    assert result.stamps[0] == "2025-01-15T00:00:00"
    assert result.stamps[count] == "2025-01-16T00:00:00"
    assert set(result.readings["interval_s"]) == {PER_DAY[count]}


@pytest.mark.parametrize("per_hour", [1, 2, 4], ids=["25", "50", "100"])
@pytest.mark.parametrize(("day", "hours"), [("2025-03-30", 23), ("2025-10-26", 25)])
def test_a_row_a_day_has_23_and_25_hours_where_the_clock_changes(imported, day, hours, per_hour):
    places = range(25 * per_hour)
    names = ",".join(f"H{n + 1}" for n in places)
    before = "2025-03-29" if hours == 23 else "2025-10-25"
    usual, changed = (
        ",".join(str(1 / per_hour) if n < filled * per_hour else "" for n in places)
        for filled in (24, hours)
    )
    text = f"Date,{names}\n{before},{usual}\n{day},{changed}\n"
    result = imported(
        text,
        columns={"timestamp": "Date"},
        layout="wide_by_time",
        time_zone="Europe/Berlin",
        units={"power_consumption": "kWh"},
    )
    assert result.kwh == pytest.approx(24 + hours)
    assert result.readings["interval_s"].sum() == (24 + hours) * 3600
    missing = [("the value is missing", per_hour, 3)] if hours == 23 else []
    assert result.left_out == missing


def test_a_column_a_meter(imported):
    lines = [f"2025-01-15 0{h}:00,{h},{2 * h},{3 * h}" for h in range(4)]
    text = "\n".join(["t,house 1,house 2,Total", *lines])
    result = imported(text, columns={"timestamp": "t"}, layout="wide_by_meter")
    sums = result.readings.drop("timestamp").group_by("household_id").sum().sort("household_id")
    assert sums["household_id"].to_list() == ["house 1", "house 2"]
    assert sums["power_consumption"].to_list() == [6.0, 12.0]
    assert result.kwh == pytest.approx((6 + 12) / 1000)
    assert result.account.rows_in == 8


def test_rows_by_register_of_energy(imported):
    lines = [
        f"2025-01-15 0{h}:00;{register};{value}"
        for h in range(3)
        for register, value in (("1.8.1", "0.5"), ("1.8.2", "0.25"), ("2.8.0", "0.1"), ("x", "9"))
    ]
    columns = {"timestamp": "t", "register": "r", "power_consumption": "v"}
    result = imported(
        "\n".join(["t;r;v", *lines]),
        columns=columns,
        units={"power_consumption": "kWh"},
        quantity="energy",
        registers={"1.8.1": "import", "1.8.2": "import", "2.8.0": "export"},
    )
    assert result.power == pytest.approx([650.0] * 3)
    assert ("rows of registers that `registers` does not name are not used", 3, 5) in result.said


def test_rows_by_register_that_count_up(imported):
    lines = [
        f"2025-01-15 0{h}:00;{register};{start + step * h}"
        for register, start, step in (("T1", 1000, 0.5), ("T2", 9998, 1), ("out", 7, 0.25))
        for h in range(5)
        if (register, h) != ("T2", 3)
    ]
    lines = [line.replace("10000", "0").replace("10002", "2") for line in lines]
    columns = {"timestamp": "t", "register": "r", "power_consumption": "v"}
    result = imported(
        "\n".join(["t;r;v", *lines]),
        columns=columns,
        units={"power_consumption": "kWh"},
        quantity="counter",
        registers={"T1": "import", "T2": "import", "out": "export"},
    )
    assert result.kwh == pytest.approx(4 * (0.5 + 1 - 0.25))
    assert result.readings["interval_s"].to_list() == [3600.0, 3600.0, 7200.0]


def test_registers_without_their_meaning_are_refused(imported):
    columns = {"timestamp": "t", "register": "r", "power_consumption": "v"}
    with pytest.raises(ParameterError) as caught:
        imported("t,r,v\n2025-01-15,T1,1\n", columns=columns)
    assert caught.value.where == "parameters.registers"


def test_registers_without_their_column_are_refused(imported):
    with pytest.raises(ParameterError, match="not which column") as caught:
        imported(
            "t,kind,kWh\n2025-01-15 00:00,in,1\n2025-01-15 00:00,out,1\n",
            columns={"timestamp": "t", "power_consumption": "kWh"},
            registers={"in": "import", "out": "export"},
        )
    assert "name the column that holds 'in', 'out'" in str(caught.value)


@pytest.mark.parametrize("mark", ["-", " - ", "\N{EN DASH}"])
@pytest.mark.parametrize("date", ["%Y-%m-%d", "%d.%m.%Y"])
def test_times_of_day_from_and_to_in_one_field(imported, mark, date):
    day = dt.date(2025, 1, 15).strftime(date)
    spans = [f"{h:02d}:00{mark}{(h + 1) % 24:02d}:00" for h in range(24)]
    text = "\n".join(["d;at;kWh", *(f"{day};{span};0,5" for span in spans)])
    result = imported(
        text,
        columns={"timestamp": ["d", "at"], "power_consumption": "kWh"},
        separator=";",
        decimal=",",
        timestamp_format=None if date == "%Y-%m-%d" else f"{date} %H:%M",
    )
    assert (result.kwh, set(result.readings["interval_s"])) == (pytest.approx(12), {3600.0})


def test_an_offset_behind_a_time_is_not_the_end_of_an_interval(imported):
    lines = [f"15.01.2025 {h:02d}:00-05:00;0,5" for h in range(24)]
    with pytest.raises(ArtifactError, match="all 24 rows are left out: timestamp is not written"):
        imported(
            "\n".join(["t;kWh", *lines]),
            columns={"timestamp": "t", "power_consumption": "kWh"},
            separator=";",
            decimal=",",
            timestamp_format="%d.%m.%Y %H:%M",
        )
    lines = [f"2025-01-{15 + h // 24} {h % 24:02d}:00-0{5 + h % 3}:00;0.5" for h in range(48)]
    zones = {"timestamp": "t", "power_consumption": "kWh"}
    offsets = imported("\n".join(["t;kWh", *lines]), columns=zones, separator=";")
    assert offsets.stamps[:3] == [f"2025-01-15T{h}:00:00Z" for h in ("05", "07", "08")]


@pytest.mark.parametrize("extra", [{}, {"time_zone": "+01:00"}])
def test_tariffs_and_phases_are_summed_and_feed_in_is_subtracted(imported, extra):
    text = "t,L1,L2,L3,out\n" + "".join(f"2025-01-15 0{h}:00,1,2,3,0.5\n" for h in range(3))
    columns = {"timestamp": "t", "power_consumption": ["L1", "L2", "L3"], "export": "out"}
    result = imported(text, columns=columns, units={"power_consumption": "kW"}, **extra)
    assert result.power == [5500.0] * 3


def test_a_file_without_stamps(imported):
    text = "".join(f"{power}\n" for power in ("P", 100, 200, 300))
    result = imported(
        text,
        columns={"power_consumption": "P"},
        start="2025-10-26T01:30:00",
        step_s=1800,
        time_zone="Europe/Berlin",
    )
    assert result.stamps[0] == "2025-10-25T23:30:00Z"
    assert (result.kwh, result.power) == (pytest.approx(0.3), [100.0, 200.0, 300.0])


def test_a_stated_step_needs_no_next_reading(imported):
    columns = {"timestamp": "t", "power_consumption": "E"}
    given = {"columns": columns, "units": {"power_consumption": "kWh"}}
    result = imported("t,E\n2025-01-15 10:00,0.5\n", step_s=900, **given)
    assert (result.kwh, result.power) == (pytest.approx(0.5), [2000.0])
    with pytest.raises(ArtifactError, match="nothing says how long it stands"):
        imported("t,E\n2025-01-15 10:00,0.5\n", **given)


@pytest.mark.parametrize(
    "field",
    [
        "2025-01-15 {a} - 2025-01-15 {b}",
        "2025-01-15 {a} - {b}",
        "2025-01-15 {a} to {b}",
        "2025-01-15T{a}:00Z/2025-01-15T{b}:00Z",
    ],
)
def test_two_stamps_in_one_field(imported, field):
    lines = [field.format(a=quarter(n), b=quarter(n + 1)) + ",0.25" for n in (0, 1, 5)]
    columns = {"timestamp": "when", "power_consumption": "kWh"}
    result = imported("\n".join(["when,kWh", *lines]), columns=columns)
    assert result.power == [1000.0] * 3
    assert result.readings["interval_s"].to_list() == [900.0] * 3


def test_an_end_beside_the_start_says_how_long_a_reading_stands(imported):
    lines = ["0.5,2025-01-15 00:00,2025-01-15 00:30", "0.5,2025-01-15 02:00,2025-01-15 03:00"]
    columns = {"timestamp": "Start", "end": "End", "power_consumption": "kWh"}
    result = imported("\n".join(["kWh, Start, End", *lines]), columns=columns)
    assert result.power == [1000.0, 500.0]


@pytest.mark.parametrize(("day", "hours"), [("30/03/2025", 23), ("26/10/2025", 25)])
def test_hours_by_number(imported, day, hours):
    lines = [f"X;{day};{hour};0,5;R" for hour in range(1, hours + 1)]
    text = "\n".join(["CUPS;Fecha;Hora;Consumo_kWh;Metodo", *lines])
    result = imported(
        text,
        columns={"timestamp": ["Fecha", "Hora"], "power_consumption": "Consumo_kWh"},
        separator=";",
        decimal=",",
        timestamp_format="%d/%m/%Y %H",
        time_zone="Europe/Madrid",
    )
    assert (result.kwh, result.readings.height) == (pytest.approx(hours / 2), hours)
    assert set(result.readings["interval_s"]) == {3600.0}
    assert result.stamps[0][11:] == ("23:00:00Z" if hours == 23 else "22:00:00Z")
    assert result.stamps[-1][11:] == ("21:00:00Z" if hours == 23 else "22:00:00Z")


def test_thousands_units_in_cells_and_comments(imported):
    text = "# made by a logger\nsep=;\nt;E\n# a remark\n2025-01-15 00:00;1.234,5 Wh\n\n"
    text += "2025-01-15 01:00;2,0 kWh\nTotal;3,2 kWh\n"
    columns = {"timestamp": "t", "power_consumption": "E"}
    units = {"power_consumption": "Wh"}
    result = imported(text, columns=columns, decimal=",", thousands=".", units=units)
    assert result.power == pytest.approx([1234.5, 2000.0])
    assert [line for _, _, line in result.left_out] == [8]


def test_a_name_that_is_there_twice_is_taken_by_place(imported):
    text = "t,kWh,kWh\n2025-01-15 00:00,1,9\n2025-01-15 01:00,1,9\n"
    with pytest.raises(ArtifactError) as caught:
        imported(text, columns={"timestamp": "t", "power_consumption": "kWh"})
    assert "there are 2 columns 'kWh'" in str(caught.value)
    assert "2 or 3" in caught.value.hint
    assert imported(text, columns={"timestamp": "t", "power_consumption": 2}).power == [1000.0] * 2


def test_fields_between_blanks(imported):
    text = "".join(f"{1352500098 + 6 * n}   {599 + n}\n" for n in range(3))
    columns = {"timestamp": 1, "power_consumption": 2}
    result = imported(text, name="channel_1.dat", columns=columns, timestamp_format="unix")
    assert result.power == [599.0, 600.0, 601.0]
    assert result.stamps[0] == "2012-11-09T22:28:18Z"


def test_quoted_fields_and_a_quote_that_is_not_closed(imported):
    text = 't,n,P\n"2025-01-15 00:00","a, b",1\n2025-01-15 01:00,"x,1\n2025-01-15 02:00,y,1\n'
    result = imported(text, columns={"timestamp": "t", "power_consumption": "P"})
    assert result.stamps == ["2025-01-15T00:00:00", "2025-01-15T02:00:00"]
    assert result.left_out == [("row has a quote that is not closed", 1, 3)]


def test_gzip_is_unpacked(imported):
    text = gzip.compress(b"t,P\n2025-01-15 00:00,500\n2025-01-15 01:00,500\n")
    columns = {"timestamp": "t", "power_consumption": "P"}
    assert imported(text, name="meter.csv.gz", columns=columns).kwh == pytest.approx(1.0)
    with pytest.raises(ArtifactError, match="cannot be unpacked"):
        imported(text[:-12], name="cut.csv.gz", columns=columns)


def test_two_digit_years_compare_as_times(imported):
    lines = ["31.12.99 23:00;1", "01.01.00 00:00;1", "01.01.00 01:00;1"]
    columns = {"timestamp": "t", "power_consumption": "P"}
    given = {"columns": columns, "timestamp_format": "%d.%m.%y %H:%M", "stamps": "start"}
    result = imported("\n".join(["t;P", *lines]), **given)
    assert result.stamps == ["1999-12-31T23:00:00", "2000-01-01T00:00:00", "2000-01-01T01:00:00"]
    assert result.said == []


@pytest.mark.parametrize(
    "stamp",
    [
        "2025-01-15T01:00:00+01:00",
        "2025-01-15 01:00 CET",
        "2025-01-15T00:00Z",
        "2025-01-14T19:00:00-0500",
    ],
)
def test_offsets_and_names_of_zones_are_utc(imported, stamp):
    columns = {"timestamp": "t", "power_consumption": "P"}
    result = imported(f"t,P\n{stamp},1\n", columns=columns, time_zone="Asia/Tokyo")
    assert result.stamps == ["2025-01-15T00:00:00Z"]


@pytest.mark.parametrize(
    ("unit", "number"), [("MJ", 3.6), ("Wh", 1000), ("MWh", 0.001), ("kWh", 1)]
)
def test_units_of_energy(imported, unit, number):
    text = f"t,E\n2025-01-15 00:00,{number}\n2025-01-15 01:00,{number}\n"
    columns = {"timestamp": "t", "power_consumption": "E"}
    result = imported(text, columns=columns, units={"power_consumption": unit})
    assert result.kwh == pytest.approx(2.0)
