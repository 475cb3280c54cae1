"""Let a producer work while its consumer does: items made in a thread, a few ahead."""

from __future__ import annotations

import queue
import threading
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator

__all__ = ["prefetch", "prefetch_from"]

Item = TypeVar("Item")

_AHEAD = 2
_LOOK_S = 0.1
"""How soon a producer notices that nobody takes its items any more [s]."""


def prefetch(items: Iterable[Item]) -> Generator[Item]:
    """Yield items that a thread takes from an iterable, at most two ahead of the consumer.

    What the iterable raises is raised here, in its place. When the consumer stops early, the thread
    ends.

    Parameters
    ----------
    items
        Taken in one thread, which is not the consumer's.
    """

    def take(put: Callable[[Item], bool]) -> None:
        source = iter(items)
        for item in source:
            if not put(item):
                break
        # else a generator would hold what it holds until it is collected
        getattr(source, "close", _nothing)()

    return prefetch_from(take)


def prefetch_from(produce: Callable[[Callable[[Item], bool]], None]) -> Generator[Item]:
    """Yield what a function produces in a thread, at most two items ahead of the consumer.

    What the function raises is raised here, behind what it has produced.

    Parameters
    ----------
    produce
        Given a function that takes an item and says whether more are wanted.
    """
    handover: _Handover[Item] = _Handover()
    thread = threading.Thread(
        target=handover.fill, args=(produce,), name="energykit-prefetch", daemon=True
    )
    thread.start()
    try:
        yield from handover
    finally:
        handover.stop()
        thread.join()


class _Handover(Generic[Item]):
    """Hands items from one thread to another."""

    def __init__(self) -> None:
        self._items: queue.Queue[list[Item]] = queue.Queue(maxsize=_AHEAD)
        self._is_stopped = False
        self._failure: BaseException | None = None

    def fill(self, produce: Callable[[Callable[[Item], bool]], None]) -> None:
        """Hand over what a function produces, until that ends or fails."""
        try:
            produce(lambda item: self._put([item]))
        except BaseException as exc:  # noqa: BLE001  raised again in the consumer's thread
            self._failure = exc
        self._put([])

    def stop(self) -> None:
        """Tell the producer that nobody takes items any more."""
        self._is_stopped = True

    def __iter__(self) -> Iterator[Item]:
        while item := self._items.get():
            yield item[0]
        if self._failure is not None:
            raise self._failure

    def _put(self, item: list[Item]) -> bool:
        while not self._is_stopped:
            try:
                self._items.put(item, timeout=_LOOK_S)
            except queue.Full:
                continue
            return True
        return False


def _nothing() -> None:
    """Do nothing: only a generator has something to close."""
