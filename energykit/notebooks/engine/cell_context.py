"""What goes on around a cell: work beside it, and code behind it."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Coroutine, Iterator

__all__ = ["beside", "followed_by"]


@contextmanager
def followed_by(cell: Any, code: str) -> Iterator[None]:
    """Let a cell be executed with code behind it, which its file does not hold."""
    source = cell.source
    try:
        cell.source = f"{source}\n{code}" if code else source
        yield
    finally:
        cell.source = source


@asynccontextmanager
async def beside(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Let work go on while a block runs."""
    task = asyncio.ensure_future(work)
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
