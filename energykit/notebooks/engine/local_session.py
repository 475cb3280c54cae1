"""A notebook's session in this process: its folder, its kernel, the end of what it started."""

from __future__ import annotations

import contextlib
import os
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from energykit.notebooks.engine.session import EngineSession, Limits
from energykit.notebooks.kernel.choice import choose_kernel
from energykit.notebooks.kernel.manager import new_manager
from energykit.notebooks.process.job_process import socket_folder
from energykit.notebooks.process.marked_processes import (
    end_all,
    kernel_environment,
    new_mark,
)
from energykit.notebooks.process.process_tree import adopt_orphans
from energykit.notebooks.source.metadata import notebook_rules, own_metadata
from energykit.notebooks.source.run_folder import lay_out
from energykit.notebooks.verdict.leaks import describe_left, with_leaks
from energykit.notebooks.verdict.source_change import SourceWatch

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["local_session", "write_source"]


@contextlib.contextmanager
def local_session(
    path: str,
    notebook: Any,
    folder: Path,
    *,
    limits: Limits | None = None,
    cwd: Path | None = None,
    kernel: str = "",
) -> Iterator[EngineSession]:
    """Yield a session whose kernel is a program; at the end all that it started is ended.

    Parameters
    ----------
    path
        The notebook, as the caller named it.
    notebook
        As nbformat has it.
    folder
        The run's folder.
    limits
        Time-outs.
    cwd
        Folder to run in, as a copy; None: the notebook's own.
    kernel
        Kernel that is asked for; empty: the notebook's.

    Raises
    ------
    energykit.errors.UsageError
        No kernel fits, or its metadata name a file that does not exist.
    """
    place = lay_out(path, folder, cwd=cwd, files=own_metadata(notebook.metadata).get("files", ()))
    mark, watch = new_mark(), SourceWatch(path, place.linked)
    with _marked(folder, mark) as left, _sockets(mark) as sockets:
        choice = choose_kernel(notebook.metadata, kernel)
        session = EngineSession(
            path=path,
            folder=folder,
            home=place.home,
            copy=place.copy,
            kernel=choice,
            manager=new_manager(sockets, choice),
            limits=limits or Limits(),
            linked=place.linked,
        )
        yield session
    if session.verdict is not None:
        leaks = {"leaks": describe_left(left), "files": watch.leaks(folder)}
        verdict = replace(session.verdict, notes=(*place.notes, *session.verdict.notes))
        session.verdict = with_leaks(verdict, leaks, notebook_rules(notebook, ()))


def write_source(notebook: Any, folder: Path) -> str:
    """Write a notebook as it is to be executed into a run's folder and return its path."""
    import nbformat  # optional

    path = folder / "source.ipynb"
    nbformat.write(notebook, path)
    return str(path)


@contextlib.contextmanager
def _sockets(mark: str) -> Iterator[Path]:
    folder = socket_folder(mark)
    folder.mkdir(mode=0o700, parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def _marked(folder: Path, mark: str) -> Iterator[list[str]]:
    """Let what this process starts carry a mark and write into a folder; at the end, end it."""
    import psutil  # optional

    ours = kernel_environment(folder, mark, socket_folder(mark))
    before = {name: os.environ.get(name) for name in ours}
    adopt_orphans()  # so that one that left its session and cleared its environment is found, too
    own = psutil.Process().children(recursive=True)
    os.environ.update(ours)
    left: list[str] = []
    try:
        yield left
    finally:
        left += end_all(mark, but=own)
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
