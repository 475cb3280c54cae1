"""Manager and client of a kernel, as those of jupyter_client, but without their fixed pauses."""

from __future__ import annotations

import math
import os
import signal
import time
from contextlib import contextmanager, suppress
from queue import Empty
from typing import TYPE_CHECKING, Any

import zmq.asyncio
from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_client.manager import AsyncKernelManager
from traitlets import default

from energykit.notebooks.process.process_tree import children_in_group

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["WatchedClient", "WatchedKernel"]

_POLL_S = 0.01
_ANSWER_S = 1.0
"""How long an answer is waited for before the question is put again [s]."""
_PUBLISHED_S = 0.05
"""How long, once the first answer came, what is published about it is waited for [s]: it is lost
where the kernel did not know of this subscriber yet. After each further answer twice as long."""


class WatchedClient(AsyncKernelClient):
    """A client that is ready as soon as the kernel has answered on both channels."""

    @default("context")
    def _own_context(self) -> zmq.asyncio.Context:
        """Return a context whose sockets look for a kernel that is not there yet more often.

        ZeroMQ's own pause is 0.1 s.
        """
        context = zmq.asyncio.Context()
        context.setsockopt(zmq.RECONNECT_IVL, round(_POLL_S * 1000))
        self._created_context = True  # to be closed with this client
        return context

    async def wait_for_ready(self, timeout: float | None = None) -> None:
        """Wait until the kernel answers and its output channel is connected and empty.

        jupyter_client waits until that channel was silent for 0.2 s. Messages come in order, so
        that behind the answer's own last message nothing old can come.

        Raises
        ------
        RuntimeError
            The kernel ended, or did not answer in time.
        """
        end = time.monotonic() + (math.inf if timeout is None else timeout)
        published_s = _PUBLISHED_S
        while not await self._is_answered(published_s):
            published_s = min(2 * published_s, _ANSWER_S)
            if not await self.is_alive():
                raise RuntimeError("Kernel died before replying to kernel_info")
            if time.monotonic() > end:
                raise RuntimeError(f"Kernel didn't respond in {timeout:g} seconds")

    async def _is_answered(self, published_s: float) -> bool:
        """Ask, and return whether the reply and the last message about it came."""
        asked = self.kernel_info()

        def is_idle(message: dict[str, Any]) -> bool:
            return bool(message["content"].get("execution_state") == "idle")

        try:
            reply = await _next_message(self.shell_channel, asked, lambda _: True, _ANSWER_S)
            await _next_message(self.iopub_channel, asked, is_idle, published_s)
        except Empty:
            return False
        self._handle_kernel_info_reply(reply)
        return True


async def _next_message(
    channel: Any, asked: str, fits: Callable[[dict[str, Any]], bool], longest_s: float
) -> dict[str, Any]:
    """Return the next message about a request that fits; others are dropped.

    Raises
    ------
    queue.Empty
        None came in time.
    """
    end = time.monotonic() + longest_s
    while (left := end - time.monotonic()) > 0:
        message = dict(await channel.get_msg(timeout=left))
        if message["parent_header"].get("msg_id") == asked and fits(message):
            return message
    raise Empty


class WatchedKernel(AsyncKernelManager):
    """A kernel, of which it is seen at once that it has ended."""

    async def _async_wait(self, pollinterval: float = _POLL_S) -> None:
        await super()._async_wait(min(pollinterval, _POLL_S))

    async def _async_send_kernel_sigterm(self, restart: bool = False) -> None:
        with self._alone():
            await super()._async_send_kernel_sigterm(restart)

    async def _async_kill_kernel(self, restart: bool = False) -> None:
        with self._alone():
            await super()._async_kill_kernel(restart)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Let a signal reach the kernel and what a kernel ends with itself, not its whole group.

        A kernel that ends in time leaves a background job of a shell behind, which is found; one
        that is slow, on a busy machine, must not take it along.
        """
        provisioner: Any = self.provisioner
        group = getattr(provisioner, "pgid", None)
        if not group:
            yield
            return
        children = children_in_group(group)
        provisioner.pgid = None
        try:
            yield
        finally:
            provisioner.pgid = group
            for child in children:
                with suppress(OSError):
                    os.kill(child, signal.SIGKILL)
