"""The command line as its users meet it: processes, exit codes, what goes where."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from energykit.cli import main
from energykit.launcher import local_services

ROOT = Path(__file__).resolve().parents[2]
VALID = (ROOT / "config/energy-pipeline.json").read_text(encoding="utf-8")
DEADLINE_S = 60


def energykit(*arguments: str, cwd: Path, **options) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "energykit", *map(str, arguments)]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=DEADLINE_S, check=False, **options)


def plan(*stages: tuple[str, dict], timeout_s: float = 20, addresses: dict | None = None) -> str:
    """A chain of dummies with parameters of their own."""
    names = [name for name, _ in stages]
    nodes = {
        name: {
            "id": name,
            "input_file": f"/data/{names[at - 1]}.csv" if at else "",
            "output_file": f"/data/{name}.csv",
            "next_node": names[at + 1] if at + 1 < len(names) else "",
            "timeout_seconds": timeout_s,
            "parameters": parameters,
        }
        for at, (name, parameters) in enumerate(stages)
    }
    registry = {name: (addresses or {}).get(name, "127.0.0.1:1") for name in names}
    return json.dumps(
        {"workflow_name": "w", "start_node": names[0], "service_registry": registry, "containers": nodes}, indent=1
    )


@pytest.fixture(scope="module")
def dummy(tmp_path_factory):
    with local_services(["dummy"], data_root=tmp_path_factory.mktemp("dummy")) as services:
        yield services


def calls(services) -> int:
    return services.tail("dummy", 10_000).count("dummy: call ")


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


BROKEN = {
    "unknown key": VALID.replace('"start_node"', '"strat_node"'),
    "missing field": VALID.replace('  "start_node": "energy-generator",\n', ""),
    "wrong type": VALID.replace('"energy-pipeline",', "7,"),
    "duplicate key": VALID.replace(
        '"workflow_name": "energy-pipeline",', '"workflow_name": "a", "workflow_name": "b",'
    ),
    "id differs": VALID.replace('"id": "energy-analyzer"', '"id": "other"'),
    "dangling": VALID.replace('"next_node": "energy-analyzer"', '"next_node": "energy-analyser"'),
    "circle": VALID.replace('"next_node": ""', '"next_node": "energy-generator"'),
    "no address": VALID.replace('    "energy-analyzer": "127.0.0.1:50052",\n', ""),
    "bad address": VALID.replace("127.0.0.1:50052", "127.0.0.1"),
    "timeout": VALID.replace(": 30", ": true"),
    "no JSON": VALID[:300],
    "older form": '{"workflow_name": "w", "containers": []}',
}


@pytest.mark.parametrize("command", [("check",), ("run",), ("run", "--local"), ("up",), ("status",)], ids=" ".join)
@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_configuration_exits_2_with_no_call_and_no_file(name, command, dummy, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    text = BROKEN[name]
    for port in (50051, 50052, 50053):  # all services are up: a call would be counted
        text = text.replace(f"127.0.0.1:{port}", dummy.addresses["dummy"])
    (tmp_path / "broken.json").write_text(text, encoding="utf-8")
    before = calls(dummy), files(dummy.data_root)
    assert main([command[0], "broken.json", *command[1:]]) == 2
    assert (calls(dummy), files(dummy.data_root)) == before
    assert files(tmp_path) == {"broken.json"}
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("broken.json:")


def test_broken_as_a_process_too(tmp_path):
    (tmp_path / "p.json").write_text(BROKEN["circle"], encoding="utf-8")
    done = energykit("run", "p.json", "--local", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "p.json:30:20: a circle: energy-generator → energy-analyzer → report-generator" in done.stderr
    assert "Traceback" not in done.stderr


def test_check_says_valid_and_touches_nothing(tmp_path):
    (tmp_path / "p.json").write_text(VALID, encoding="utf-8")
    done = energykit("check", "p.json", cwd=tmp_path)
    assert done.returncode == 0
    assert done.stdout.endswith("valid: nothing was called\n")
    assert files(tmp_path) == {"p.json"}


def test_check_for_machines(tmp_path):
    (tmp_path / "p.json").write_text(BROKEN["dangling"], encoding="utf-8")
    done = energykit("check", "p.json", "--json", cwd=tmp_path)
    told = json.loads(done.stdout)
    assert done.returncode == 2
    assert told["valid"] is False
    assert told["faults"][0]["line"] == 16


def test_the_schema_is_printed(tmp_path):
    done = energykit("check", "--schema", cwd=tmp_path)
    assert json.loads(done.stdout) == json.loads((ROOT / "config/pipeline.schema.json").read_text(encoding="utf-8"))


def outcome(text: str, dummy, tmp_path: Path, *arguments: str) -> subprocess.CompletedProcess:
    (tmp_path / "p.json").write_text(text, encoding="utf-8")
    where = f"--address=a={dummy.addresses['dummy']}"
    return energykit("run", "p.json", "--data-root", dummy.data_root, where, *arguments, cwd=tmp_path)


def test_a_run_that_succeeds_exits_0_and_says_where_things_are(dummy, tmp_path):
    done = outcome(plan(("a", {"rows": 3})), dummy, tmp_path)
    assert done.returncode == 0, done.stderr
    assert "1 of 1 stages succeeded" in done.stdout
    assert f"result: {dummy.data_root / 'a.csv'}" in done.stdout
    assert "[1/1] a at" in done.stderr


def test_a_stage_that_fails_exits_1_and_skips_the_rest(dummy, tmp_path):
    text = plan(("a", {"success": False, "message": "out of tea"}), ("b", {}))
    done = outcome(text, dummy, tmp_path)
    assert done.returncode == 1
    assert "out of tea" in done.stdout
    assert "b: skipped" in done.stdout


def test_a_service_that_is_not_there_exits_3(tmp_path):
    (tmp_path / "p.json").write_text(plan(("a", {})), encoding="utf-8")
    done = energykit("run", "p.json", cwd=tmp_path)
    assert done.returncode == 3
    assert "nothing listens there" in done.stdout


def test_a_deadline_exits_4(dummy, tmp_path):
    start = time.monotonic()
    done = outcome(plan(("a", {"delay_s": 30}), timeout_s=0.5), dummy, tmp_path)
    assert done.returncode == 4
    assert time.monotonic() - start < 10


def test_a_run_for_machines_is_its_record(dummy, tmp_path):
    done = outcome(plan(("a", {})), dummy, tmp_path, "--json")
    record = json.loads(done.stdout)
    assert record["ok"] is True
    assert record["stages"][0]["id"] == "a"


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["chek"], "'chek' is not known; did you mean 'check'?"),
        ([], "the following arguments are required: COMMAND"),
        (["run"], "the following arguments are required: config"),
        (["check"], "there is no configuration to check"),
        (["run", "p.json", "--address", "x"], "'x' is no address"),
        (["run", "p.json", "--address", "nobody=h:1"], "the configuration has no container 'nobody'"),
    ],
)
def test_a_wrong_command_line_exits_2_and_says_what_to_do(arguments, text, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "p.json").write_text(VALID, encoding="utf-8")
    assert main(arguments) == 2
    assert text in capsys.readouterr().err


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def up(tmp_path: Path, ports: list[int]) -> subprocess.Popen:
    text = VALID
    for old, new in zip((50051, 50052, 50053), ports, strict=True):
        text = text.replace(str(old), str(new))
    (tmp_path / "p.json").write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "energykit", "up", "p.json", "--data-root", "root"]
    return subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_up_serves_on_the_configured_ports_until_interrupted(tmp_path):
    ports = [free_port() for _ in range(3)]
    with up(tmp_path, ports) as process:
        try:
            lines = [process.stdout.readline() for _ in range(3)]
            assert all(f"serving at 127.0.0.1:{port}" in line for port, line in zip(ports, lines, strict=True))
            assert energykit("status", "p.json", cwd=tmp_path).returncode == 0
            assert energykit("run", "p.json", "--data-root", "root", cwd=tmp_path).returncode == 0
        finally:
            process.send_signal(signal.SIGINT)
            _, err = process.communicate(timeout=DEADLINE_S)
    assert process.returncode == 0
    assert "Traceback" not in err
    assert energykit("status", "p.json", cwd=tmp_path).returncode == 3


def test_up_on_a_taken_port_says_so_and_leaves_nothing(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as server:
        taken = server.getsockname()[1]
        with up(tmp_path, [free_port(), taken, free_port()]) as process:
            _, err = process.communicate(timeout=DEADLINE_S)
    assert process.returncode == 3
    assert str(taken) in err
    assert "in use" in err


@pytest.mark.skipif(os.name != "posix", reason="a signal to a group of processes, as Ctrl-C is on POSIX")
def test_ctrl_c_during_a_local_run_is_quiet_and_leaves_nothing(tmp_path):
    import psutil

    (tmp_path / "p.json").write_text(plan(("dummy", {"delay_s": 30})), encoding="utf-8")
    command = [sys.executable, "-m", "energykit", "run", "p.json", "--local", "--data-root", "root"]
    with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True, start_new_session=True) as process:
        while "[1/1] dummy at" not in process.stderr.readline():
            assert process.poll() is None
        children = psutil.Process(process.pid).children(recursive=True)
        os.killpg(process.pid, signal.SIGINT)
        _, err = process.communicate(timeout=DEADLINE_S)
    assert process.returncode == 130
    assert "Traceback" not in err
    assert not psutil.wait_procs(children, timeout=10)[1]


@pytest.mark.skipif(os.name != "posix", reason="pseudo terminals are POSIX")
def test_on_a_terminal_each_stage_has_a_bar(dummy, tmp_path):
    import pty

    (tmp_path / "p.json").write_text(plan(("a", {"progress_steps": 3, "delay_s": 0.3})), encoding="utf-8")
    main_end, other_end = pty.openpty()
    where = f"--address=a={dummy.addresses['dummy']}"
    command = [sys.executable, "-m", "energykit", "run", "p.json", "--data-root", str(dummy.data_root), where]
    done = subprocess.run(
        command, cwd=tmp_path, stderr=other_end, stdout=subprocess.PIPE, timeout=DEADLINE_S, check=False
    )
    os.close(other_end)
    shown = os.read(main_end, 100_000).decode()
    os.close(main_end)
    assert done.returncode == 0
    assert "✔" in shown
    assert "a" in shown


@pytest.mark.skipif(os.name != "posix", reason="a shell's pipe")
def test_a_reader_that_goes_away_is_no_error(tmp_path):
    (tmp_path / "p.json").write_text(VALID, encoding="utf-8")
    command = f"{sys.executable} -m energykit check p.json | head -c 1; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(
        ["bash", "-c", command], cwd=tmp_path, capture_output=True, text=True, timeout=DEADLINE_S, check=False
    )
    assert "Traceback" not in done.stderr


def test_check_imports_nothing_heavy(tmp_path):
    (tmp_path / "p.json").write_text(VALID, encoding="utf-8")
    look = "print(*{name.split('.')[0] for name in sys.modules})"
    code = f"import sys; from energykit.cli import main; main(['check', 'p.json']); {look}"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=DEADLINE_S, check=True
    )
    assert not set(done.stdout.splitlines()[-1].split()) & {
        "grpc",
        "polars",
        "numpy",
        "pandas",
        "rich",
        "google",
        "psutil",
    }


def test_stubs_are_compared(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    from importlib.metadata import version

    if version("grpcio-tools") != "1.74.0":
        pytest.skip("the stubs are made with grpcio-tools 1.74.0")
    assert main(["proto", "--check"]) == 0
    assert main(["proto", "--check", "--out", str(tmp_path)]) == 1
    assert "energykit proto" in capsys.readouterr().err
