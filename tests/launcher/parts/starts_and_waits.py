"""A parent that starts two dummies, says their pids, and waits to be killed; ``fork``: with a fork that lives on."""

import os
import sys
import time

from energykit.launcher import local_services


def say(*words: object) -> None:
    """Print a line in one write: a fork prints too."""
    os.write(1, (" ".join(map(str, words)) + "\n").encode())


_, data_root, how = sys.argv
services = local_services(["dummy", "dummy-2"], data_root=data_root, modules={"dummy-2": "services.dummy"})
with services:
    if how == "fork" and os.fork() == 0:
        say("fork", os.getpid())
        time.sleep(60)
        os._exit(0)
    say("pids", *(child.pid for child in services.processes.values()))
    if how == "exit":
        sys.exit(0)
    if how == "raise":
        raise ValueError("on purpose")
    time.sleep(60)
