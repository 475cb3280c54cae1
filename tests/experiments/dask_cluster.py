"""A real Dask cluster: a scheduler and workers, each a process of its own."""

import os
import subprocess
import sys
from contextlib import contextmanager

import psutil

MARK = "ENERGYKIT_DASK_TEST"


def started(mark, *arguments, prefix=(), folder=None):
    environment = {
        **os.environ,
        MARK: mark,
        "DASK_DISTRIBUTED__ADMIN__LOG_LENGTH": "0",
        "PYTHONPATH": os.pathsep.join(map(os.path.abspath, filter(None, sys.path))),
    }
    return subprocess.Popen(
        [*prefix, sys.executable, "-m", *arguments],
        env=environment,
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def carrying(mark):
    """Processes of a cluster, and of the services that its workers started."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get(MARK) == mark and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except (psutil.Error, OSError):
            continue
    return found


@contextmanager
def dask_cluster(tmp_path, *, prefix=(), folders=(None, None)):
    """A client, and the processes of its workers, each in a folder; none is left in the end."""
    import distributed

    mark, where = str(tmp_path), tmp_path / "scheduler.json"
    loopback = ("--host", "127.0.0.1", "--no-dashboard", "--scheduler-file", str(where))
    scheduler = started(mark, "distributed.cli.dask_scheduler", "--port", "0", *loopback)
    own = ("--nthreads", "1", "--no-nanny", "--local-directory", str(tmp_path))
    worker = ("distributed.cli.dask_worker", *own, *loopback)
    workers = [started(mark, *worker, prefix=prefix, folder=folder) for folder in folders]
    try:
        with distributed.Client(
            scheduler_file=str(where), timeout=60, set_as_default=False
        ) as client:
            client.wait_for_workers(len(workers), timeout=60)
            yield client, workers
    finally:
        for process in (*workers, scheduler):
            process.terminate()
        for process in (*workers, scheduler):
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        _gone, left = psutil.wait_procs(carrying(mark), timeout=20)
        assert left == []
