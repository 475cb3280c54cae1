"""Where other accounts can write into the working folder, no module of it is run."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from energykit.cli.sweep import _pool
from energykit.experiments.cluster import local_cluster
from energykit.launcher import local_services
from energykit.module_command import module_command, module_server_command, trusts_working_folder
from energykit.notebooks.process.fork_server_client import ForkServer

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such folder")
STRANGER = 12_002
PLANTED = """
import os, sys
open({ran!r}, "a").write(__name__ + "\\n")
sys.path[:] = [path for path in sys.path if os.path.abspath(path or os.curdir) != {here!r}]
del sys.modules[__name__]
sys.modules[__name__] = __import__(__name__)
"""


@pytest.fixture
def ran(tmp_path, monkeypatch):
    """The file in which modules of the working folder say that they were run; everybody may write.

    Each then lets the module of its name be imported that is meant.
    """
    folder, said = tmp_path / "shared", tmp_path / "ran"
    folder.mkdir()
    (folder / "services").mkdir()
    for name in ("json.py", "multiprocessing.py", "tempfile.py", "services/__init__.py"):
        (folder / name).write_text(PLANTED.format(ran=str(said), here=str(folder)))
    folder.chmod(0o1777)
    monkeypatch.chdir(folder)
    monkeypatch.delenv("PYTHONSAFEPATH", raising=False)
    return said


def test_python_itself_runs_what_lies_there(ran):
    done = subprocess.run(
        [sys.executable, "-m", "energykit", "--version"], capture_output=True, check=False
    )
    assert done.returncode == 0
    first = "json" if "COVERAGE_PROCESS_CONFIG" not in os.environ else "tempfile"
    assert first in ran.read_text().split()  # a coverage has imported json before


def test_no_service_is_taken_from_there(ran, tmp_path, caplog):
    with local_services(["dummy"], data_root=tmp_path / "data") as services:
        assert services.status() == {"dummy": "serving"}
    assert not ran.exists()
    assert "shared: no service is imported from here" in caplog.text
    assert "PYTHONPATH" in caplog.text


@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.filterwarnings("ignore:Creating scratch directories:UserWarning")
def test_no_process_of_a_sweep_a_cluster_or_a_notebook_does(ran, monkeypatch):
    distributed = pytest.importorskip("distributed", reason="Dask is not installed")
    with local_cluster(1) as cluster, distributed.Client(cluster) as client:
        assert client.submit(os.getpid).result(timeout=60) != os.getpid()
    monkeypatch.delenv("PYTHONSAFEPATH", raising=False)
    with _pool(2) as pool:
        assert pool.submit(os.getpid).result() != os.getpid()
    server = ForkServer()
    server.close()
    for command in (module_command("energykit"), module_server_command("energykit")):
        subprocess.run(command, capture_output=True, check=False, timeout=60)
    assert not ran.exists()


def test_a_folder_of_ours_is_looked_through_as_python_does(ran, tmp_path, monkeypatch):
    folder = Path.cwd()
    assert module_command("a", from_here=True)[1] == "-P"
    folder.chmod(0o775)  # whoever shares it with a group trusts that group
    assert module_command("a", "b", from_here=True)[1:] == ["-m", "a", "b"]
    assert module_command("a", "b")[1:] == ["-P", "-m", "a", "b"]
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert not trusts_working_folder()


@pytest.mark.skipif(
    sys.platform == "win32" or os.geteuid() != 0, reason="another account's folder needs root"
)
def test_a_folder_of_another_account_is_not_trusted(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert trusts_working_folder()
    os.chown(tmp_path, STRANGER, STRANGER)
    assert not trusts_working_folder()
