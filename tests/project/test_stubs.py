"""The committed stubs load, and write the same bytes, with the oldest and newest protobuf.

Needs a package index; where there is none, the reason is said.
"""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
(REQUIREMENT,) = (line for line in PROJECT["dependencies"] if re.match(r"protobuf\b", line))
OLDEST = re.search(r">=([\d.]+)", REQUIREMENT)[1]
SCRIPT = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
import google.protobuf
from energykit._proto import energy_pb2, energy_pipeline_pb2
request = energy_pipeline_pb2.ExecuteRequest(input_file="a")
request.parameters.update({{"rows": 3}})
assert energy_pipeline_pb2.ExecuteRequest.FromString(request.SerializeToString()) == request
reading = energy_pb2.RawEnergyData(household_id="HH-0")
assert reading.SerializeToString()
print(google.protobuf.__version__)
"""


@pytest.mark.slow
@pytest.mark.parametrize("requirement", [f"protobuf=={OLDEST}", REQUIREMENT])
def test_the_stubs_load(requirement, tmp_path):
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--upgrade",
               "--disable-pip-version-check", "--target", str(tmp_path), requirement]  # fmt: skip
    installed = subprocess.run(install, capture_output=True, text=True, timeout=120, check=False)
    if installed.returncode:
        last = (installed.stderr.strip().splitlines() or ["pip said nothing"])[-1]
        pytest.skip(f"{requirement} cannot be had here: {last}")
    code = f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n{SCRIPT}"
    loaded = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert loaded.returncode == 0, loaded.stderr
    if "==" in requirement:
        assert loaded.stdout.strip() == OLDEST
    else:
        assert int(loaded.stdout.partition(".")[0]) >= 7
