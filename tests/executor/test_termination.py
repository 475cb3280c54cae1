"""TERM and HUP end a run as Ctrl-C does: its record says so."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading

import pytest

from energykit._proto import energy_pipeline_pb2 as pb
from energykit.executor import run
from energykit.results import load_run

SCRIPT = """
import sys
from energykit.config import load_config
from energykit.executor import run
run(load_config(sys.argv[1]), data_root=sys.argv[2], run_id="ended")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has neither signal")
@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_a_script_that_is_ended_leaves_a_record_that_says_so(port, tmp_path, name):
    number, begun, over = getattr(signal, name), threading.Event(), threading.Event()

    def hang(request, context):
        context.add_callback(over.set)
        begun.set()
        over.wait(30)
        return pb.ExecuteResponse()

    port.answering.usual = hang
    node = {"id": "a", "output_file": "/data/a.csv", "next_node": "b", "timeout_seconds": 60}
    last = {"id": "b", "input_file": "/data/a.csv", "output_file": "/data/b.csv", "next_node": None}
    plan = {
        "workflow_name": "w",
        "start_node": "a",
        "execution_mode": "sequential",
        "service_registry": {"a": port.address, "b": port.address},
        "containers": {"a": node, "b": last},
    }
    (tmp_path / "plan.json").write_text(json.dumps(plan))
    command = [sys.executable, "-c", SCRIPT, str(tmp_path / "plan.json"), str(tmp_path)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert begun.wait(30)
        process.send_signal(number)
        _, text = process.communicate(timeout=30)
    assert process.returncode == 128 + number
    assert text == ""
    assert over.wait(5)  # the service was asked to stop
    kept = load_run(tmp_path / "runs" / "ended")
    assert kept.is_finished
    assert [stage.status for stage in kept] == ["failed", "skipped"]
    assert kept["a"].error.code == "CANCELLED"
    assert f"interrupted by {name} while this stage ran" in kept["a"].error.message


def test_a_handler_that_somebody_else_set_stays(port, chain, tmp_path):
    seen = []
    before = signal.signal(signal.SIGTERM, lambda number, frame: seen.append(number))
    try:
        port.answering.usual = lambda request, context: (
            os.kill(os.getpid(), signal.SIGTERM) or pb.ExecuteResponse(success=True)
        )
        assert run(chain(port.address), data_root=tmp_path).ok
    finally:
        signal.signal(signal.SIGTERM, before)
    assert seen == [signal.SIGTERM]


def test_the_default_is_there_again_after_the_run():
    code = (
        "import signal\n"
        "from energykit.executor.termination import Terminated, ending_on_signals\n"
        "try:\n"
        "    with ending_on_signals():\n"
        "        signal.raise_signal(signal.SIGTERM)\n"
        "except Terminated as exc:\n"
        "    print(exc.code, signal.getsignal(signal.SIGTERM) is signal.SIG_DFL)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.split() == ["143", "True"]
