"""What another account prepared where this user will write is refused, no link followed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from energykit.certificates import issue_certificates
from energykit.config import parse_config
from energykit.errors import EnergykitError, UsageError
from energykit.executor import run
from energykit.executor.earlier import earlier_runs
from energykit.executor.lock import OutputLocks
from energykit.executor.provenance import Provenance
from energykit.experiments.finished import FinishedPoints
from energykit.experiments.runs import runs
from energykit.launcher.log import make_log_folder
from energykit.notebooks.source.run_folder import lay_out
from energykit.private_folder import make_folder, make_private_folder, open_private, owned_by_us
from energykit.report import RunSource, find_run
from energykit.serving import serve, stage

STRANGER = 12_002
needs_two_users = pytest.mark.skipif(
    sys.platform == "win32" or os.geteuid() != 0, reason="another account's folder needs root"
)
needs_links = pytest.mark.skipif(sys.platform == "win32", reason="Windows has other links")


@stage("keeps")
def keeps() -> str:
    return "kept"


def plan(address):
    node = {"id": "keeps", "input_file": "", "output_file": "/data/a.csv", "next_node": None}
    document = {"workflow_name": "w", "start_node": "keeps", "execution_mode": "sequential"}
    document |= {"service_registry": {"keeps": address}}
    containers = {"keeps": node | {"timeout_seconds": 9}}
    return parse_config(json.dumps(document | {"containers": containers}))


def plant(folder, mode=0o777):
    """Make a folder of another account's."""
    folder.mkdir()
    folder.chmod(mode)
    os.chown(folder, STRANGER, STRANGER)
    return folder


@needs_two_users
@pytest.mark.parametrize("name", ["runs", "logs"])
def test_a_run_keeps_nothing_in_a_folder_of_another_account(tmp_path, name):
    planted = plant(tmp_path / name)
    with (
        serve(keeps, data_root=tmp_path, block=False) as server,
        pytest.raises(UsageError, match=f"belongs to user {STRANGER}, who could read") as caught,
    ):
        run(plan(server.address), data_root=tmp_path)
    assert caught.value.where == str(planted)
    assert not list(planted.iterdir())
    assert not (tmp_path / "a.csv").exists()  # refused before any stage is called


@needs_two_users
def test_a_link_that_another_account_made_is_not_used_though_it_leads_to_our_folder(tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "logs").symlink_to(tmp_path / "mine")
    os.chown(tmp_path / "logs", STRANGER, STRANGER, follow_symlinks=False)
    with pytest.raises(UsageError, match="choose another data root"):
        make_log_folder(tmp_path)
    assert not list((tmp_path / "mine").iterdir())


@needs_two_users
def test_a_link_of_the_data_roots_owner_does_not_lead_to_our_folder(tmp_path):
    root, mine = tmp_path / "root", tmp_path / "mine"
    plant(root)
    mine.mkdir(mode=0o755)
    (root / "logs").symlink_to(mine)
    os.chown(root / "logs", STRANGER, STRANGER, follow_symlinks=False)
    with pytest.raises(UsageError, match=f"belongs to user {STRANGER}"):
        make_log_folder(root)
    assert mine.stat().st_mode & 0o777 == 0o755


@needs_two_users
@pytest.mark.parametrize(
    "read",
    [
        lambda root: find_run(data_root=root),
        lambda root: find_run("run-1", data_root=root),
        runs,
        lambda root: earlier_runs(True, plan("127.0.0.1:1"), root),
        lambda root: FinishedPoints(root).row_of("0" * 64),
    ],
    ids=["report", "report of a run", "runs", "resume", "sweep"],
)
def test_records_that_another_account_planted_are_not_believed(tmp_path, read):
    for name in ("runs/run-1", "sweeps/.finished"):
        folder = tmp_path / name
        plant(folder.parent)
        plant(folder)
    (tmp_path / "runs" / "run-1" / "run.json").write_text("{}")
    with pytest.raises(UsageError, match=f"belongs to user {STRANGER}"):
        read(tmp_path)


@needs_two_users
def test_no_notebook_runs_in_a_folder_of_another_account(tmp_path):
    notebook, out = tmp_path / "a" / "a.ipynb", plant(tmp_path / "theirs")
    notebook.parent.mkdir()
    notebook.write_text("{}")
    plant(out / "out")  # in a folder of their own, where they could have made it in time
    with pytest.raises(UsageError, match=f"belongs to user {STRANGER}"):
        lay_out(str(notebook), out / "out" / "a-1")
    assert lay_out(str(notebook), tmp_path / "a-1").home.is_dir()


def test_a_report_reads_nothing_outside_the_data_root(tmp_path):
    source = RunSource(None, tmp_path / "data")
    for name in ("/data/../secret.csv", "../secret.csv", "/../secret.csv", "/secret.csv"):
        assert source.path(name) == tmp_path / "data" / "secret.csv"
    assert source.path("/data/a/b.csv") == source.path("a/b.csv") == tmp_path / "data/a/b.csv"


@needs_two_users
def test_services_and_sweeps_and_certificates_refuse_such_a_folder(tmp_path):
    plant(tmp_path / "logs")
    plant(tmp_path / "sweeps")
    plant(tmp_path / "certs")
    with pytest.raises(UsageError, match=str(STRANGER)):
        make_log_folder(tmp_path)
    with pytest.raises(UsageError, match=str(STRANGER)):
        FinishedPoints(tmp_path).keep("0" * 64, {"ok": True})
    with pytest.raises(UsageError, match=str(STRANGER)):
        issue_certificates(tmp_path / "certs", ["service"])
    assert not list((tmp_path / "certs").iterdir())


@needs_two_users
def test_what_the_owner_of_the_data_root_made_is_used_by_those_who_share_it(tmp_path):
    os.chown(tmp_path, STRANGER, STRANGER)
    plant(tmp_path / "runs")
    assert owned_by_us(tmp_path / "runs")
    with serve(keeps, data_root=tmp_path, block=False) as server:
        assert run(plan(server.address), data_root=tmp_path).ok


PIPES = {
    ".a.bin.other.part": """
from energykit.artifacts.partial import PartialFile
with PartialFile(root / "a.bin") as file:
    file.append(b"x")
""",
    ".e.csv.0.tmp": """
from energykit.cleaning import find_leftovers
find_leftovers(root, older_than_s=0)
""",
    "dummy.log": """
from energykit.launcher.log import LogFile
assert LogFile(root / "dummy.log").problem
""",
    "in.csv": """
from energykit.experiments.finished import file_digest
assert file_digest(root / "in.csv") == ""
""",
    "a.lock": """
from energykit.executor.lock import _read_holder
assert _read_holder(root / "a.lock") == {}
""",
}


@needs_links
@pytest.mark.parametrize("name", PIPES)
def test_nobody_waits_for_a_pipe_that_another_account_put_there(tmp_path, name):
    os.mkfifo(tmp_path / name)
    code = f"import pathlib, sys\nroot = pathlib.Path(sys.argv[1])\n{PIPES[name]}"
    command = [sys.executable, "-c", code, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 0, done.stderr


@needs_two_users
def test_a_repository_that_another_account_put_above_is_not_asked(tmp_path):
    (tmp_path / "plan.json").touch()
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "HEAD").write_text("1" * 40)
    assert Provenance(str(tmp_path / "plan.json")).read()["git_commit"] == "1" * 40
    os.chown(tmp_path / ".git", STRANGER, STRANGER)
    assert "git_commit" not in Provenance(str(tmp_path / "plan.json")).read()


@needs_two_users
def test_services_in_a_data_root_of_another_account_say_so(tmp_path, caplog):
    make_log_folder(tmp_path)
    assert not caplog.messages
    make_log_folder(plant(tmp_path / "theirs"))
    assert "theirs belongs to another account, which can read logs" in caplog.text


@needs_links
@pytest.mark.parametrize("name", ["orchestrator.log", "orchestrator.jsonl", "runs.jsonl"])
def test_a_log_that_is_a_link_is_not_written_through(tmp_path, name, caplog):
    victim = tmp_path / "victim"
    victim.write_text("mine")
    make_private_folder(tmp_path / "logs")
    (tmp_path / "logs" / name).symlink_to(victim)
    with serve(keeps, data_root=tmp_path, block=False) as server:
        try:
            run(plan(server.address), data_root=tmp_path)
        except EnergykitError as exc:
            assert "is a link, and is not followed" in str(exc)
        else:
            assert "is a link, and is not followed" in caplog.text
    assert victim.read_text() == "mine"


@needs_links
def test_a_lock_that_is_a_link_is_not_written_through(tmp_path):
    victim = tmp_path / "victim"
    victim.write_text("mine")
    locks = OutputLocks(tmp_path, ["/data/a.csv"], "r")
    locks.acquire()
    (lock,) = (tmp_path / "runs" / ".locks").iterdir()
    locks.release()
    lock.parent.mkdir(parents=True)
    lock.symlink_to(victim)
    with pytest.raises(OSError, match="is a link, and is not followed"):
        OutputLocks(tmp_path, ["/data/a.csv"], "r").acquire()
    assert victim.read_text() == "mine"


@needs_links
def test_new_folders_and_files_are_for_this_user_alone(tmp_path):
    earlier = os.umask(0)
    try:
        make_private_folder(tmp_path / "a" / "b")
        os.close(open_private(tmp_path / "file", os.O_WRONLY | os.O_CREAT))
    finally:
        os.umask(earlier)
    assert (tmp_path / "a" / "b").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "file").stat().st_mode & 0o777 == 0o600


@needs_links
def test_a_key_is_private_though_a_readable_file_was_in_its_place(tmp_path):
    pytest.importorskip("trustme", reason="needs trustme: pip install energykit-course[tls]")
    issue_certificates(tmp_path, ["service"])
    (tmp_path / "service.key").chmod(0o666)
    issue_certificates(tmp_path, ["service"])
    assert (tmp_path / "service.key").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "ca.key").stat().st_mode & 0o777 == 0o600


@needs_links
def test_names_of_runs_are_in_folders_for_their_owner(tmp_path, monkeypatch):
    """Also where the folders above did not exist: nobody sees what ran, and when."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "shared").mkdir(mode=0o755)
    for make in (make_folder, make_private_folder, make_log_folder):
        folder = tmp_path / "shared" / make.__name__ / "out" / "run-1"
        make(folder)
        assert {path.stat().st_mode & 0o777 for path in (folder, *folder.parents[:2])} == {0o700}
    make_folder(Path("data/out/run-2"))
    assert Path("data").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "shared").stat().st_mode & 0o777 == 0o755  # was there
