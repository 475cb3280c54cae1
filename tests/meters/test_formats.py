"""Formats with a structure of their own; all numbers are made up."""

import pytest

from energykit.errors import ArtifactError
from tests.meters.formats import crc16, espi, nem12, telegram


def test_nem12_keeps_drawn_and_fed_in_apart(imported):
    result = imported(nem12(), name="meter.csv")
    assert result.kwh == pytest.approx(2 * 48 * (0.5 - 0.1))
    assert set(result.power) == {800.0}
    assert result.readings["household_id"].unique().to_list() == ["NMI0000001"]
    assert result.stamps[0] == "2025-01-14T14:00:00Z"
    assert [rows for what, rows, _ in result.said if "active energy" in what] == [1]
    assert result.account.rows_in == 2 * 96 + 2
    assert [rows for _, rows, _ in result.left_out] == [2]


@pytest.mark.parametrize("step", [5, 15, 30])
def test_nem12_steps(imported, step):
    result = imported(nem12(step=step, value=0.1))
    assert set(result.readings["interval_s"]) == {60.0 * step}
    assert result.kwh == pytest.approx(2 * 1440 / step * 0.08)


def test_nem12_that_overlaps_counts_once(imported):
    result = imported(nem12(days=["20250115", "20250116"]), nem12(days=["20250116", "20250117"]))
    assert result.kwh == pytest.approx(3 * 48 * 0.4)


def test_a_damaged_day_of_nem12_is_counted(imported):
    text = nem12(days=["20250115"]).replace("300,20250115,0.5,", "300,20250115,x,", 1)
    result = imported(text)
    assert ("the day is not a date with all its intervals", 48, 3) in result.left_out


def days_of(*flags, events=(), values=None):
    """Return NEM12 days of 0.5 kWh each half-hour with the qualities that are given."""
    lines = ["100,NEM12,202501170000,R,C", "200,NMI0000001,E1,E1,E1,N1,METER1,KWH,30,20250201"]
    for number, flag in enumerate(flags):
        texts = values or ["0.5"] * 48
        lines.append(f"300,2025011{number},{','.join(texts)},{flag},,,20250118,,")
        lines += events
    return "\n".join([*lines, "900", ""])


def test_a_day_without_values_is_counted_and_is_not_0(imported):
    result = imported(days_of("A", "N", "A"))
    assert result.kwh == pytest.approx(48.0)
    assert result.readings["interval_s"].sum() == 2 * 86_400
    assert ("the interval has no value: its quality is N", 48, 4) in result.left_out


def test_400_records_say_which_intervals_of_a_day_have_no_value(imported):
    events = ["400,1,32,A,,", "400,33,40,S14,,", "400,41,48,N,,"]
    result = imported(days_of("V", events=events))
    assert result.kwh == pytest.approx(20.0)
    assert result.left_out == [("the interval has no value: its quality is N", 8, 3)]
    stand_in = "intervals were not measured: estimated or substituted (quality E, F, S)"
    assert (stand_in, 8, 3) in result.said


def test_a_day_in_two_blocks_keeps_its_400_records(imported, monkeypatch):
    monkeypatch.setattr("energykit.meters.source.TextFile.blocks", lines_one_by_one)
    events = ["400,1,24,A,,", "400,25,48,N,,"]
    result = imported(days_of("V", "V", events=events))
    assert result.kwh == pytest.approx(24.0)
    assert [(rows, line) for _, rows, line in result.left_out] == [(48, 3)]


def lines_one_by_one(file, size=0):
    """Yield a file's lines, each as a block."""
    yield from file.path.read_bytes().splitlines(keepends=True)


@pytest.mark.parametrize("flag", ["E54", "F12", "S14"])
def test_values_that_were_not_measured_are_used_and_said(imported, flag):
    result = imported(days_of("A", flag))
    assert result.kwh == pytest.approx(48.0)
    assert [(rows, line) for what, rows, line in result.said if "not measured" in what] == [(48, 4)]


def test_blank_intervals_of_today_are_counted_and_the_others_used(imported):
    result = imported(days_of("A", values=["0.5"] * 32 + [""] * 16))
    assert result.kwh == pytest.approx(16.0)
    assert result.left_out == [("the interval has no number", 16, 3)]


def test_a_later_file_fills_what_an_earlier_one_did_not_know(imported):
    assert imported(days_of("N", "A"), days_of("A", "A")).kwh == pytest.approx(48.0)


def test_blanks_around_the_fields_of_nem12_do_not_matter(imported):
    plain = imported(nem12()).readings
    assert imported(nem12().replace(",0.", " , 0.")).readings.equals(plain)


def test_nem13_reads(imported):
    line = (
        "250,NMI0000002,1141,01,11,11,METER2,E,000021.2,20250101000000,A,,,000031.2,20250201000000,"
        "A,,,10.0,KWH,20250301,20250202,20250202"
    )
    result = imported(f"100,NEM13,202502020000,A,B\n{line}\n900\n")
    assert result.kwh == pytest.approx(10.0)
    assert result.readings["interval_s"].to_list() == [31 * 86400]


@pytest.mark.parametrize(
    ("given", "kwh"),
    [
        ({}, 2.0),
        ({"direction": 19}, -2.0),
        ({"power": 3, "value": 1}, 4.0),
        ({"power": -3, "value": 500_000}, 2.0),
        ({"duration": 900}, 2.0),
        ({"uom": 38, "duration": 900}, 0.5),
    ],
)
def test_green_button(imported, given, kwh):
    result = imported(espi(**given), name="usage.xml")
    assert result.kwh == pytest.approx(kwh)
    assert result.stamps[0] == "2025-01-15T00:00:00Z"
    assert result.readings["household_id"][0] == "7"


def of_quality(code, text):
    """Return a feed whose first interval has a quality."""
    quality = f"<ReadingQuality><quality>{code}</quality></ReadingQuality><timePeriod>"
    return text.replace("<timePeriod>", quality, 1)


@pytest.mark.parametrize(("code", "kwh"), [(0, 2.0), (8, 2.0), (9, 2.0), (12, 1.5), (17, 2.0)])
def test_green_button_says_what_was_not_measured(imported, code, kwh):
    result = imported(of_quality(code, espi()), name="usage.xml")
    assert result.kwh == pytest.approx(kwh)
    forecast = [("the interval is a forecast (quality 12)", 1, 1)]
    assert result.left_out == (forecast if code == 12 else [])
    said = ("intervals were estimated, not measured (quality 8, 9)", 1, 1)
    assert (said in result.said) == (code in {8, 9})


def test_green_button_of_gas_is_refused(imported):
    with pytest.raises(ArtifactError, match="does not hold energy or power of intervals"):
        imported(espi(uom=169), name="usage.xml")


def test_green_button_that_is_cut_off_is_refused_with_its_line(imported):
    with pytest.raises(ArtifactError, match="is not whole XML"):
        imported(espi()[:-40], name="usage.xml")


def test_p1_telegrams(imported):
    result = imported("".join(telegram(n) for n in range(5)), name="p1.txt")
    assert result.power == pytest.approx([400.0] * 4)
    assert result.stamps[0] == "2025-01-14T23:00:00Z"
    assert result.readings["household_id"][0] == "METER"
    assert result.readings["voltage"].to_list() == [230.1] * 4


@pytest.mark.parametrize("beside", [(), ("1-0:1.8.1({0:010.3f}*kWh)", "1-0:2.8.1(000000.000*kWh)")])
def test_p1_telegrams_with_a_register_of_the_total(imported, beside):
    """Meters of Luxembourg and Sweden count the total alone, some count it and each tariff."""

    def total(n):
        lines = ["/Lux5\\2536", "", f"0-0:1.0.0(2501150{n}0000W)", "0-0:42.0.0(4D45544552)"]
        lines += [f"1-0:1.8.0({1000 + 0.5 * n:010.3f}*kWh)", "1-0:2.8.0(000000.000*kWh)"]
        lines += [line.format(1000 + 0.5 * n) for line in beside]
        body = "\r\n".join([*lines, "!"])
        return body + crc16(body) + "\r\n"

    result = imported("".join(total(n) for n in range(5)), name="p1.txt")
    assert result.power == pytest.approx([500.0] * 4)
    assert result.readings["household_id"][0] == "METER"


def test_p1_telegrams_in_the_hour_that_exists_twice(imported):
    times = ["251026013000S", "251026023000S", "251026023000W", "251026033000W"]
    result = imported("".join(telegram(n, time=t) for n, t in enumerate(times)))
    assert result.readings["interval_s"].to_list() == [3600.0] * 3
    assert result.kwh == pytest.approx(1.2)


def test_p1_telegrams_of_a_clock_that_stays_on_winter_time(imported):
    """The clocks of Swedish meters do: the letter says the offset, whatever the month."""
    result = imported("".join(telegram(n, time=f"2507010{n}0000W") for n in range(5)))
    assert result.stamps[0] == "2025-06-30T23:00:00Z"
    assert result.power == pytest.approx([400.0] * 4)


def test_a_damaged_telegram_is_counted(imported):
    texts = [telegram(n) for n in range(5)]
    texts[2] = texts[2].replace("230.1", "231.1")
    result = imported("".join(texts))
    assert result.left_out == [("the telegram's checksum does not fit", 1, 27)]
    assert result.kwh == pytest.approx(1.6)
    assert result.readings["interval_s"].to_list() == [3600.0, 7200.0, 3600.0]
