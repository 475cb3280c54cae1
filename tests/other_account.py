"""Being another account of the machine: for tests of what that account can do."""

import os
import subprocess
import sys

import pytest

STRANGER = 12_002
needs_two_accounts = pytest.mark.skipif(
    sys.platform != "linux" or os.geteuid() != 0, reason="another account's process needs root"
)
_BECOME = "os.setgroups([]); os.setgid(int(sys.argv[1])); os.setuid(int(sys.argv[1]))"


def as_stranger(imports, code, *arguments):
    """Run code as another account, its imports done before; return what it printed."""
    text = f"import os, sys\n{imports}\n{_BECOME}\ndel sys.argv[1]\n{code}"
    command = [sys.executable, "-W", "ignore", "-c", text, str(STRANGER), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()
