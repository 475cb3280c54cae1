"""Services that a worker keeps from one point to the next, instead of starting them for each."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from energykit.experiments.service_version import service_version
from energykit.launcher import local_services

if TYPE_CHECKING:
    from collections.abc import Iterator

    from energykit.config import PipelineConfig
    from energykit.launcher import LocalServices

__all__ = ["warm_services"]

_IDLE_S = 10.0
"""How long services are kept that nobody uses [s]; they end with the worker in any case."""


class _WarmServices:
    """Services of one thread of a worker, stopped when they were idle for a while."""

    def __init__(self, services: LocalServices) -> None:
        self.services = services
        self._lock = threading.Lock()
        self._timer: threading.Timer | None = None
        self._is_over = False

    def take(self) -> bool:
        """Say whether they can be used; they are not stopped meanwhile."""
        with self._lock:
            timer, self._timer = self._timer, None
            if timer is not None:
                timer.cancel()
            children = self.services.processes.values()
            return not self._is_over and all(child.is_running for child in children)

    def give_back(self) -> None:
        """Stop them a while from now, unless they are taken again."""
        with self._lock:
            self._timer = threading.Timer(_IDLE_S, self._stop_if_idle)
            self._timer.daemon = True
            self._timer.start()

    def stop(self) -> None:
        """Stop them."""
        self._is_over = True
        self.services.stop()

    def _stop_if_idle(self) -> None:
        with self._lock:
            if self._timer is threading.current_thread():
                self.stop()


_KEPT = threading.local()


@contextmanager
def warm_services(config: PipelineConfig, data_root: str) -> Iterator[LocalServices]:
    """Keep the services of a configuration for the next point of the same sweep.

    They are of the calling thread alone. Services that ended meanwhile are started again, and so
    are those whose code was edited.

    Parameters
    ----------
    config
        Names them.
    data_root
        What ``/data`` stands for.

    Raises
    ------
    energykit.errors.ServiceStartError
        One did not become ready.
    """
    kept: dict[tuple[object, ...], _WarmServices] = _KEPT.__dict__.setdefault("services", {})
    key = (data_root, *((name, service_version(name)) for name in config.services))
    warm = kept.get(key)
    if warm is None or not warm.take():
        if warm is not None:
            warm.stop()
        services = local_services(config, data_root=data_root)
        # start() would end those of other threads: it takes over as a cell that is run again does
        warm = kept[key] = _WarmServices(services.__enter__())
    try:
        yield warm.services
    finally:
        warm.give_back()
