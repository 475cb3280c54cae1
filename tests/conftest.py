"""Settings of all tests."""

import os
import random
import socket
import subprocess

import pytest
from hypothesis import settings

# No deadline: machines are noisy. The examples are the same in every run, so that a verdict is
# about the commit. `make fuzz` makes new ones each time; what those find becomes a test's example.
settings.register_profile("same examples", deadline=None, derandomize=True, print_blob=True)
settings.register_profile("new examples", deadline=None, print_blob=True)
settings.load_profile("new examples" if "ENERGYKIT_FUZZ" in os.environ else "same examples")


@pytest.fixture
def free_ports() -> list[int]:
    """Three ports that nobody has or gets: those that the system hands out begin at 32768."""
    found: list[int] = []
    for port in random.sample(range(20_000, 32_000), 200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                found.append(port)
        if len(found) == 3:
            return found
    raise RuntimeError("nearly every port is taken")


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 1 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=1m", "none", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"nothing can be mounted here: {done.stderr}")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)
