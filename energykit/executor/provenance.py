"""Who runs a pipeline, where, and from which state of a git repository."""

from __future__ import annotations

import getpass
import importlib.metadata
import os
import platform
import socket
import subprocess
import time
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from energykit.private_folder import owned_by_us

__all__ = ["Provenance", "read_versions"]

_GIT_S = 2.0
_FRESH_S = 10.0
"""How long the state of a repository is believed [s]: a sweep does not ask for each point."""
_STATES: dict[Path, tuple[float, Future[bool | None]]] = {}
"""When a repository was asked for its state, and what it said, by its folder."""


@cache
def read_versions() -> dict[str, str]:
    """Return the versions of Python, of the system, and of the packages that take part."""
    modules = {"energykit": "energykit", "grpcio": "grpc", "protobuf": "google.protobuf"}
    versions = {name: str(import_module(module).__version__) for name, module in modules.items()}
    with suppress(importlib.metadata.PackageNotFoundError):  # only the services need it
        versions["polars"] = importlib.metadata.version("polars")
    return {"python": platform.python_version(), "platform": platform.platform(), **versions}


class Provenance:
    """User, host, process and git state; git is asked beside the run, and never waited for long.

    Parameters
    ----------
    config_file
        The configuration: its folder may belong to a repository.
    """

    def __init__(self, config_file: str) -> None:
        self._own: dict[str, Any] = {
            "user": _find_user(),
            "host": socket.gethostname(),
            "pid": os.getpid(),
        }
        file = Path(config_file)
        repository = _find_repository(file.resolve().parent) if file.is_file() else None
        if repository is not None and (commit := _read_commit(repository)):
            self._own["git_commit"] = commit
        self._answer = _ask_git(repository)

    def read(self, *, wait_s: float = 0.0) -> dict[str, Any]:
        """Return what is known.

        Parameters
        ----------
        wait_s
            How long to wait for git [s].
        """
        if self._answer is None or not (self._answer.done() or wait_s):
            return self._own
        try:
            return {**self._own, "git_is_modified": self._answer.result(wait_s)}
        except TimeoutError:
            return self._own


def _find_user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):  # a container's user without a name
        return str(os.getuid()) if hasattr(os, "getuid") else ""


def _find_repository(folder: Path) -> Path | None:
    """Return the next folder above that is a repository, but none that another account made."""
    for path in (folder, *folder.parents):
        with suppress(OSError):
            if (path / ".git").exists() and owned_by_us(path / ".git"):
                return path
    return None


def _ask_git(repository: Path | None) -> Future[bool | None] | None:
    if repository is None:
        return None
    asked_s, answer = _STATES.get(repository, (0.0, None))
    if answer is None or time.monotonic() - asked_s > _FRESH_S:
        thread = ThreadPoolExecutor(1, thread_name_prefix="energykit-git")
        answer = thread.submit(_is_modified, repository)
        thread.shutdown(wait=False)
        _STATES[repository] = time.monotonic(), answer
    return answer


def _is_modified(repository: Path) -> bool | None:
    """Return whether files that git knows differ from the commit; None where git does not say."""
    command = ["git", "--no-optional-locks", "status", "--porcelain", "--untracked-files=no"]
    try:
        done = subprocess.run(
            command,
            cwd=repository,
            capture_output=True,
            timeout=_GIT_S,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return bool(done.stdout.strip()) if done.returncode == 0 else None


def _read_commit(repository: Path) -> str:
    """Return the commit that is checked out, from git's files; empty where it cannot be read."""
    try:
        git = repository / ".git"
        if git.is_file():  # a worktree or a submodule: "gitdir: PATH"
            git = repository / git.read_text(encoding="utf-8").partition(":")[2].strip()
        head = (git / "HEAD").read_text(encoding="utf-8").strip()
        if not head.startswith("ref:"):
            return head
        shared = git / "commondir"
        home = git / shared.read_text(encoding="utf-8").strip() if shared.is_file() else git
        return _resolve_reference(home, head.removeprefix("ref:").strip())
    except (OSError, ValueError):
        return ""


def _resolve_reference(git: Path, name: str) -> str:
    if (loose := git / name).is_file():
        return loose.read_text(encoding="utf-8").strip()
    packed = (git / "packed-refs").read_text(encoding="utf-8").splitlines()
    return next((line.split()[0] for line in packed if line.endswith(f" {name}")), "")
