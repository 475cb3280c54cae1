"""Workers that do not see the data root: inputs come to them, outputs and records go back."""

import json
import shutil
import socket
import subprocess
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest

from energykit.config import parse_config
from energykit.executor.connection import Connection
from energykit.executor.transfer import ArtifactEnd
from energykit.experiments import FilesAt, points, sweep
from energykit.experiments.file_exchange import FileExchange
from energykit.experiments.files_at import FolderNotSharedError
from energykit.experiments.gather import gather
from energykit.experiments.worker import run_on_worker
from energykit.experiments.worker_folder import worker_folder
from energykit.launcher import local_services
from energykit.results import load_run
from energykit.serving.description import data_root_id
from tests.experiments.dask_cluster import dask_cluster

KEY = "energy-analyzer.input_file"
VARYING = ["seconds", "run_id", "folder", "moved_bytes", "moved_s"]
FILES = "energykit.experiments.file_service"


@pytest.fixture
def fleet(small_plan, tmp_path):
    """A pipeline that analyzes a meter's file, and four such files in the client's data root."""
    plan = json.loads(small_plan)
    nodes = plan["containers"]
    generator = nodes.pop("energy-generator")
    del plan["service_registry"]["energy-generator"]
    config = parse_config(json.dumps(plan | {"start_node": "energy-analyzer"}))
    root = tmp_path / "client" / "data"
    (root / "meters").mkdir(parents=True)
    with local_services(["energy-generator"], data_root=root) as services:
        from energykit.executor import run

        for seed in range(4):
            generator |= {"next_node": None, "output_file": f"/data/meters/{seed}.csv"}
            generator["parameters"] |= {"seed": seed, "first_household": seed}
            alone = plan | {
                "start_node": "energy-generator",
                "service_registry": {"energy-generator": "127.0.0.1:1"},
                "containers": {"energy-generator": generator},
            }
            run(parse_config(json.dumps(alone)), services).raise_for_failure()
    shutil.rmtree(root / "runs")
    return config, root


def served_files(root):
    return local_services(["files"], data_root=root, modules={"files": FILES})


def outputs(root):
    return {
        path.relative_to(root / "sweeps").parts[1:]: path.read_bytes()
        for path in (root / "sweeps").glob("sweep-*/*/*")
    }


def hidden_by(root):
    """A command's prefix that hides a folder behind an empty disk, for that command alone."""
    return ("unshare", "--mount", "sh", "-c", f'mount -t tmpfs none "{root}" && exec "$@"', "sh")


def explain_no_namespaces(root):
    try:
        done = subprocess.run(
            [*hidden_by(root), "true"], capture_output=True, text=True, timeout=20, check=False
        )
    except OSError as exc:
        return f"unshare: {exc.strerror}"
    return done.stderr.strip() if done.returncode else ""


dask = pytest.mark.filterwarnings(
    "ignore::ResourceWarning",  # Dask's client closes its sockets when it is collected
    "ignore::pytest.PytestUnraisableExceptionWarning",
)


@dask
@pytest.mark.slow
def test_workers_on_disks_of_their_own_give_the_table_and_the_bytes_of_a_serial_run(
    fleet, tmp_path
):
    pytest.importorskip("distributed", reason="Dask is not installed")
    config, root = fleet
    if reason := explain_no_namespaces(root):
        pytest.skip(f"a worker's disk cannot be hidden here: {reason}")
    serial_root = tmp_path / "serial"
    shutil.copytree(root, serial_root)
    grid = {KEY: "/data/meters/*.csv"}
    with dask_cluster(tmp_path, prefix=hidden_by(root)) as (client, _):
        table = sweep(config, grid, data_root=root, executor=client.get_executor())
    assert table["ok"].all(), table["error"].tolist()
    assert (table["moved_bytes"] > 0).all()
    serial = sweep(config, grid, data_root=serial_root)
    assert table.drop(columns=VARYING).equals(serial.drop(columns=VARYING, errors="ignore"))
    assert outputs(root) == outputs(serial_root)
    assert gather(table, out=tmp_path / "gathered").summary["rows"].tolist()[-1] == 4 * 48
    again = sweep(config, grid, data_root=root, resume=True)
    assert again["reused"].all()


@dask
@pytest.mark.slow
def test_a_worker_with_another_folder_of_the_same_name_is_not_misled_though_one_is_killed(
    fleet, tmp_path, monkeypatch
):
    pytest.importorskip("distributed", reason="Dask is not installed")
    config, root = fleet
    folders = [tmp_path / "one", tmp_path / "two"]
    for folder in folders:
        (folder / "data").mkdir(parents=True)  # of the same name, and another one
    monkeypatch.chdir(root.parent)
    with dask_cluster(tmp_path, folders=folders) as (client, workers):

        def kill_one(_row):
            workers[0].kill()

        table = sweep(
            config,
            {KEY: "/data/meters/*.csv"},
            data_root="data",
            executor=client.get_executor(),
            on_row=kill_one,
        )
    assert table["ok"].all(), table["error"].tolist()
    assert {place[0] for place in outputs(Path("data"))} == {"0000", "0001", "0002", "0003"}
    assert not any((folder / "data" / "sweeps").exists() for folder in folders)


@pytest.fixture
def apart(fleet):
    """A point as a worker elsewhere gets it, and the service that has its files."""
    config, root = fleet
    (point,) = points(config, {KEY: ["/data/meters/0.csv"]}, data_root=root)
    with served_files(root) as services:
        files = FilesAt(address=services.addresses["files"])
        exchange = FileExchange(root, files)
        (point,) = exchange.mark([point])
        equipped = exchange.equip(point, FolderNotSharedError("not seen"))
        yield replace(equipped, data_root="/nowhere/data"), root, services


def test_the_record_says_what_was_moved_and_where_the_outputs_are(apart):
    point, root, _ = apart
    row = run_on_worker(point)
    assert row["ok"], row["error"]
    result = load_run(root / "runs" / point.run_id)
    (analyzer, report) = result.stages
    assert analyzer.transfers[0].path == "/data/meters/0.csv"
    assert analyzer.transfers[0].source == point.files.address
    assert analyzer.transfers[0].sha256 == point.inputs["/data/meters/0.csv"]
    assert report.output_path == Path(point.data_root, report.output_file.removeprefix("/data/"))
    assert row["moved_bytes"] > sum(one.bytes for one in analyzer.transfers)


def test_a_point_that_is_run_again_has_a_record_of_its_own(apart):
    point, root, _ = apart
    ids = [run_on_worker(point)["run_id"] for _ in range(2)]
    assert ids == [point.run_id, f"{point.run_id}-2"]
    assert all((root / "runs" / name / "run.json").is_file() for name in ids)


def test_an_input_is_fetched_once_and_removed_when_the_next_point_reads_another(apart):
    point, root, services = apart
    connection = Connection((services.addresses["files"],))
    try:
        client = ArtifactEnd(connection=connection, name="client")
        own = worker_folder("some root")
        assert [one.path for one in own.fetch(client, point.inputs)] == ["/data/meters/0.csv"]
        assert own.fetch(client, point.inputs) == []
        exchange = FileExchange(root, point.files)
        other = exchange.equip(
            replace(
                point, files=None, data_root=str(root), plan=point.plan.replace("0.csv", "1.csv")
            ),
            FolderNotSharedError(""),
        )
        own.fetch(client, other.inputs)
    finally:
        connection.close()
    assert [path.name for path in (own.path / "meters").iterdir()] == ["1.csv"]
    assert (own.path / "meters/1.csv").read_bytes() == (root / "meters/1.csv").read_bytes()


def test_an_input_that_was_replaced_meanwhile_is_refused_by_name(apart):
    point, root, _ = apart
    (root / "meters/0.csv").write_text("other\n", encoding="utf-8")
    row = run_on_worker(point)
    assert (row["ok"], row["exit_code"]) == (False, 3)
    assert "/data/meters/0.csv: is another file now: its digest is" in row["error"]


def test_a_service_of_another_folder_is_refused(apart, tmp_path):
    point, _, _ = apart
    with served_files(tmp_path / "other") as other:
        row = run_on_worker(replace(point, files=FilesAt(address=other.addresses["files"])))
    assert "has another data root than '/nowhere/data' of the sweep" in row["error"]
    assert "start it with --data-root of that folder" in row["error"]


def test_a_service_that_does_not_answer_is_a_row_worth_another_attempt(apart):
    point, _, services = apart
    services.stop()
    row = run_on_worker(point)
    assert (row["ok"], row["exit_code"]) == (False, 3)
    assert point.files.address in row["error"]


def test_a_worker_of_another_machine_is_told_what_to_start(apart):
    point, _, _ = apart
    away = replace(point.files, machine="another-machine")
    row = run_on_worker(replace(point, files=away))
    assert (
        f"a worker on {socket.gethostname()} does not see the data root, which is" in row["error"]
    )
    assert "pass files='HOST:PORT'" in row["error"]


def test_a_worker_that_sees_the_folder_moves_nothing(fleet):
    config, root = fleet
    planned = points(config, {KEY: ["/data/meters/0.csv"]}, data_root=root)
    (point,) = FileExchange(root).mark(planned)
    assert point.root_id == data_root_id(root)
    row = run_on_worker(point)
    assert row["ok"], row["error"]
    assert "moved_bytes" not in row


def test_a_pattern_as_an_input_and_files_of_parameters_go_along(fleet):
    config, root = fleet
    grid = {"energy-analyzer.labels": ["/data/meters/0.csv", "/data/none.csv"]}
    point = points(config, grid, data_root=root)[0]
    plan, repeat = json.loads(point.plan)
    plan["containers"]["energy-analyzer"]["input_file"] = "/data/meters/[12].csv"
    point = replace(point, plan=json.dumps([plan, repeat]))
    files = FilesAt(address="127.0.0.1:1")
    found = FileExchange(root, files).equip(point, FolderNotSharedError(""))
    assert list(found.inputs) == [f"/data/meters/{number}.csv" for number in (0, 1, 2)]


def test_folders_of_workers_that_were_killed_are_removed(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    abandoned = tmp_path / "energykit-tmp-worker-x"
    abandoned.mkdir()
    own = worker_folder(f"root of {tmp_path}")
    worker_folder(f"another root of {tmp_path}")
    assert not abandoned.exists()
    assert own.path.is_dir()
