"""Tables in other files than plain text: OpenDocument, Parquet."""

import datetime as dt
import io
import zipfile

import polars as pl
import pytest

COLUMNS = {"timestamp": "t", "power_consumption": "kWh"}
HOURS = [dt.datetime.fromisoformat("2025-01-15") + dt.timedelta(hours=n) for n in range(4)]


def ods(rows):
    """Return an OpenDocument sheet of dates and numbers below a header."""
    names = (
        'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
        'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
        'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"'
    )

    def cell(kind, name, value):
        return f'<table:table-cell office:value-type="{kind}" office:{name}="{value}"/>'

    head = "".join(
        f'<table:table-cell office:value-type="string"><text:p>{name}</text:p></table:table-cell>'
        for name in COLUMNS.values()
    )
    body = "".join(
        f"<table:table-row>{cell('date', 'date-value', stamp.isoformat())}"
        f"{cell('float', 'value', value)}</table:table-row>"
        for stamp, value in rows
    )
    table = f"<table:table-row>{head}</table:table-row>{body}"
    content = (
        f'<?xml version="1.0"?><office:document-content {names}><office:body><office:spreadsheet>'
        f'<table:table table:name="Werte">{table}</table:table></office:spreadsheet></office:body>'
        "</office:document-content>"
    )
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", content)
        archive.writestr(
            "META-INF/manifest.xml",
            '<?xml version="1.0"?><manifest:manifest'
            ' xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>',
        )
    return stream.getvalue()


def test_an_opendocument_sheet(imported):
    pytest.importorskip("python_calamine", reason="comes with the extra meters")
    rows = zip(HOURS, (0.5, 0.25, 0.5, 0.25), strict=True)
    result = imported(ods(rows), name="meter.ods", columns=COLUMNS)
    assert (result.kwh, result.stamps[0]) == (pytest.approx(1.5), "2025-01-15T00:00:00")


@pytest.mark.parametrize("kind", ["datetime", "zone", "text", "nanoseconds"])
def test_a_parquet_file_of_a_meter(imported, kind):
    stamps = {
        "datetime": pl.Series(HOURS),
        "zone": pl.Series(HOURS).dt.replace_time_zone("UTC"),
        "text": pl.Series([f"{hour:%Y-%m-%d %H:%M}" for hour in HOURS]),
        "nanoseconds": pl.Series(HOURS).cast(pl.Datetime("ns")),
    }[kind]
    stream = io.BytesIO()
    pl.DataFrame({"t": stamps, "kWh": [0.5, 0.25, None, 0.25]}).write_parquet(stream)
    result = imported(stream.getvalue(), name="meter.parquet", columns=COLUMNS)
    assert result.kwh == pytest.approx(1.0)
    assert result.stamps[0].startswith("2025-01-15T00:00:00")
    assert result.left_out == [("kWh is missing", 1, 3)]
