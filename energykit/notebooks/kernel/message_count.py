"""Inside the kernel: no output message is dropped, and how many were sent is noted for each cell.

A publishing socket drops what its subscriber does not take in time, without a word. So its limit is
lifted, and before a cell's last message (its state is idle again) the number of messages that it
sent is noted. The runner compares: what is missing was lost.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from energykit.notebooks.kernel.notes import NotesFile

__all__ = ["install"]

MOST_BYTES = 100_000_000
"""A cell that sends more is stopped by the runner; what it sends beyond is dropped here [B]."""
_DELIMITER = b"<IDS|MSG>"
_DROPPABLE = (b'"stream"', b'"display_data"', b'"update_display_data"')


def install(notes: NotesFile, kernel: Any) -> None:
    """Count what a kernel sends from now on.

    Parameters
    ----------
    notes
        Gets a note of kind ``sent`` for each cell.
    kernel
        The ipykernel kernel.
    """
    thread = getattr(kernel, "iopub_thread", None)
    if thread is None or not hasattr(thread, "_really_send"):
        notes.write("unwatched", "messages are not counted: this ipykernel sends in another way")
        return
    count = _Count(notes, thread._really_send)  # where every message passes
    thread._really_send = count.send
    thread.schedule(lambda: _lift_limit(thread.socket))


def _lift_limit(socket: Any) -> None:
    import zmq  # a kernel has it

    socket.setsockopt(zmq.SNDHWM, 0)


class _Count:
    def __init__(self, notes: NotesFile, send: Any) -> None:
        self._notes = notes
        self._send = send
        self._process = os.getpid()
        self._parent = b""
        self._sent = 0
        self._bytes = 0

    def send(self, message: list[Any], *args: Any, **options: Any) -> None:
        """Send a message; in a forked child, as it would be without counting."""
        if os.getpid() == self._process and _DELIMITER in message[:3]:
            header, parent, content = _parts(message)
            if parent != self._parent:
                self._parent, self._sent, self._bytes = parent, 0, 0
            self._sent += 1
            self._bytes += sum(map(len, message))
            if b'"idle"' in content and b'"status"' in header:
                self._note(parent)
            elif self._bytes > MOST_BYTES and any(kind in header for kind in _DROPPABLE):
                return
        self._send(message, *args, **options)

    def _note(self, parent: bytes) -> None:
        request = json.loads(parent)
        if request.get("msg_type") == "execute_request":
            self._notes.write("sent", parent=request["msg_id"], count=self._sent)


def _parts(message: list[Any]) -> tuple[bytes, bytes, bytes]:
    """Return a message's header, its parent's header and its content, as they are sent."""
    at = message.index(_DELIMITER)
    header, parent, content = (bytes(message[at + place]) for place in (2, 3, 5))
    return header, parent, content
