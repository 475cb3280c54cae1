"""Whatever a file holds: never a traceback of ours, never a silent loss."""

import csv
import io
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from energykit.artifacts import csv_blocks as blocks
from energykit.artifacts import scan
from energykit.artifacts.formats import SUFFIXES
from energykit.errors import ArtifactError

COLUMNS = ["timestamp", "household_id", "power_consumption", "voltage", "current"]
NUMBERS = st.one_of(
    st.floats(allow_nan=True, allow_infinity=True).map(repr),
    st.sampled_from(
        [
            "",
            " ",
            "x",
            "1,5",
            "1e400",
            "0x1p3",
            "1_000",
            "+5",
            " 7 ",
            "٣",
            "½",
            "--1",
            "1e",
            "Infinity",
        ]
    ),
)
TIMES = st.one_of(
    st.datetimes().map(lambda moment: moment.isoformat() + "Z"),
    st.sampled_from(
        [
            "",
            "2025-01-01T00:00:00Z",
            "2025-01-01T00:00:00",
            "2025-13-01T00:00:00Z",
            "yesterday",
            "2025-01-01",
        ]
    ),
)
HOUSEHOLDS = st.one_of(
    st.text(max_size=8).filter(lambda text: "\r" not in text),
    st.sampled_from(["HH-0", "a,b", 'q"q', "\n"]),
)
ROWS = st.lists(st.tuples(TIMES, HOUSEHOLDS, NUMBERS, NUMBERS, NUMBERS), max_size=12)


def scanned(content):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "energy_data.csv"
        path.write_bytes(content)
        found = scan(path)
        return found.frame.collect(), found.rows_in, found.skipped


def is_number(text):
    try:
        return abs(float(text)) <= 3.4028234663852886e38 and "_" not in text and text.isascii()
    except ValueError:
        return False


def is_number_or_blank(text):
    return not text.strip() or is_number(text)


@given(ROWS, st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]), st.sampled_from(["\n", "\r\n"]))
@settings(max_examples=300, deadline=None)
def test_rows_in_are_rows_out_and_rows_skipped(rows, quoting, line_end):
    text = io.StringIO()
    writer = csv.writer(text, quoting=quoting, lineterminator=line_end)
    writer.writerow(COLUMNS)
    writer.writerows(rows)
    frame, rows_in, skipped = scanned(text.getvalue().encode("utf-8", "surrogatepass"))
    lines = [1 + "".join(row).count("\n") for row in rows]
    assert rows_in == sum(lines)
    assert rows_in == frame.height + sum(entry.rows for entry in skipped)
    good = [row for row in rows if is_number(row[2]) and all(map(is_number_or_blank, row[3:]))]
    assert frame.height <= len(good)
    assert set(frame["power_consumption"].to_list()) <= {float(row[2]) for row in good}


@given(st.lists(st.binary(max_size=60), max_size=8))
@settings(max_examples=300, deadline=None)
def test_any_bytes_after_the_header_are_rows_or_refused(lines):
    content = ",".join(COLUMNS).encode() + b"\n" + b"\n".join(lines)
    try:
        frame, rows_in, skipped = scanned(content)
    except ArtifactError as exc:
        assert exc.what == "a quoted field has no end" or "looks like" in exc.what
        return
    assert rows_in == frame.height + sum(entry.rows for entry in skipped)
    assert all(2 <= entry.first_line <= content.count(b"\n") + 1 for entry in skipped)


@given(st.binary(max_size=200), st.sampled_from(SUFFIXES))
@settings(max_examples=400, deadline=None)
def test_any_bytes_at_all_are_a_table_or_refused(content, suffix):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"noise{suffix}"
        path.write_bytes(content)
        try:
            found = scan(path)
            rows = found.frame.collect().height
        except ArtifactError as exc:
            assert str(path) in exc.where
            return
        assert found.rows_in == rows + sum(entry.rows for entry in found.skipped)


PLAIN = [
    b"2025-01-01T00:00:00Z,HH,1,2,3",
    b"x,HH,1,2,3",
    b"2025-01-01T00:00:00Z,HH,1,2",
    b"a,b,c,d,e,f",
    b"",
    b'"a",b,c,d,e',
]


@given(st.lists(st.sampled_from(PLAIN), max_size=30), st.integers(20, 200))
@settings(max_examples=150, deadline=None)
def test_the_fast_and_the_careful_way_agree(lines, block_bytes):
    content = ",".join(COLUMNS).encode() + b"\n" + b"\n".join(lines)
    whole = scanned(content)
    usual, careful = blocks.BLOCK_BYTES, blocks.is_plain
    try:
        blocks.BLOCK_BYTES = block_bytes
        parts = scanned(content)
        blocks.is_plain = lambda _: False
        records = scanned(content)
    finally:
        blocks.BLOCK_BYTES, blocks.is_plain = usual, careful
    for other in (parts, records):
        assert other[0].equals(whole[0])
        assert other[1:] == whole[1:]
