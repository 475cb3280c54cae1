"""``energykit run``: its exit codes, what it says where, and that it leaves nothing running."""

import json
import os
import signal
import sys
import time

import psutil
import pytest

from energykit.results import load_run


@pytest.fixture
def run(energykit, dummy, chain):
    """Run a chain whose stages ``a``, ``b``, ... are all the stand-in service."""

    def run_cli(stages, *options, timeout_s=20, **environment):
        where = [f"--address={name}={dummy.addresses['dummy']}" for name in stages]
        name = chain(stages, timeout_s=timeout_s)
        return energykit(
            "run", name, "--data-root", dummy.data_root, *where, *options, **environment
        )

    return run_cli


def test_success_exits_0_and_says_where_things_are(run, dummy):
    done = run({"a": {"rows": 3}})
    assert done.returncode == 0, done.stderr
    assert "1 of 1 stages succeeded" in done.stdout
    assert f"result: {dummy.data_root / 'a.csv'}" in done.stdout
    assert "record: " in done.stdout
    assert "[1/1] a at" in done.stderr
    assert "[1/1]" not in done.stdout


@pytest.mark.parametrize(
    ("parameters", "told"),
    [
        ({"success": False, "message": "out of tea"}, "out of tea"),
        ({"fail_code": "INTERNAL", "message": "broken cup"}, "broken cup"),
        ({"rosw": 3}, "did you mean 'rows'?"),
    ],
    ids=["success=false", "a status", "an unknown parameter"],
)
def test_a_stage_that_fails_exits_1_and_the_next_is_not_called(run, calls, parameters, told):
    before = calls()
    done = run({"a": parameters, "b": {}})
    assert done.returncode == 1
    assert told in done.stdout
    assert "b: skipped" in done.stdout
    assert calls() - before <= 1
    assert "Traceback" not in done.stderr


def test_a_service_that_is_not_there_exits_3_and_the_next_is_not_called(
    energykit, chain, dummy, calls
):
    before = calls()
    where = f"--address=b={dummy.addresses['dummy']}"
    done = energykit("run", chain({"a": {}, "b": {}}), where, "--data-root", dummy.data_root)
    assert done.returncode == 3
    assert "could not reach a at 127.0.0.1:1: nothing listens there" in done.stdout
    assert "b: skipped" in done.stdout
    assert calls() == before


@pytest.mark.parametrize("parameters", [{"delay_s": 30}, {"hang": True}], ids=["slow", "hanging"])
def test_a_deadline_exits_4_and_the_services_are_stopped(
    parameters, energykit, chain, left_over, tmp_path
):
    start = time.monotonic()
    name = chain({"dummy": parameters}, timeout_s=0.5)
    done = energykit("run", name, "--local", "--data-root", tmp_path / "root")
    assert done.returncode == 4
    assert "0.5 s" in done.stdout
    assert time.monotonic() - start < 20
    assert not (tmp_path / "root/dummy.csv").exists()
    assert not left_over()


def test_a_local_run_leaves_no_process(energykit, chain, left_over, tmp_path):
    done = energykit("run", chain({"dummy": {}}), "--local", "--data-root", tmp_path / "root")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "root/dummy.csv").is_file()
    assert not left_over()


def test_with_local_an_address_keeps_its_service_from_being_started(run, tmp_path):
    done = run({"a": {}}, "--local")  # nothing could start "a"
    assert done.returncode == 0, done.stderr


def test_several_addresses_of_one_id_share_the_calls(run, dummy):
    assert run({"a": {}}, f"--address=a={dummy.addresses['dummy']}").returncode == 0


def test_an_id_that_nobody_serves_exits_2_before_anything_starts(energykit, chain, tmp_path):
    done = energykit("run", chain({"dumy": {}}), "--local", "--data-root", "root")
    assert done.returncode == 2
    assert "did you mean 'dummy'?" in done.stderr
    assert not (tmp_path / "root").exists()


@pytest.mark.parametrize(("success", "code"), [(True, 0), (False, 1)])
def test_for_machines_stdout_is_the_record(run, dummy, success, code):
    done = run(
        {"a": {"success": success, "message": "Tee für zwei ☕"}},
        "--json",
        PYTHONIOENCODING="ascii",
    )
    record = json.loads(done.stdout)
    assert (done.returncode, record["ok"]) == (code, success)
    assert record["stages"][0]["id"] == "a"
    assert "Tee für zwei ☕" in json.dumps(record, ensure_ascii=False)
    kept = json.loads(
        (dummy.data_root / "runs" / record["run_id"] / "run.json").read_text(encoding="utf-8")
    )
    assert kept == record


def test_figures_are_named_on_stderr_beside_a_record(run):
    done = run({"a": {"rows": 120}}, "--json", "--figures")
    assert json.loads(done.stdout)["ok"] is True
    assert done.stderr.count("figure: ") == 5


@pytest.mark.skipif(
    os.name != "posix", reason="a signal to a group of processes, as Ctrl-C is on POSIX"
)
def test_ctrl_c_is_said_in_one_line_and_leaves_no_process(under_way, chain, left_over, tmp_path):
    name = chain({"dummy": {"delay_s": 30}})
    with under_way("run", name, "--local", "--data-root", tmp_path / "root") as process:
        while "[1/1] dummy at" not in process.stderr.readline():
            assert process.poll() is None
        assert psutil.Process(process.pid).children()
        os.killpg(process.pid, signal.SIGINT)
        _, err = process.communicate()
    assert process.returncode == 130
    (record,) = (tmp_path / "root" / "runs").glob("*/run.json")
    assert err.strip() == (
        f"Ctrl-C ended the run: {record} says what was done → energykit run {name} --resume"
    )
    assert not left_over()


@pytest.mark.skipif(os.name != "posix", reason="SIGTERM is POSIX")
def test_a_run_that_is_terminated_leaves_no_process(under_way, chain, left_over, tmp_path):
    name = chain({"dummy": {"delay_s": 30}})
    with under_way("run", name, "--local", "--data-root", tmp_path / "root") as process:
        while "[1/1] dummy at" not in process.stderr.readline():
            assert process.poll() is None
        process.terminate()
        _, err = process.communicate()
    assert process.returncode == 128 + signal.SIGTERM
    (record,) = (tmp_path / "root" / "runs").glob("*/run.json")
    assert err.strip() == (
        f"SIGTERM ended the run: {record} says what was done → energykit run {name} --resume"
    )
    assert not left_over()
    stage = load_run(record.parent)["dummy"]  # by where the signal met it
    assert stage.status == "skipped" or "by SIGTERM while this stage ran" in stage.error.message


@pytest.mark.skipif(os.name != "posix", reason="terminals and SIGHUP are POSIX")
def test_a_closed_terminal_ends_a_run_with_a_record(under_way, chain, left_over, tmp_path):
    name, (terminal, its_end) = chain({"dummy": {"delay_s": 30}}), os.openpty()
    options = ("--local", "--data-root", tmp_path / "root")
    with under_way("run", name, *options, stderr=its_end) as process:
        os.close(its_end)
        log = tmp_path / "root" / "logs" / "orchestrator.jsonl"
        while not (log.is_file() and "stage-started" in log.read_text(encoding="utf-8")):
            os.read(terminal, 4096)  # the bar is drawn again and again
        os.close(terminal)
        process.send_signal(signal.SIGHUP)
        assert process.wait(30) == 128 + signal.SIGHUP
    (record,) = (tmp_path / "root" / "runs").glob("*/run.json")
    kept = load_run(record.parent)
    assert kept.is_finished
    assert kept["dummy"].status in {"failed", "skipped"}  # by where the signal met it
    assert not left_over()


@pytest.mark.skipif(sys.platform != "linux", reason="a child that ends with its parent is Linux's")
def test_a_sweep_that_is_killed_leaves_no_worker_and_no_service(
    under_way, chain, left_over, tmp_path
):
    grid = tmp_path / "grid.json"
    name = chain({"dummy": {"delay_s": 0}})
    grid.write_text(
        json.dumps({"pipeline": str(name), "grid": {"dummy.delay_s": [0, 30, 30]}}),
        encoding="utf-8",
    )
    with under_way("sweep", grid, "-j", 2, "--data-root", tmp_path / "root") as process:
        assert "1 of 3: ok" in process.stderr.readline()
        workers = psutil.Process(process.pid).children(recursive=True)
        process.kill()
        process.wait()
    left = psutil.wait_procs(workers, timeout=10)[1]
    for one in left:
        one.kill()
    assert left == []
    assert not left_over()


def outputs(root):
    return {path.name: path.stat().st_mtime_ns for path in root.glob("*.csv")}


def test_a_run_is_resumed_and_says_why_for_each_stage(run, dummy, calls):
    stages = {"a": {"rows": 2}, "b": {"rows": 3}}
    failed = run({**stages, "b": {"success": False}})
    assert failed.returncode == 1
    before, kept = calls(), outputs(dummy.data_root)["a.csv"]
    done = run(stages, "--resume")
    assert done.returncode == 0, done.stderr
    assert calls() - before == 1
    assert outputs(dummy.data_root)["a.csv"] == kept
    assert "a reused: same request, same input, same output" in done.stderr
    assert "[2/2] b at" in done.stderr
    assert "2 of 2 stages succeeded" in done.stdout
    assert "a: reused" in done.stdout


def test_a_named_run_is_resumed_and_the_record_says_so(run, dummy):
    stages = {"a": {"rows": 2}, "b": {"rows": 4}}
    first = json.loads(run(stages, "--json").stdout)
    (dummy.data_root / "b.csv").unlink()
    done = run(stages, "--resume", first["run_id"], "--json")
    assert done.returncode == 0, done.stderr
    record = json.loads(done.stdout)
    assert record["resumed_from"] == first["run_id"]
    assert [stage["status"] for stage in record["stages"]] == ["reused", "succeeded"]
    assert [stage["reason"] for stage in record["stages"]] == [
        "same request, same input, same output",
        "the output is missing: '/data/b.csv'",
    ]
    assert record["stages"][0]["reused_from"] == first["run_id"]
    assert "[2/2] b at " in done.stderr
    assert ", run again: the output is missing: '/data/b.csv'" in done.stderr


def test_an_unknown_run_exits_2_before_anything_starts(run, calls):
    first = json.loads(run({"a": {}}, "--json").stdout)
    before = calls()
    done = run({"a": {}}, "--resume", first["run_id"][:-1])
    assert done.returncode == 2
    assert f"there is no run '{first['run_id'][:-1]}'" in done.stderr
    assert "did you mean '" in done.stderr
    assert calls() == before


def test_with_nothing_to_resume_everything_is_run_and_that_is_said(energykit, chain, tmp_path):
    done = energykit(
        "run", chain({"dummy": {}}), "--local", "--data-root", tmp_path / "root", "--resume"
    )
    assert done.returncode == 0, done.stderr
    assert "there was no run of this workflow to resume" in done.stderr


@pytest.mark.skipif(os.name != "posix", reason="needs SIGKILL")
def test_a_command_that_was_killed_is_resumed_with_services_of_its_own(
    under_way, energykit, chain, left_over, tmp_path
):
    name, root = chain({"dummy": {"delay_s": 30}}), tmp_path / "root"
    with under_way("run", name, "--local", "--data-root", root) as process:
        while "[1/1] dummy at" not in process.stderr.readline():
            assert process.poll() is None
        process.kill()
    assert not left_over()  # the services are gone with it
    (record,) = (root / "runs").glob("*/run.json")
    assert json.loads(record.read_text(encoding="utf-8"))["is_finished"] is False
    done = energykit("run", chain({"dummy": {}}), "--local", "--data-root", root, "--resume")
    assert done.returncode == 0, done.stderr
    assert f"run again: it was not finished in run {record.parent.name}" in done.stdout


def test_two_runs_on_the_same_outputs_the_second_is_refused(under_way, energykit, chain, tmp_path):
    name, root = chain({"dummy": {"delay_s": 30}}), tmp_path / "root"
    with under_way("run", name, "--local", "--data-root", root) as process:
        while "[1/1] dummy at" not in process.stderr.readline():
            assert process.poll() is None
        done = energykit("run", name, "--local", "--data-root", root)
        assert done.returncode == 1
        assert "'/data/dummy.csv' is being written by run " in done.stderr
        assert f"(process {process.pid}, since " in done.stderr
        assert "starting" not in done.stderr  # no service is started for a run that cannot be
        assert "Traceback" not in done.stderr
