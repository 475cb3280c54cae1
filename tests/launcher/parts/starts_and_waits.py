"""Starts two dummies, prints their pids, waits to be killed; ``fork``: a fork lives on."""

import os
import sys
import time

from energykit.launcher import local_services


def say(*words: object) -> None:
    """Print a line in one write: a fork prints too."""
    os.write(1, (" ".join(map(str, words)) + "\n").encode())


def wait() -> None:
    """Wait to be killed; in short parts, because a signal just before one does not cut it short."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        time.sleep(0.05)


_, data_root, how = sys.argv
services = local_services(
    ["dummy", "dummy-2"], data_root=data_root, modules={"dummy-2": "services.dummy"}
)
with services:
    if how == "fork" and os.fork() == 0:
        say("fork", os.getpid())
        wait()
        os._exit(0)
    say("pids", *(child.pid for child in services.processes.values()))
    if how == "exit":
        sys.exit(0)
    if how == "raise":
        raise ValueError("on purpose")
    wait()
