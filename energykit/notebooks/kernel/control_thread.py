"""Inside the kernel: its control thread ends before the threads that it waits for.

A kernel's control thread takes the request to shut down, lets the main thread end, and then waits
until what was printed is sent. By then ipykernel may have stopped the thread that sends: both wait
for 10 s, and the kernel is killed before that, with whatever it had not written.
"""

from __future__ import annotations

import atexit
from typing import Any

__all__ = ["install"]

_END_S = 2.0


def install(kernel: Any) -> None:
    """Wait for a kernel's control thread before ipykernel closes its channels.

    Parameters
    ----------
    kernel
        The ipykernel kernel; what it closes its channels with is an exit function already, and the
        last one that is registered runs first.
    """
    atexit.register(_end, kernel)


def _end(kernel: Any) -> None:
    thread = getattr(kernel, "control_thread", None)
    if thread is not None and thread.is_alive():
        thread.stop()
        thread.join(_END_S)
