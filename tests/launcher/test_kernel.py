"""Services that a kernel started: they survive its interrupt, and end when it is killed."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

pytest.importorskip("jupyter_client", reason="the extra 'notebooks' is not installed")
pytest.importorskip("ipykernel", reason="the extra 'notebooks' is not installed")


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="kills with a signal")
def test_services_survive_an_interrupt_are_replaced_by_a_rerun_and_die_with_the_kernel(
    parts, tmp_path, is_gone, comes_true
):
    command = [sys.executable, str(parts / "drives_a_kernel.py"), str(tmp_path / "data")]
    environment = {**os.environ, "IPYTHONDIR": str(tmp_path / "ipython")}
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=180, env=environment, check=False
    )
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout.splitlines()[-1])
    last = seen.pop("last_pid")
    assert seen == {
        "interrupted": "RunInterrupted",
        "survived": True,
        "after": "True",
        "replaced": True,
    }
    assert comes_true(lambda: is_gone(last))
