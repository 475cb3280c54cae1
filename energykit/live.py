"""What lives on after the cell that started it: services, servers, dashboards, locks.

Two rules hold for all of them, and are kept here. A cell that is run again replaces what it had
started: :func:`take_over` ends the earlier one of the same kind and key. A fork of the process,
such as a worker of a pool, must not keep it alive: :func:`release_in_forks` says what is let go.

Things are held weakly unless `keeps` says otherwise, so what nobody needs any more ends by itself.
"""

from __future__ import annotations

import os
import weakref
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

__all__ = ["current", "every", "forget", "release_in_forks", "take_over", "without_blas_threads"]

T = TypeVar("T")
_Key = tuple[str, Hashable]
_kept: dict[_Key, Any] = {}
_weak: weakref.WeakValueDictionary[_Key, Any] = weakref.WeakValueDictionary()
_releases: weakref.WeakKeyDictionary[Any, Callable[[Any], None]] = weakref.WeakKeyDictionary()


def take_over(
    kind: str, key: Hashable, thing: T, end: Callable[[T], object], *, keeps: bool = False
) -> None:
    """Put a thing in the place of an earlier one, which is ended first.

    Parameters
    ----------
    kind
        What it is: ``"local services"``.
    key
        What the same cell gives each time it is run: a data root, a port.
    thing
        The new one; the earlier one may be it, and goes on then.
    end
        Ends the earlier one.
    keeps
        Whether the thing lives on although nobody holds it.
    """
    earlier = current(kind, key)
    if earlier is not None and earlier is not thing:
        forget(kind, key)
        end(earlier)
    (_kept if keeps else _weak)[kind, key] = thing


def current(kind: str, key: Hashable) -> Any:
    """Return what has a place; None: nothing."""
    kept = _kept.get((kind, key))
    return kept if kept is not None else _weak.get((kind, key))


def every(kind: str) -> dict[Any, Any]:
    """Return all things of a kind, by key."""
    return {key: thing for (name, key), thing in [*_kept.items(), *_weak.items()] if name == kind}


def forget(kind: str, key: Hashable) -> Any:
    """Take a thing out of its place, and return it; None: nothing was there."""
    kept, weak = _kept.pop((kind, key), None), _weak.pop((kind, key), None)
    return kept if kept is not None else weak


def release_in_forks(thing: T, release: Callable[[T], None]) -> None:
    """Say what a fork of this process does with a thing, directly after the fork.

    Parameters
    ----------
    thing
        Held weakly.
    release
        Closes what the fork has of it: pipes, files. It must not touch the thing itself, which is
        the parent's, and must not hold it either.
    """
    _releases[thing] = release


@contextmanager
def without_blas_threads() -> Iterator[None]:
    """Let NumPy, where it is imported in this block, start no threads for linear algebra.

    They would be in the way of a fork, and nothing that is forked here uses linear algebra.
    """
    name = "OPENBLAS_NUM_THREADS"
    before = os.environ.get(name)
    os.environ[name] = "1"
    try:
        yield
    finally:
        os.environ.pop(name)
        if before is not None:
            os.environ[name] = before


def _release_all() -> None:
    for thing, release in list(_releases.items()):
        release(thing)
    _releases.clear()
    _kept.clear()
    _weak.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_release_all)
