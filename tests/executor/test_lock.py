"""Two runs on the same outputs: the second is refused while the first one's process lives."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from contextlib import contextmanager
from pathlib import Path

import pytest

from energykit._proto import energy_pipeline_pb2 as pb
from energykit.config import parse_config
from energykit.errors import RunLockedError
from energykit.executor import run, steps
from energykit.results import load_run

ORCHESTRATE = Path(__file__).parent / "parts" / "orchestrate.py"


@pytest.fixture
def waiting(port):
    """A service whose next call lasts until the test lets it go on."""
    go_on, has_begun = threading.Event(), threading.Event()

    def work(request, context):
        has_begun.set()
        go_on.wait(20)
        return pb.ExecuteResponse(success=True)

    port.answering.answers = [work]
    port.go_on, port.has_begun = go_on, has_begun
    yield port
    go_on.set()


def one_stage(address, output):
    node = {
        "id": "a",
        "input_file": "",
        "output_file": output,
        "next_node": "",
        "timeout_seconds": 20,
    }
    plan = {
        "workflow_name": "w",
        "start_node": "a",
        "service_registry": {"a": address},
        "containers": {"a": node},
    }
    return json.dumps(plan)


@pytest.fixture
def elsewhere(waiting, tmp_path):
    """Begin a run in another process, up to the middle of its first stage."""

    @contextmanager
    def begin(data_root):
        (tmp_path / "p.json").write_text(one_stage(waiting.address, "/data/a.csv"))
        command = [
            sys.executable,
            ORCHESTRATE,
            tmp_path / "p.json",
            data_root,
            json.dumps({"a": waiting.address}),
        ]
        with subprocess.Popen([*map(str, command)], stdout=subprocess.DEVNULL) as process:
            try:
                assert waiting.has_begun.wait(20)
                yield process
            finally:
                process.kill()

    return begin


def test_a_run_on_the_outputs_of_another_process_is_refused(elsewhere, waiting, tmp_path):
    with elsewhere(tmp_path) as process:
        with pytest.raises(RunLockedError) as caught:
            run(parse_config(one_stage(waiting.address, "/data/a.csv")), data_root=tmp_path)
        (other,) = [path.name for path in (tmp_path / "runs").iterdir() if path.name != ".locks"]
        assert (caught.value.pid, caught.value.run_id) == (process.pid, other)
        assert (
            f"'/data/a.csv' is being written by run {other} (process {process.pid}, since "
            in caught.value.what
        )
        assert "wait until it has ended, or end it" in caught.value.hint
        assert caught.value.exit_code == 1
        assert len(waiting.answering.requests) == 1  # nothing was called
        waiting.go_on.set()
        assert process.wait(20) == 0
    assert run(parse_config(one_stage(waiting.address, "/data/a.csv")), data_root=tmp_path).ok
    assert not (tmp_path / "runs" / ".locks").exists()


@pytest.mark.skipif(os.name != "posix", reason="needs SIGKILL")
def test_the_lock_dies_with_its_holder(elsewhere, waiting, tmp_path):
    with elsewhere(tmp_path) as process:
        process.kill()
        process.wait(20)
        assert list((tmp_path / "runs" / ".locks").iterdir())  # its file is left, not its lock
        assert run(parse_config(one_stage(waiting.address, "/data/a.csv")), data_root=tmp_path).ok
    assert not (tmp_path / "runs" / ".locks").exists()


def test_a_run_with_other_outputs_goes_on_beside_it(elsewhere, waiting, tmp_path):
    with elsewhere(tmp_path):
        assert run(parse_config(one_stage(waiting.address, "/data/b.csv")), data_root=tmp_path).ok
        assert run(
            parse_config(one_stage(waiting.address, "/data/a.csv")), data_root=tmp_path / "other"
        ).ok


@pytest.mark.parametrize(
    "spelling", ["a.csv", "/data/./a.csv", "/data/sub/../a.csv", "{root}/a.csv"]
)
def test_another_spelling_is_the_same_output(elsewhere, waiting, tmp_path, spelling):
    output = spelling.format(root=tmp_path)
    with elsewhere(tmp_path):
        if ".." in output:  # a service refuses such a path, whoever holds what
            assert run(parse_config(one_stage(waiting.address, output)), data_root=tmp_path)
        else:
            with pytest.raises(RunLockedError):
                run(parse_config(one_stage(waiting.address, output)), data_root=tmp_path)


@pytest.mark.skipif(os.name != "posix", reason="needs links")
def test_a_link_to_the_data_root_is_the_data_root(elsewhere, waiting, tmp_path):
    (tmp_path / "root").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "root")
    with elsewhere(tmp_path / "root"), pytest.raises(RunLockedError):
        run(parse_config(one_stage(waiting.address, "/data/a.csv")), data_root=tmp_path / "link")


def test_none_is_held_where_one_is_refused(elsewhere, waiting, chain, tmp_path):
    config = parse_config(one_stage(waiting.address, "/data/a.csv"))
    with elsewhere(tmp_path):
        nodes = json.loads(one_stage(waiting.address, "/data/a.csv"))
        nodes["containers"]["a"]["next_node"] = "b"
        nodes["containers"]["b"] = {
            "id": "b",
            "input_file": "/data/a.csv",
            "output_file": "/data/b.csv",
        }
        nodes["service_registry"]["b"] = waiting.address
        with pytest.raises(RunLockedError):
            run(parse_config(json.dumps(nodes)), data_root=tmp_path)
        assert run(parse_config(one_stage(waiting.address, "/data/b.csv")), data_root=tmp_path).ok
    assert run(config, data_root=tmp_path).ok


def test_steps_that_were_left_are_ended_by_the_next_run_of_the_same_thread(port, chain, tmp_path):
    config = chain(port.address, port.address)
    left = steps(config, data_root=tmp_path, run_id="left")
    next(left)
    again = steps(config, data_root=tmp_path, run_id="again")  # a cell that is run again
    next(again)
    assert [stage.status for stage in load_run(tmp_path / "runs" / "left")] == [
        "succeeded",
        "skipped",
    ]
    assert list(left) == []
    assert run(config, data_root=tmp_path).ok
    assert [stage.status for stage in again.result] == ["succeeded", "skipped"]


def test_steps_of_another_thread_are_not_ended(port, chain, tmp_path):
    config = chain(port.address, port.address)
    left = steps(config, data_root=tmp_path)
    next(left)
    seen = []

    def begin():
        try:
            run(config, data_root=tmp_path)
        except RunLockedError as exc:
            seen.append(exc)

    thread = threading.Thread(target=begin)
    thread.start()
    thread.join(20)
    assert [exc.pid for exc in seen] == [os.getpid()]
    assert next(left).ok
    left.close()


def test_a_run_begun_while_it_listens_to_a_stage_is_refused(port, chain, tmp_path):
    config = chain(port.address)

    def again(event):
        run(config, data_root=tmp_path)

    with pytest.raises(RunLockedError):
        run(config, data_root=tmp_path, on_event=again)
    assert run(config, data_root=tmp_path).ok


def test_many_runs_at_once_are_each_done_or_refused(port, tmp_path):
    ends = []

    def begin(number):
        config = parse_config(one_stage(port.address, f"/data/{number % 4}.csv"))
        try:
            ends.append(run(config, data_root=tmp_path).ok)
        except RunLockedError:
            ends.append(None)

    threads = [threading.Thread(target=begin, args=(number,)) for number in range(32)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(ends) == 32
    assert False not in ends
    assert ends.count(True) == len(port.answering.requests) >= 4
    assert not (tmp_path / "runs" / ".locks").exists()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_fork_does_not_hold_the_lock_of_its_parent(port, chain, tmp_path):
    code = """
import os, sys
from energykit.executor.lock import OutputLocks
from pathlib import Path
locks = OutputLocks(Path(sys.argv[1]), ["/data/a.csv"], "parent")
locks.acquire()
if os.fork() == 0:
    print(os.getpid(), flush=True)  # a process of its own now: its hooks after the fork have run
    sys.stdin.readline()  # lives on until the test ends it
    os._exit(0)
os._exit(0)  # without giving the lock back
"""
    command = [sys.executable, "-c", code, str(tmp_path)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout.readline().strip().isdigit()
            process.wait(20)
            assert run(parse_config(one_stage(port.address, "/data/a.csv")), data_root=tmp_path).ok
        finally:
            process.stdin.close()


@pytest.mark.skipif(
    os.name != "posix" or os.geteuid() == 0, reason="needs a user whom permissions hold"
)
def test_a_data_root_without_permission_is_named(port, chain, tmp_path):
    from energykit.errors import EnergykitError

    (tmp_path / "root").mkdir(mode=0o500)
    with pytest.raises(EnergykitError, match="cannot keep a record: Permission denied"):
        run(chain(port.address), data_root=tmp_path / "root")
