"""The original system's three files, byte for byte, and what each service computes for them."""

import hashlib
from pathlib import Path

import pytest

from energykit.artifacts import scan, write
from energykit.errors import ParameterError
from services.energy_analyzer.rule import Undefined, apply_rule
from services.energy_generator.original import original_readings
from services.report_generator.report import report_rows

LEGACY = Path(__file__).parents[1] / "legacy"
SUMS = dict(reversed(line.split()) for line in (LEGACY / "SHA256SUMS").read_text().splitlines())


@pytest.fixture
def chain(tmp_path):
    names = ("energy_data.csv", "analysis_output.pb", "energy_report.csv")
    data, analysis, report = (tmp_path / name for name in names)
    write(original_readings(), data)
    write(apply_rule(scan(data).frame, Undefined()), analysis)
    write(report_rows(scan(analysis).frame), report)
    return tmp_path


@pytest.mark.parametrize("name", ["energy_data.csv", "analysis_output.pb", "energy_report.csv"])
def test_the_files_are_the_originals(chain, name):
    content = (chain / name).read_bytes()
    assert content == (LEGACY / name).read_bytes()
    assert hashlib.sha256(content).hexdigest() == SUMS[name]


def test_the_ten_rows_are_flagged_as_the_original_flags_them(chain):
    flags = scan(chain / "energy_report.csv").frame.collect()["anomaly_detected"].to_list()
    assert flags == [False] * 3 + [True] * 7


def test_any_number_of_rows_continues_the_ten():
    rows = [row for batch in original_readings(100_000) for row in batch.iter_rows()]
    assert len(rows) == 100_000
    assert rows[:10] == [row for batch in original_readings() for row in batch.iter_rows()]
    assert rows[65_536] == ("2025-01-01T18:12:16Z", "HH-1", 65_656.5, 230.0, 5.1 + 65_536 * 0.1)


def test_no_rows_is_an_empty_table(tmp_path):
    assert write(original_readings(0), tmp_path / "a.csv").rows == 0


def test_a_negative_number_of_rows_is_refused():
    with pytest.raises(ParameterError, match="-1 is not possible"):
        original_readings(-1)
