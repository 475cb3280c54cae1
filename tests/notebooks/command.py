"""Commands as a user types them, in a folder of a test."""

import os
import subprocess
import sys


def run_module(*words, cwd, timeout, **variables):
    """Run a module of Python to its end; this run of pytest is not to be seen in it."""
    environment = {key: value for key, value in os.environ.items() if "PYTEST" not in key}
    return subprocess.run(
        [sys.executable, "-m", *words],
        cwd=cwd,
        env=environment | variables,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
