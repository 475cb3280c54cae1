"""Memory: ten times the rows cost next to nothing more."""

import subprocess
import sys

import polars as pl
import pytest

from energykit.artifacts import scan, write

PEAK = """
import resource, sys
from energykit.artifacts import scan, write
for _ in range(2):
    write(scan(sys.argv[1]).frame, sys.argv[2])
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 * 1024 if sys.platform == "darwin" else 1024))
"""


def peak_mb(source, target):
    done = subprocess.run(
        [sys.executable, "-c", PEAK, str(source), str(target)], capture_output=True, text=True, timeout=300, check=True
    )
    return float(done.stdout)


@pytest.mark.slow
@pytest.mark.parametrize("suffix", [".csv", ".pb", ".parquet"])
def test_ten_times_the_rows_take_no_more_memory(tmp_path, legacy, suffix):
    pytest.importorskip("resource", reason="memory is measured on POSIX")
    part = pl.concat([scan(legacy / "energy_data.csv").frame.collect()] * 10_000)
    for times in (3, 30):
        write((part for _ in range(times)), tmp_path / f"{times}{suffix}")
    few, many = (peak_mb(tmp_path / f"{times}{suffix}", tmp_path / f"copy{suffix}") for times in (3, 30))
    assert many < 600
    assert many <= 1.35 * few
