"""Settings of all tests."""

import os
import random
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

# No deadline: machines are noisy. The examples are the same in every run, so that a verdict is
# about the commit. `make fuzz` makes new ones each time; what those find becomes a test's example.
settings.register_profile("same examples", deadline=None, derandomize=True, print_blob=True)
settings.register_profile("new examples", deadline=None, print_blob=True)
settings.load_profile("new examples" if "ENERGYKIT_FUZZ" in os.environ else "same examples")

TESTS = Path(__file__).parent


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep tests that share a costly fixture on one worker, and begin with what takes longest.

    A fixture of a module would be set up on every worker that gets one of its tests; a long test
    that comes last leaves the other worker idle.
    """
    for item in items:
        shares = (definition.scope == "module" for definition in own_fixtures(item))
        if any(shares) and not item.get_closest_marker("xdist_group"):
            item.add_marker(pytest.mark.xdist_group(str(item.path.relative_to(TESTS))))
    long = {group_of(item) for item in items if takes_long(item)}
    items.sort(key=lambda item: group_of(item) not in long)


def own_fixtures(item: pytest.Item) -> Iterator[pytest.FixtureDef[object]]:
    """The fixtures of these tests that an item asks for, pytest's and its plugins' left out."""
    definitions = item._fixtureinfo.name2fixturedefs if isinstance(item, pytest.Function) else {}
    for overridden in definitions.values():
        if overridden[-1].baseid.startswith(TESTS.name):
            yield overridden[-1]


def takes_long(item: pytest.Item) -> bool:
    return any(item.get_closest_marker(name) for name in ("slow", "notebook"))


def group_of(item: pytest.Item) -> str:
    """What xdist keeps together with an item."""
    mark = item.get_closest_marker("xdist_group")
    return str(mark.args[0]) if mark else item.nodeid


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


@pytest.fixture
def bucket(tmp_path, monkeypatch):
    """A bucket of S3 by the name of `lab`, which this process and its children find."""
    from tests.object_bucket import Bucket

    made = Bucket(tmp_path)
    for name in ("AWS_ENDPOINT_URL", "BOTO3_ENDPOINT_URL"):
        monkeypatch.setenv(name, made.address)
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.setenv(name, "us-east-1")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_ALLOW_HTTP", "true")
    yield made
    made.stop()
