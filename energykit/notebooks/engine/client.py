"""The client of a kernel: papermill's, that counts messages, limits output, measures memory."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from queue import Empty
from typing import Any

from nbclient.exceptions import CellExecutionComplete
from papermill.clientwrap import PapermillNotebookClient

from energykit.notebooks.process.marked_processes import memory_mb

__all__ = ["MOST_SHOWN", "KernelClient", "OutputLostError"]

MOST_SHOWN = 20_000_000
"""A cell that shows more, in characters of its messages, is stopped."""
_SAMPLE_S = 0.2
_LOOK_S = 0.5
_QUIET_S = 10.0
"""How long a cell that has ended waits for its last message, before it counts as lost [s]."""
_ANSWER_S = 5.0
"""How long a cell that was interrupted may take to say where it was [s]."""
_LONGEST_S = 3600.0
_REPLIED = "shell.execute_reply"
"""Name in a cell's metadata of the time of its reply."""


class OutputLostError(Exception):
    """Messages of a cell were lost."""


class KernelClient(PapermillNotebookClient):  # type: ignore[misc]
    """A client for one kernel.

    Parameters
    ----------
    nb_man
        Papermill's state of the execution.
    manager
        Of the kernel, which may run already.
    folder
        The kernel's working directory.
    memory_mb
        Most memory of the kernel's processes [MB]; 0: no limit.
    **options
        Further options of nbclient.
    """

    def __init__(
        self, nb_man: Any, manager: Any, folder: str, *, memory_mb: float = 0.0, **options: Any
    ) -> None:
        super().__init__(nb_man, resources={"metadata": {"path": folder}}, **options)
        self._manager = manager
        self._memory_mb = memory_mb
        self._shown = 0
        self.limit_s: float | None = None
        self.timeout_func = lambda _cell: self.limit_s  # the setting itself takes whole seconds
        self.iopub_timeout = _LONGEST_S  # `_async_poll_output_msg` knows better when to give up
        self.peak_mb = 0.0
        self.cell_mb = 0.0
        self.exceeded_mb = 0.0
        """Memory at which the kernel was ended; 0 where it was not."""
        self.errors: list[dict[str, Any]] = []
        """What the cell's error messages said."""
        self.widget_errors: list[dict[str, Any]] = []
        """What those said that an Output widget shows."""
        self.received: dict[str, int] = {}
        """How many messages came, by the id of the request that they belong to."""
        self._all_came = asyncio.Event()

    def create_kernel_manager(self) -> Any:
        """Return the manager that this client was given."""
        self.km = self._manager
        return self.km

    @property
    def has_flooded(self) -> bool:
        """Whether the cell showed too much."""
        return self._shown > MOST_SHOWN

    def new_cell(self, limit_s: float) -> None:
        """Start counting for the next cell, which may take so long [s]."""
        self.limit_s = limit_s
        self._shown = 0
        self.cell_mb = 0.0
        self.errors, self.widget_errors = [], []
        self.received = {}
        self._all_came = asyncio.Event()

    async def _async_poll_output_msg(self, parent_msg_id: str, cell: Any, cell_index: int) -> None:
        """Take a cell's messages until its last one, as nbclient does, and count them.

        Raises
        ------
        OutputLostError
            The cell has ended, and its last message does not come.
        """
        last = time.monotonic()
        while True:
            message = await self._next_message()
            if message is None:
                if _REPLIED in cell["metadata"]["execution"] and time.monotonic() - last > _QUIET_S:
                    raise OutputLostError("its last message did not come")
                continue
            last = time.monotonic()
            if message["parent_header"].get("msg_id") != parent_msg_id:
                continue
            self.received[parent_msg_id] = self.received.get(parent_msg_id, 0) + 1
            try:
                self.process_message(message, cell, cell_index)
            except CellExecutionComplete:
                self._all_came.set()
                return

    async def interrupt_cell(self) -> None:
        """Interrupt the cell that runs, and wait for the traceback that says where it was.

        A cell that ignores it, or is in code that does not look at signals, is waited for a moment.
        """
        with suppress(TimeoutError, RuntimeError):  # it has ended meanwhile
            await self._manager.interrupt_kernel()
            await asyncio.wait_for(self._all_came.wait(), _ANSWER_S)

    async def _next_message(self) -> dict[str, Any] | None:
        with suppress(Empty):
            return dict(await self.kc.iopub_channel.get_msg(timeout=_LOOK_S))
        return None

    def process_message(self, msg: dict[str, Any], cell: Any, cell_index: int) -> Any:
        """Take a message of the kernel, unless it holds an output beyond the limit."""
        content = msg["content"]
        if msg["msg_type"] == "error":
            in_widget = self.output_hook_stack[msg["parent_header"].get("msg_id")]
            (self.widget_errors if in_widget else self.errors).append(content)
        if "data" in content or "text" in content:
            was_flooded, self._shown = self.has_flooded, self._shown + _size(content)
            if self.has_flooded:
                if not was_flooded:
                    self._interrupted = asyncio.ensure_future(self._manager.interrupt_kernel())
                return None
        return super().process_message(msg, cell, cell_index)

    def output(self, outs: list[Any], msg: dict[str, Any], display_id: Any, cell_index: int) -> Any:
        """Take an output; what is printed piece by piece is one output, as in JupyterLab."""
        last, content = (outs[-1] if outs else None), msg["content"]
        is_more = (
            msg["msg_type"] == "stream"
            and last is not None
            and last.get("output_type") == "stream"
            and last.get("name") == content["name"]
            and not self.clear_before_next_output
            and not self.output_hook_stack[msg["parent_header"].get("msg_id")]
        )
        if not is_more or last is None:
            return super().output(outs, msg, display_id, cell_index)
        last["text"] += content["text"]
        return type(last)(output_type="stream", name=content["name"], text=content["text"])

    async def measure(self) -> None:
        """Measure memory until cancelled; a kernel that takes too much is ended."""
        while True:
            now = memory_mb()
            self.cell_mb, self.peak_mb = max(self.cell_mb, now), max(self.peak_mb, now)
            if self._memory_mb and now > self._memory_mb and not self.exceeded_mb:
                self.exceeded_mb = now
                await self._manager.provisioner.kill()
            await asyncio.sleep(_SAMPLE_S)


def _size(content: dict[str, Any]) -> int:
    data = content.get("data", {})
    parts = data.values() if isinstance(data, dict) else ()
    text = content.get("text", "")
    return (len(text) if isinstance(text, str) else 0) + sum(
        len(part) if isinstance(part, str) else 1000 for part in parts
    )
