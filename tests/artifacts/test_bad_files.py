"""Files that are no artefacts: refused by name, at once, with what to do next."""

import os
import subprocess
import sys
from datetime import timedelta

import polars as pl
import pytest

from energykit.artifacts import csv_blocks as blocks
from energykit.artifacts import digest, frame, scan
from energykit.artifacts.formats import FORMATS, SUFFIXES
from energykit.errors import ArtifactError

HEADER = b"timestamp,household_id,power_consumption,voltage,current\n"
GOOD = b"2025-01-01T00:00:00Z,HH-0,120.5,230.0,5.1\n"


def refusal(path, content=None):
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ArtifactError) as caught:
        scan(path).frame.collect()
    assert str(path) in caught.value.where
    assert caught.value.hint
    return caught.value


def test_a_missing_file(tmp_path):
    error = refusal(tmp_path / "energy_data.csv")
    assert (error.what, error.code) == ("there is no such file", "NOT_FOUND")


def test_a_directory(tmp_path):
    (tmp_path / "energy_data.csv").mkdir()
    assert refusal(tmp_path / "energy_data.csv").what == "is a directory, not a file"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no named pipes")
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_pipe_does_not_hang(tmp_path, suffix):
    os.mkfifo(tmp_path / f"pipe{suffix}")
    assert "named pipe" in refusal(tmp_path / f"pipe{suffix}").what


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything"
)
def test_no_permission(tmp_path):
    path = tmp_path / "energy_data.csv"
    path.write_bytes(HEADER)
    path.chmod(0)
    assert refusal(path).code == "PERMISSION_DENIED"


def test_an_unknown_suffix_names_the_nearest(tmp_path):
    path = tmp_path / "energy_data.cvs"
    path.write_bytes(HEADER)
    assert refusal(path).hint == "did you mean '.csv'?"


@pytest.mark.parametrize(
    "suffix", [suffix for suffix, entry in FORMATS.items() if not entry.may_be_empty]
)
def test_an_empty_file(tmp_path, suffix):
    assert refusal(tmp_path / f"energy_data{suffix}", b"").what == "is empty"


def test_an_empty_pb_holds_zero_rows(tmp_path):
    (tmp_path / "energy_data.pb").write_bytes(b"")
    found = scan(tmp_path / "energy_data.pb")
    assert (found.frame.collect().height, found.rows_in) == (0, 0)


@pytest.mark.parametrize(
    ("name", "content", "looks_like"),
    [
        ("a.csv", b"PAR1" + bytes(20) + b"PAR1", "a Parquet file"),
        ("a.csv", b"\x1f\x8b\x08" + bytes(20), "gzip data"),
        ("a.csv", b"PK\x03\x04" + bytes(20), "a ZIP archive or a spreadsheet"),
        ("a.csv", b"\n\x26\n\x142025-01-01T00:00:00Z", "protobuf messages (.pb)"),
        ("a.csv", bytes(range(256)) * 8, "binary data"),
        ("a.csv", (HEADER + GOOD).decode().encode("utf-16"), "UTF-16 text"),
        ("a.csv", (HEADER + GOOD).decode().encode("utf-16-le"), "UTF-16 text"),
        ("a.csv", b"<html><body>not found</body></html>", "HTML or XML"),
        ("a.csv", b'{"rows": []}', "JSON"),
        ("a.parquet", HEADER + GOOD, "text"),
        ("a.pb", HEADER + GOOD, "text"),
        ("a.pb", b"PAR1" + bytes(20), "a Parquet file"),
    ],
)
def test_another_format_than_the_suffix_says(tmp_path, name, content, looks_like):
    error = refusal(tmp_path / name, content)
    assert error.what == f"is named {name[1:]} but looks like {looks_like}"


def test_a_missing_column_is_named_with_those_found(tmp_path):
    error = refusal(tmp_path / "a.csv", b"timestamp,household_id,watts,voltage,current\n")
    assert error.what.startswith(
        "column 'power_consumption' missing for readings; columns found: 'timestamp', "
    )
    assert error.where.endswith(":1:1")


def test_a_duplicate_column_is_refused(tmp_path):
    error = refusal(tmp_path / "a.csv", HEADER.strip() + b",voltage\n")
    assert error.what == "column 'voltage' appears 2 times in the header"


@pytest.mark.parametrize(
    ("name", "meant"),
    [(b"voltag", "voltage"), (b"Voltage", "voltage"), (b" voltage", "voltage")],
)
def test_a_misspelt_column_does_not_pass_for_one_that_was_not_measured(tmp_path, name, meant):
    header = b"timestamp,household_id,power_consumption," + name + b",current\n"
    error = refusal(tmp_path / "a.csv", header)
    assert error.what == f"column {name.decode()!r} is unknown, and {meant!r} is missing"
    assert repr(meant) in error.hint


def test_another_separator_is_recognised(tmp_path):
    assert "separator" in refusal(tmp_path / "a.csv", HEADER.replace(b",", b";")).hint


def test_a_header_that_is_not_utf8(tmp_path):
    assert refusal(tmp_path / "a.csv", b"zeit,stra\xdfe\n").where.endswith("a.csv:1:10")


def test_carriage_returns_alone(tmp_path):
    error = refusal(tmp_path / "a.csv", (HEADER + GOOD).replace(b"\n", b"\r"))
    assert error.what == "lines end in a carriage return alone"


def test_an_endless_line_is_refused_in_bounded_memory(tmp_path, peak_code):
    path = tmp_path / "a.csv"
    with path.open("wb") as file:
        file.write(HEADER + GOOD)
        file.seek(1 << 30)  # a hole: a gigabyte of NUL bytes that takes no room
        file.write(b"\n")
    code = (
        "import sys\n"
        "from energykit.artifacts import scan\n"
        "from energykit.errors import ArtifactError\n"
        "try:\n    scan(sys.argv[1]).frame.collect()\n"
        "except ArtifactError as exc:\n    print(exc.where)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code + peak_code, str(path)],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    where, peak_mb = done.stdout.split()
    assert where == f"{path}:3:1"
    assert float(peak_mb) < 300


def test_an_endless_header(tmp_path):
    assert "longer than 1 MiB" in refusal(tmp_path / "a.csv", b"x" * (2 << 20)).what


def test_a_quote_that_is_never_closed(tmp_path):
    error = refusal(tmp_path / "a.csv", HEADER + GOOD + b'2025-01-01T00:00:00Z,"a,1,1,1\n' + GOOD)
    assert error.what == "a quoted field has no end"


def test_a_long_quoted_field_is_refused_in_bounded_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(blocks, "BLOCK_BYTES", 4096)
    content = HEADER + b'2025-01-01T00:00:00Z,"' + b"a\n" * (1 << 20) + b'",1,1,1\n'
    assert refusal(tmp_path / "a.csv", content).what == "a quoted field has no end"


@pytest.mark.parametrize("keep", [5, 100, 500])
def test_a_cut_parquet_file(tmp_path, keep):
    path = tmp_path / "a.parquet"
    pl.DataFrame({"timestamp": ["x"] * 100}).write_parquet(path)
    assert refusal(path, path.read_bytes()[:keep]).code == "DATA_LOSS"


def test_a_damaged_parquet_file(tmp_path):
    path = tmp_path / "a.parquet"
    pl.DataFrame({"timestamp": ["x"] * 100}).write_parquet(path)
    content = path.read_bytes()
    assert (
        refusal(path, content[:4] + b"\xff" * (len(content) - 8) + content[-4:]).code == "DATA_LOSS"
    )


DAMAGE = """
import sys
from pathlib import Path
from energykit.artifacts import scan, write
from energykit.errors import ArtifactError
path, target, content = Path(sys.argv[1]), sys.argv[2], Path(sys.argv[1]).read_bytes()
footer = len(content) - 8 - int.from_bytes(content[-8:-4], "little")
for place in range(4, min(300, footer)):
    path.write_bytes(content[:place] + b"\\x01" + content[place + 1 :])
    try:
        read = scan(path)
        rows = write(read.frame, target).rows + sum(part.rows for part in read.skipped)
        print("read" if rows == 100 else f"LOST at {place}: {rows}", flush=True)
    except ArtifactError as exc:
        print("refused" if exc.code == "DATA_LOSS" else exc, flush=True)
"""


def test_a_damaged_parquet_page_loses_no_row_unseen(tmp_path):
    path = tmp_path / "a.parquet"
    numbers = [float(number) for number in range(100)]
    texts = {
        "timestamp": [f"2025-01-01T00:{n // 60:02}:{n % 60:02}" for n in range(100)],
        "household_id": ["a"] * 100,
    }
    pl.DataFrame(
        texts | dict.fromkeys(("power_consumption", "voltage", "current"), numbers)
    ).write_parquet(path)
    told = subprocess.run(
        [sys.executable, "-c", DAMAGE, path, tmp_path / "b.csv"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert set(told.stdout.splitlines()) == {
        "read",
        "refused",
    }  # it may end early: polars cannot always be stopped


def test_a_parquet_footer_that_makes_its_parser_panic(tmp_path):
    path = tmp_path / "a.parquet"
    pl.DataFrame({"timestamp": ["2025-01-01T00:00:00Z"] * 4}).write_parquet(path)
    content = path.read_bytes()
    footer = len(content) - 8 - int.from_bytes(content[-8:-4], "little")
    for place in range(footer, len(content) - 8):
        path.write_bytes(content[:place] + b"\x7f" + content[place + 1 :])
        with pytest.raises(ArtifactError):  # whatever it says now, it lacks the other columns
            scan(path)


@pytest.mark.parametrize(
    "values",
    [[[1.0], []], [{"a": 1}, {"a": 2}], [timedelta(1), timedelta(2)]],
    ids=["lists", "structs", "durations"],
)
def test_a_parquet_column_that_no_row_has_one_value_in_is_refused_by_name(tmp_path, values):
    table = {
        **{name: ["1", "2"] for name in ("timestamp", "household_id", "voltage", "current")},
        "power_consumption": values,
    }
    pl.DataFrame(table).write_parquet(tmp_path / "a.parquet")
    assert refusal(tmp_path / "a.parquet").what.startswith("the column 'power_consumption' holds ")


@pytest.mark.parametrize("size", [0x28, 0x7F])
def test_a_pb_text_that_claims_to_go_on_behind_its_record(tmp_path, size):
    record = bytes([0x0A, size]) + b"2025-01-01T00:00:00Z"
    assert refusal(tmp_path / "a.pb", bytes([0x0A, len(record)]) + record).code == "DATA_LOSS"


@pytest.mark.parametrize("keep", [1, 2, 30, 413])
def test_a_cut_pb_file(tmp_path, keep, legacy):
    error = refusal(tmp_path / "a.pb", (legacy / "analysis_output.pb").read_bytes()[:keep])
    assert error.code == "DATA_LOSS"
    assert "in the middle of record" in error.what


def test_a_pb_record_of_absurd_size(tmp_path):
    assert (
        "a record claims 268435455 bytes, at byte 0"
        in refusal(tmp_path / "a.pb", b"\n\xff\xff\xff\x7f" + bytes(50)).what
    )


def test_a_pb_of_other_messages(tmp_path):
    assert refusal(tmp_path / "a.pb", b"\x0a\x03\xff\xff\xff").code == "DATA_LOSS"


def test_digest_and_frame_refuse_alike(tmp_path):
    for function in (digest, frame):
        with pytest.raises(ArtifactError, match="no such file"):
            function(tmp_path / "missing.csv")
