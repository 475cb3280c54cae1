"""Memory: from one million rows on, three times the rows cost hardly more."""

import subprocess
import sys

import polars as pl
import pytest

from energykit.artifacts import scan, write

COPY = """
import sys
from energykit.artifacts import scan, write
write(scan(sys.argv[1]).frame, sys.argv[2])
"""


def peak_mb(code, source, target):
    done = subprocess.run(
        [sys.executable, "-c", code, str(source), str(target)],
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )
    return float(done.stdout)


def make(legacy, rows):
    """The original's ten readings, over and over."""
    part = pl.concat([scan(legacy / "energy_data.csv").frame.collect()] * 10_000)
    return (part for _ in range(rows // part.height))


@pytest.mark.slow
@pytest.mark.parametrize(("suffix", "growth"), [(".csv", 1.35), (".pb", 1.35), (".parquet", 1.15)])
def test_more_rows_take_no_more_memory(tmp_path, legacy, suffix, growth, peak_code):
    code = COPY + peak_code
    for times in (1, 3):
        write(make(legacy, times * 1_000_000), tmp_path / f"{times}{suffix}")
    few, many = (
        min(
            peak_mb(code, tmp_path / f"{times}{suffix}", tmp_path / f"copy{suffix}")
            for _ in range(2)  # threads that a busy machine holds up keep more at once
        )
        for times in (1, 3)
    )
    assert many < 400
    assert many <= growth * few


@pytest.mark.slow
def test_large_row_groups_of_another_writer_are_not_decoded_whole(tmp_path, legacy, peak_code):
    code, own, other = COPY + peak_code, tmp_path / "own.parquet", tmp_path / "other.parquet"
    write(make(legacy, 2_000_000), own)
    pl.scan_parquet(own).sink_parquet(other, row_group_size=1 << 20)
    small, large = (peak_mb(code, path, tmp_path / "copy.parquet") for path in (own, other))
    assert large <= 1.15 * small
