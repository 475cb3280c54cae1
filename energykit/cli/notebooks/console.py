"""A prompt on a kernel that waits: jupyter_console where it is installed, else a small one."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import re
import sys
from typing import Any

from energykit.module_command import module_command

__all__ = ["open_console"]

PLAIN = "ENERGYKIT_PLAIN_PROMPT"
"""Environment variable: set, our own prompt is used also where jupyter_console is installed."""
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
_ANSWER_S = 10.0


async def open_console(client: Any) -> None:
    """Let a person talk to a kernel until they leave.

    Parameters
    ----------
    client
        An nbclient client whose kernel runs.
    """
    if importlib.util.find_spec("jupyter_console") and not os.environ.get(PLAIN):
        command = module_command("jupyter_console", "--existing", client.km.connection_file)
        process = await asyncio.create_subprocess_exec(*command)
        await process.wait()
        return
    print("The kernel waits. Look at any name; exit, or Ctrl-D, ends it.", file=sys.stderr)
    while (source := await _typed(client.kc)) is not None:
        await client.kc.execute_interactive(source, allow_stdin=False, output_hook=_show)


async def _typed(kernel: Any) -> str | None:
    """Return what a person typed, all lines of it; None where they leave."""
    lines: list[str] = []
    while True:
        try:
            line = await asyncio.to_thread(input, "... " if lines else ">>> ")
        except EOFError:
            print()
            return None
        if not lines and line.strip() in {"exit", "exit()", "quit", "quit()"}:
            return None
        lines.append(line)
        if not line.strip() or not await _is_incomplete(kernel, "\n".join(lines)):
            return "\n".join(lines)


async def _is_incomplete(kernel: Any, source: str) -> bool:
    request = kernel.is_complete(source)
    while True:
        reply = await kernel.get_shell_msg(timeout=_ANSWER_S)
        if reply["parent_header"].get("msg_id") == request:
            return bool(reply["content"]["status"] == "incomplete")


def _show(message: dict[str, Any]) -> None:
    content = message["content"]
    kind = message["msg_type"]
    if kind == "stream":
        print(content["text"], end="")
    elif kind in {"display_data", "execute_result"}:
        print(content["data"].get("text/plain", ""))
    elif kind == "error":
        print(_COLOURS.sub("", "\n".join(content["traceback"])))
