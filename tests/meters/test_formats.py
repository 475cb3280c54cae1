"""Formats with a structure of their own, and spreadsheets; all numbers are made up."""

import collections
import io
import itertools
import zipfile

import pytest

from energykit.errors import ArtifactError, ParameterError


def nem12(*, days=("20250115", "20250116"), value=0.5, step=30):
    count = 1440 // step
    lines = ["100,NEM12,202501170000,RETAILER,CUSTOMER"]
    for suffix, number in (("E1", value), ("B1", value / 5), ("Q1", 9)):
        unit = "KWH" if suffix != "Q1" else "kVArh"
        lines.append(f"200,NMI0000001,E1B1Q1,{suffix},{suffix},N1,METER1,{unit},{step},20250201")
        lines += [
            f"300,{day}," + ",".join([str(number)] * count) + ",A,,,20250118,," for day in days
        ]
    return "\n".join([*lines, "900", ""])


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


def espi(*, direction=1, power=0, value=500, uom=72, duration=3600):
    readings = "".join(
        f"<IntervalReading><timePeriod><duration>{duration}</duration><start>{1736899200 + duration * n}</start>"
        f"</timePeriod><value>{value}</value></IntervalReading>"
        for n in range(4)
    )
    base = "https://provider.test/espi/UsagePoint/7"
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xmlns:e="http://naesb.org/espi">
<entry><link rel="self" href="https://provider.test/espi/ReadingType/1"/><content>
<ReadingType xmlns="http://naesb.org/espi"><accumulationBehaviour>4</accumulationBehaviour><flowDirection>{direction}</flowDirection>
<powerOfTenMultiplier>{power}</powerOfTenMultiplier><uom>{uom}</uom></ReadingType></content></entry>
<entry><link rel="self" href="{base}/MeterReading/1"/><link rel="related" href="https://provider.test/espi/ReadingType/1"/>
<content><MeterReading xmlns="http://naesb.org/espi"/></content></entry>
<entry><link rel="self" href="{base}/MeterReading/1/IntervalBlock/1"/><content>
<IntervalBlock xmlns="http://naesb.org/espi">{readings}</IntervalBlock></content></entry></feed>"""


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


def crc16(text):
    value = 0
    for byte in text.encode():
        value ^= byte
        for _ in range(8):
            value = (value >> 1) ^ 0xA001 if value & 1 else value >> 1
    return f"{value:04X}"


def telegram(n, *, drawn=1000.0, fed_in=50.0, time=None):
    body = "\r\n".join(
        [
            "/ISK5\\2M550T-1012", "", "1-3:0.2.8(50)", f"0-0:1.0.0({time or f'2501150{n}0000W'})",
            "0-0:96.1.1(4D45544552)", f"1-0:1.8.1({drawn + 0.3 * n:010.3f}*kWh)",
            f"1-0:1.8.2({drawn + 0.2 * n:010.3f}*kWh)", f"1-0:2.8.1({fed_in + 0.1 * n:010.3f}*kWh)",
            "1-0:2.8.2(000000.000*kWh)", "1-0:1.7.0(00.500*kW)", "1-0:32.7.0(230.1*V)", "1-0:31.7.0(002*A)", "!",
        ]
    )  # fmt: skip
    return body + crc16(body) + "\r\n"


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


def test_a_damaged_telegram_is_counted(imported):
    texts = [telegram(n) for n in range(5)]
    texts[2] = texts[2].replace("230.1", "231.1")
    result = imported("".join(texts))
    assert result.left_out == [("the telegram's checksum does not fit", 1, 27)]
    assert result.kwh == pytest.approx(1.6)
    assert result.readings["interval_s"].to_list() == [3600.0, 7200.0, 3600.0]


XLSX_ROWS = [["Lastgang 2025"], ["t", "kWh"], [45672, 0.5], [45672.25, 0.25], [45672.5, 0.25]]


def xlsx(rows=XLSX_ROWS, styles=(1, 0)):
    """Return a spreadsheet: 0 a number, 1 date and time, 2 a date, 3 a time, by columns."""
    cells = "".join(
        f'<row r="{n}">' + "".join(
            f'<c r="{"ABC"[m]}{n}" t="inlineStr"><is><t>{cell}</t></is></c>' if isinstance(cell, str)
            else f'<c r="{"ABC"[m]}{n}" s="{styles[m]}"><v>{cell}</v></c>'
            for m, cell in enumerate(row)
        ) + "</row>"
        for n, row in enumerate(rows, 1)
    )  # fmt: skip
    main = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    files = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" ContentType="{kind}.sheet.main+xml"/><Override PartName="/xl/styles.xml" ContentType="{kind}.styles+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="{kind}.worksheet+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1" Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook {main} xmlns:r="{office}"><sheets><sheet name="Werte" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1" Type="{office}/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="r2" Type="{office}/styles" Target="styles.xml"/></Relationships>',
        "xl/styles.xml": f'<styleSheet {main}><fonts count="1"><font/></fonts><fills count="1"><fill/></fills><borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="4"><xf numFmtId="0"/><xf numFmtId="22" applyNumberFormat="1"/><xf numFmtId="14" applyNumberFormat="1"/><xf numFmtId="20" applyNumberFormat="1"/></cellXfs></styleSheet>',
        "xl/worksheets/sheet1.xml": f"<worksheet {main}><sheetData>{cells}</sheetData></worksheet>",
    }
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return stream.getvalue()


def test_a_spreadsheet(imported):
    pytest.importorskip("python_calamine", reason="comes with the extra meters")
    columns = {"timestamp": "t", "power_consumption": "kWh"}
    result = imported(xlsx(), name="meter.xlsx", columns=columns)
    assert result.kwh == pytest.approx(1.0)
    assert result.stamps[0] == "2025-01-15T00:00:00"
    with pytest.raises(ParameterError, match="there is no sheet 'Wert'") as caught:
        imported(xlsx(), name="meter.xlsx", columns=columns, sheet="Wert")
    assert "did you mean 'Werte'?" in caught.value.hint


def test_what_is_not_a_spreadsheet_is_refused(imported):
    pytest.importorskip("python_calamine", reason="comes with the extra meters")
    with pytest.raises(ArtifactError, match="is not a spreadsheet that can be read"):
        imported(
            "t,kWh\n", name="meter.xlsx", columns={"timestamp": "t", "power_consumption": "kWh"}
        )


def filled_down(start, count, step=1 / 96):
    """Return what a spreadsheet keeps of a column that adds a step to the cell above [days]."""
    return itertools.accumulate(itertools.repeat(step, count - 1), initial=start)


def test_a_spreadsheet_whose_stamps_were_filled_down(imported):
    """From the fourth week on, each stamp is a millisecond early, midnight the day before's."""
    pytest.importorskip("python_calamine", reason="comes with the extra meters")
    rows = [["t", "kWh"], *([stamp, 0.25] for stamp in filled_down(45658, 96 * 31))]
    result = imported(
        xlsx(rows), name="m.xlsx", columns={"timestamp": "t", "power_consumption": "kWh"}
    )
    assert len(result.stamps) == 96 * 31
    assert {stamp[14:] for stamp in result.stamps} == {"00:00", "15:00", "30:00", "45:00"}
    days = collections.Counter(stamp[:10] for stamp in result.stamps)
    assert set(days.values()) == {96}


def test_a_spreadsheet_that_keeps_parts_of_seconds_keeps_them(imported):
    pytest.importorskip("python_calamine", reason="comes with the extra meters")
    rows = [["t", "kWh"], *([45658 + n * 0.5 / 86400, 0.001] for n in range(8))]
    result = imported(
        xlsx(rows), name="m.xlsx", columns={"timestamp": "t", "power_consumption": "kWh"}
    )
    assert result.readings["interval_s"].to_list() == [0.5] * 8


@pytest.mark.parametrize("drift", [0, 1e-9])
def test_a_spreadsheet_with_24_00_in_a_column_of_times(imported, drift):
    """The end of a day is 1 to a spreadsheet, and a date of 1900 to what reads it."""
    pytest.importorskip("python_calamine", reason="comes with the extra meters")
    rows = [["day", "time", "kWh"]]
    rows += [[45658 + n // 24, (n % 24 + 1) / 24 - drift, 1.0] for n in range(72)]
    columns = {"timestamp": ["day", "time"], "power_consumption": "kWh"}
    result = imported(xlsx(rows, styles=(2, 3, 0)), name="m.xlsx", columns=columns)
    assert result.left_out == []
    assert result.stamps[0] == "2025-01-01T00:00:00"
    assert result.power == pytest.approx([1000.0] * 72)
