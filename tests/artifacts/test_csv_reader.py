"""CSV: which rows are used, which are left out, and why."""

import polars as pl
import pytest

from energykit.artifacts import Skipped, scan
from energykit.artifacts import csv_blocks as blocks
from energykit.errors import ArtifactError

HEADER = "timestamp,household_id,power_consumption,voltage,current\n"
GOOD = "2025-01-01T00:00:00Z,HH-0,120.5,230.0,5.1\n"


def used(path):
    found = scan(path)
    return found.frame.collect().rows(), found.rows_in, found.skipped


def test_readings_are_typed(file):
    found = scan(file(HEADER + GOOD))
    frame = found.frame.collect()
    assert frame.schema == pl.Schema(
        {
            "timestamp": pl.String,
            "household_id": pl.String,
            "power_consumption": pl.Float64,
            "voltage": pl.Float64,
            "current": pl.Float64,
        }
    )
    assert frame.rows() == [("2025-01-01T00:00:00Z", "HH-0", 120.5, 230.0, 5.1)]
    assert (found.kind, found.rows_in, found.skipped) == ("readings", 1, ())


BAD = [
    ("x", "HH", "1", "1", "1", "timestamp is not an ISO 8601 date and time"),
    ("", "HH", "1", "1", "1", "timestamp is blank"),
    ("2025-02-30T00:00:00Z", "HH", "1", "1", "1", "timestamp is not an ISO 8601 date and time"),
    ("2025-01-01T25:00:00Z", "HH", "1", "1", "1", "timestamp is not an ISO 8601 date and time"),
    ("2025-01-01T00:00:60Z", "HH", "1", "1", "1", "timestamp is not an ISO 8601 date and time"),
    ("2025-01-01T24:01:00Z", "HH", "1", "1", "1", "timestamp is not an ISO 8601 date and time"),
    ("2025-01-01T24:00:00.5Z", "HH", "1", "1", "1", "timestamp is not an ISO 8601 date and time"),
    ("2025-02-30T24:00:00Z", "HH", "1", "1", "1", "timestamp is not an ISO 8601 date and time"),
    ("9999-12-31T24:00:00Z", "HH", "1", "1", "1", "timestamp is not an ISO 8601 date and time"),
    (
        "0001-01-01T00:00:00+01:00",
        "HH",
        "1",
        "1",
        "1",
        "timestamp is not an ISO 8601 date and time",
    ),
    ("+025-01-01T00:00:00Z", "HH", "1", "1", "1", "timestamp is not an ISO 8601 date and time"),
    ("2025-01-01T00:00:00Z", " ", "1", "1", "1", "household_id is blank"),
    ("2025-01-01T00:00:00Z", "a\0b", "1", "1", "1", "household_id holds a NUL byte"),
    ("2025-01-01T00:00:00Z", "HH", "one", "1", "1", "power_consumption is not a number"),
    ("2025-01-01T00:00:00Z", "HH", "", "1", "1", "power_consumption is blank"),
    ("2025-01-01T00:00:00Z", "HH", "1", "1", "inf", "current is not finite"),
    ("2025-01-01T00:00:00Z", "HH", "1", "1", "nan", "current is not finite"),
    (
        "2025-01-01T00:00:00Z",
        "HH",
        "1e39",
        "1",
        "1",
        "power_consumption is larger than a 32-bit float holds",
    ),
    (
        "2025-01-01T00:00:00",
        "HH",
        "1",
        "1",
        "1",
        "timestamp has no time zone, unlike the first reading",
    ),
]


@pytest.mark.parametrize("fields", BAD, ids=lambda fields: fields[-1])
def test_a_bad_row_is_left_out_with_reason_and_line(file, fields):
    *row, reason = fields
    rows, rows_in, skipped = used(file(HEADER + GOOD + ",".join(row) + "\n" + GOOD))
    assert len(rows) == 2
    assert rows_in == 3
    assert skipped == (Skipped(reason, 1, 3),)


@pytest.mark.parametrize("fields", BAD, ids=lambda fields: fields[-1])
def test_strict_refuses_a_bad_row_by_line_and_column(file, fields):
    *row, reason = fields
    path = file(HEADER + GOOD + ",".join(row) + "\n")
    column = ["timestamp", "household_id", "power_consumption", "voltage", "current"].index(
        reason.split()[0]
    )
    place = len(",".join(row[:column])) + (column > 0) + 1
    with pytest.raises(ArtifactError) as caught:
        scan(path, strict=True).frame.collect()
    assert caught.value.what == reason
    assert caught.value.where == f"{path}:3:{place}"
    assert "strict" in caught.value.hint


@pytest.mark.parametrize(
    "row", ["a,b\n", "2025-01-01T00:00:00Z,HH,1,1,1,1\n", "2025-01-01T00:00:00Z,HH,1,1\n"]
)
def test_a_wrong_number_of_fields_is_a_reason(file, row):
    rows, rows_in, skipped = used(file(HEADER + row + GOOD))
    assert (len(rows), rows_in) == (1, 2)
    assert skipped == (Skipped("number of fields differs from the header's 5", 1, 2),)


def test_a_short_row_does_not_hide_behind_a_long_one(file):
    rows, rows_in, skipped = used(
        file(HEADER + GOOD + "2025-01-01T00:00:00Z,HH,1,1\n" + GOOD.strip() + ",9\n")
    )
    assert (len(rows), rows_in) == (1, 3)
    assert [(entry.rows, entry.first_line) for entry in skipped] == [(2, 3)]


def test_reasons_are_listed_in_the_order_of_the_file(file):
    text = HEADER + GOOD + "x,HH,1,1,1\n" + "2025-01-01T00:00:00Z,HH,y,1,1\n" + "x,HH,1,1,1\n"
    assert used(file(text))[2] == (
        Skipped("timestamp is not an ISO 8601 date and time", 2, 3),
        Skipped("power_consumption is not a number", 1, 4),
    )


LINE_END = "household_id holds a line end: is a quote left open?"


def test_a_household_that_holds_a_line_end_is_left_out_with_the_lines_it_took(file):
    text = HEADER + '2025-01-01T00:00:00Z,"a\nb",1,1,1\n' + GOOD + "x,HH,1,1,1\n"
    rows, rows_in, skipped = used(file(text))
    assert [row[1] for row in rows] == ["HH-0"]
    assert skipped[0] == Skipped(LINE_END, 2, 2)
    assert (rows_in, skipped[1].first_line) == (4, 5)


@pytest.mark.parametrize("name", ["timestamp", "power_consumption", "current"])
def test_no_field_of_a_reading_may_hold_a_line_end(file, name):
    values = dict(zip(HEADER.strip().split(","), GOOD.strip().split(","), strict=True))
    values[name] = f'"{values[name]}\n"'
    _, _, skipped = used(file(HEADER + ",".join(values.values()) + "\n" + GOOD))
    assert skipped == (Skipped(f"{name} holds a line end: is a quote left open?", 2, 2),)


def test_a_stray_quote_is_counted_with_every_line_that_it_swallows(file):
    good = [GOOD] * 5000
    good[10] = GOOD.replace("HH-0", '"HH-0')
    rows, rows_in, skipped = used(file(HEADER + "".join(good)))
    assert rows_in == 5000 == len(rows) + sum(entry.rows for entry in skipped)
    assert skipped[0].rows > 1000
    assert skipped[0].first_line == 12
    with pytest.raises(ArtifactError, match="stray carriage return or an overlong field") as caught:
        scan(file(HEADER + "".join(good)), strict=True).frame.collect()
    assert ":12:" in caught.value.where


def test_a_second_quote_hides_no_reading(file):
    good = [GOOD] * 200
    good[10] = GOOD.replace("HH-0", '"HH-0')
    good[150] = GOOD.replace("HH-0", 'HH-0"')
    rows, rows_in, skipped = used(file(HEADER + "".join(good)))
    assert (len(rows), rows_in) == (59, 200)
    assert sum(entry.rows for entry in skipped) == 141
    with pytest.raises(ArtifactError):
        scan(file(HEADER + "".join(good)), strict=True).frame.collect()


def test_a_quoted_field_may_cross_the_end_of_a_block(file, monkeypatch):
    monkeypatch.setattr(blocks, "BLOCK_BYTES", 64)
    text = (
        HEADER
        + GOOD
        + '2025-01-01T00:00:00Z,"a\n'
        + "b\n" * 100
        + '",1,1,1\n'
        + GOOD * 20
        + "x,HH,1,1,1\n"
    )
    rows, rows_in, skipped = used(file(text))
    assert (len(rows), rows_in) == (21, 124)
    assert skipped[0] == Skipped(LINE_END, 102, 3)
    assert skipped[1].first_line == text.count("\n")


def test_blank_lines_are_no_rows_but_count_as_lines(file):
    rows, rows_in, skipped = used(file(HEADER + "\n" + GOOD + "\n\nx,HH,1,1,1\n\n"))
    assert (len(rows), rows_in, skipped[0].first_line) == (1, 2, 6)


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("last", [True, False])
def test_line_ends_and_a_missing_last_one_are_read_alike(file, end, last):
    text = (HEADER + GOOD * 3).replace("\n", end)
    rows, rows_in, skipped = used(file(text if last else text.removesuffix(end)))
    assert (len(rows), rows_in, skipped) == (3, 3, ())


def test_a_byte_order_mark_is_ignored(file):
    assert len(used(file(b"\xef\xbb\xbf" + (HEADER + GOOD).encode()))[0]) == 1


def test_columns_may_be_reordered_and_others_are_ignored(file):
    text = (
        "note,current,voltage,power_consumption,household_id,timestamp\n"
        "n,5.1,230.0,120.5,HH-0,2025-01-01T00:00:00Z\n"
    )
    assert used(file(text))[0] == [("2025-01-01T00:00:00Z", "HH-0", 120.5, 230.0, 5.1)]


def test_text_that_is_not_utf8_costs_its_row_only(file):
    rows, rows_in, skipped = used(
        file((HEADER + GOOD).encode() + b"2025-01-01T00:00:00Z,S\xfcd,1,1,1\n")
    )
    assert (len(rows), rows_in) == (1, 2)
    assert skipped == (Skipped("row is not UTF-8 text", 1, 3),)


def test_utf8_households_are_kept(file):
    assert used(file(HEADER + GOOD.replace("HH-0", "Süd")))[0][0][1] == "Süd"


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("2025-01-01 00:00", "2025-01-01T00:00:00"),
        ("2025-01-01T00:00:00.250Z", "2025-01-01T00:00:00.250Z"),
        ("2025-01-01T00:00:00+01:00", "2024-12-31T23:00:00Z"),
        ("2025-01-01T00:00:00-0330", "2025-01-01T03:30:00Z"),
        (" 2025-01-01T00:00:00z ", "2025-01-01T00:00:00Z"),
        ("2025-01-31 24:00", "2025-02-01T00:00:00"),
        ("2025-12-31T24:00:00.000Z", "2026-01-01T00:00:00.000Z"),
        ("2025-01-01T24:00:00+01:00", "2025-01-01T23:00:00Z"),
    ],
)
def test_timestamps_are_brought_into_one_form(file, text, seen):
    assert used(file(HEADER + GOOD.replace("2025-01-01T00:00:00Z", text)))[0][0][0] == seen


def test_numbers_may_have_blanks_around_them(file):
    assert used(file(HEADER + GOOD.replace("120.5", " 120.5 ")))[0][0][2] == 120.5


def test_negative_power_unsorted_and_duplicate_times_are_readings(file):
    text = HEADER + GOOD + GOOD.replace("120.5", "-3") + GOOD.replace("2025", "2024")
    assert len(used(file(text))[0]) == 3


def test_a_header_alone_holds_zero_rows(file):
    assert used(file(HEADER)) == ([], 0, ())
    assert used(file(HEADER.strip())) == ([], 0, ())


def test_blocks_give_the_same_rows_and_lines(file, monkeypatch):
    text = HEADER + "".join(GOOD if n % 7 else f"bad {n},HH,1,1,1\n" for n in range(500))
    path = file(text)
    whole = used(path)
    monkeypatch.setattr(blocks, "BLOCK_BYTES", 100)
    assert used(path) == whole
