"""Dask workers on this machine that work for their owner alone."""

from __future__ import annotations

import importlib
import weakref
from typing import Any

from energykit.errors import MissingPackageError
from energykit.module_command import guard_spawned
from energykit.temporary_folder import TemporaryFolder

__all__ = ["local_cluster"]

_NO_PAGES: dict[str, Any] = {
    "distributed.scheduler.http.routes": [],
    "distributed.worker.http.routes": [],
}
"""Dask's own pages show tasks, logs and call stacks to whoever asks."""


def local_cluster(workers: int = 2) -> Any:
    """Start a Dask scheduler and workers, each worker a process of one thread.

    Whoever reaches a Dask scheduler runs code as its owner, and on loopback that is every account
    of the machine. This one has a certificate that is made for it and kept in memory: nobody else
    gets in. It has no web pages, and what its workers write is in a folder of their own.

    Parameters
    ----------
    workers
        How many.

    Returns
    -------
    distributed.LocalCluster
        For ``distributed.Client``, whose ``get_executor()`` is for `sweep`; ``close()`` ends it.

    Raises
    ------
    energykit.errors.MissingPackageError
        distributed or cryptography is not installed.
    """
    try:
        importlib.import_module("cryptography")  # distributed makes certificates with it
        import dask
        from distributed import LocalCluster
    except ImportError as exc:
        raise MissingPackageError(
            exc.name or "distributed", extra="notebooks", needed_for="a Dask cluster"
        ) from None
    folder = TemporaryFolder("dask")
    own = {"temporary-directory": str(folder.path)}  # Dask's have names that others know
    guard_spawned()
    with dask.config.set(_NO_PAGES | own):
        cluster = LocalCluster(  # type: ignore[no-untyped-call]
            n_workers=workers,
            threads_per_worker=1,
            host="127.0.0.1",
            security=True,
            dashboard_address=None,
            scheduler_kwargs={"dashboard_address": "127.0.0.1:0"},  # where no page is
            local_directory=str(folder.path),
        )
    weakref.finalize(cluster, folder.remove)
    return cluster
