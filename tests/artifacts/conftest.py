from pathlib import Path

import pytest


@pytest.fixture
def legacy():
    return Path(__file__).parents[1] / "legacy"


@pytest.fixture
def peak_code():
    """Code that prints the peak memory of its own process [MB].

    On Linux `ru_maxrss` begins with that of the process that started this one; VmHWM is of this
    program alone.
    """
    pytest.importorskip("resource", reason="memory is measured on POSIX")
    return """
import resource, sys
def peak_mb():
    try:
        lines = open("/proc/self/status").read().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024
    except OSError:
        unit = 1024 * 1024 if sys.platform == "darwin" else 1024
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
print(peak_mb())
"""


@pytest.fixture
def file(tmp_path):
    def make(content, name="energy_data.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return make
