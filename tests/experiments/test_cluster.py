"""A Dask cluster of one machine: nobody but its owner gets in, reads or joins."""

import contextlib
import http.client
import os
import sys
from pathlib import Path

import psutil
import pytest

from energykit.experiments.cluster import local_cluster
from tests.other_account import as_stranger, needs_two_accounts

distributed = pytest.importorskip("distributed", reason="Dask is not installed")
pytest.importorskip("cryptography", reason="comes with the notebook packages")
pytestmark = [
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore:Creating scratch directories:UserWarning"),
]

IMPORTS = """
import distributed
for security in (None, True):
    with distributed.LocalCluster(
        n_workers=1, processes=False, security=security, host="127.0.0.1",
        protocol="tls" if security else "tcp", dashboard_address=None,
        scheduler_kwargs={"dashboard_address": "127.0.0.1:0"},
    ) as cluster, distributed.Client(cluster) as client:
        assert client.submit(os.getuid).result() == 0
"""
GETS_IN = """
for security in (None, distributed.Security.temporary()):
    try:
        with distributed.Client(sys.argv[1], security=security, timeout=4) as client:
            client.submit(os.getuid).result(timeout=10)
            print("in")
    except (OSError, ValueError, TypeError, RuntimeError):
        print("out")
"""


def listening():
    """Ports of this process and its children."""
    mine = psutil.Process()
    for process in (mine, *mine.children(recursive=True)):
        with contextlib.suppress(psutil.Error):
            for at in process.net_connections("tcp"):
                if at.status == psutil.CONN_LISTEN:
                    yield at.laddr


def pages(port):
    """What a port answers to a browser's question, by page."""
    for page in ("/health", "/info/main/workers.html", "/metrics", "/json/counts.json"):
        asked = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        with contextlib.suppress(OSError, http.client.HTTPException), contextlib.closing(asked):
            asked.request("GET", page)
            yield asked.getresponse().status


def test_folders_of_dask_in_the_temporary_folder_are_not_used(tmp_path, monkeypatch):
    """Their names are known, so another account can make them first, and links in them."""
    victim, planted = tmp_path / "victim", tmp_path / "dask-scratch-space"
    victim.write_text("mine")
    planted.mkdir(mode=0o777)
    for name in ("global.lock", "purge.lock"):
        (planted / name).symlink_to(victim)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    before = list(sys.path)
    with local_cluster(1) as cluster, distributed.Client(cluster) as client:
        assert client.submit(os.getuid).result(timeout=30) == os.getuid()
        new = [Path(path) for path in sys.path if path not in before]
    assert victim.read_text() == "mine"
    assert len(list(planted.iterdir())) == 2
    assert not [path for path in new if path.is_relative_to(planted)]  # Dask imports from there


def test_its_owner_works_with_it_and_nothing_is_left():
    before = set(listening())
    with local_cluster(1) as cluster, distributed.Client(cluster, set_as_default=False) as client:
        assert client.submit(pow, 2, 5).result(timeout=60) == 32
        new = set(listening()) - before
        assert new
        assert {at.ip for at in new} == {"127.0.0.1"}
        assert 200 not in {status for at in new for status in pages(at.port)}
        assert cluster.scheduler_address.startswith("tls://")
        assert "energykit-tmp-dask-" in cluster.workers[0].local_directory
    assert not set(listening()) & new


@needs_two_accounts
def test_another_account_runs_nothing_in_it():
    with local_cluster(1) as cluster:
        assert as_stranger(IMPORTS, GETS_IN, cluster.scheduler_address) == ["out", "out"]


@needs_two_accounts
def test_the_same_try_gets_into_a_cluster_that_asks_for_nothing():
    with distributed.LocalCluster(
        n_workers=1,
        processes=False,
        protocol="tcp",
        host="127.0.0.1",
        dashboard_address=None,
        scheduler_kwargs={"dashboard_address": "127.0.0.1:0"},
    ) as cluster:
        assert as_stranger(IMPORTS, GETS_IN, cluster.scheduler_address) == ["in", "out"]
