"""Memory: from one million rows on (Parquet: four), three times the rows cost hardly more."""

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


@pytest.mark.slow
@pytest.mark.parametrize(("suffix", "millions"), [(".csv", 1), (".pb", 1), (".parquet", 4)])
def test_more_rows_take_no_more_memory(tmp_path, legacy, suffix, millions, peak_code):
    code = COPY + peak_code
    part = pl.concat([scan(legacy / "energy_data.csv").frame.collect()] * 10_000)
    for times in (1, 3):
        write((part for _ in range(10 * millions * times)), tmp_path / f"{times}{suffix}")
    few, many = (
        peak_mb(code, tmp_path / f"{times}{suffix}", tmp_path / f"copy{suffix}") for times in (1, 3)
    )
    assert many < 600
    assert many <= 1.35 * few
