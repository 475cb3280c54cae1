"""Spreadsheets of meters; all numbers are made up."""

import collections
import io
import itertools
import zipfile

import pytest

from energykit.errors import ArtifactError, ParameterError

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
