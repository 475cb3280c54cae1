"""Whether a service that was started answers."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from energykit.errors import ServiceUnreachableError
from energykit.executor.connection import Connection

if TYPE_CHECKING:
    from energykit.launcher.child import Child

__all__ = ["read_status", "wait_ready"]

_STATUS_S = 2.0  # a busy machine answers late, one that hangs is rare


def wait_ready(child: Child, end: float) -> None:
    """Return when a service answers that it serves.

    Parameters
    ----------
    child
        The service.
    end
        Until when, of the monotonic clock [s].

    Raises
    ------
    energykit.errors.ServiceStartError
        It does not in time, or has ended.
    """
    connection = Connection((child.wait_for_address(end - time.monotonic()),))
    try:
        connection.wait_until_serving(
            max(end - time.monotonic(), 0.0), lambda *_: child.check_running()
        )
    except ServiceUnreachableError as exc:
        raise child.failure(f"printed its address, but is not ready: {exc.what}") from exc
    finally:
        connection.close()


def read_status(child: Child | None) -> str:
    """Return ``"serving"``, ``"not serving"`` (it runs but does not answer), or ``"stopped"``."""
    if child is None or not child.is_running:
        return "stopped"
    connection = Connection((child.address,))
    try:
        connection.wait_until_serving(_STATUS_S, lambda *_: None)
    except ServiceUnreachableError:
        return "not serving"
    finally:
        connection.close()
    return "serving"
