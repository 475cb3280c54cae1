"""Encryption, in a process of its own: ``tls_cases.py`` holds the tests.

gRPC's core (1.78.2) ends a process that has had several encrypted servers by a segmentation fault
now and then, as the next server stops: in 3 of 24 runs of these tests, never in a test alone. Only
that is tried again; a test that fails has failed.
"""

import signal
import subprocess
import sys
from pathlib import Path

CASES = Path(__file__).with_name("tls_cases.py")
TRIES = 8


def test_encryption_keeps_its_promises():
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(CASES)]
    for _ in range(TRIES):
        done = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)
        if done.returncode != -signal.SIGSEGV:
            break
    assert done.returncode == 0, done.stdout[-4000:]
    assert " passed" in done.stdout
