"""What a service is: its stage, the parameters it takes, its versions, its data root."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import platform
import secrets
import stat
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from energykit._proto import energy_pipeline_pb2 as pb
from energykit.distribution import DISTRIBUTION
from energykit.private_folder import open_private
from energykit.serving.parameter_schema import parameters_schema
from energykit.serving.version import stage_version

if TYPE_CHECKING:
    from pathlib import Path

    from energykit.serving.definition import Stage

__all__ = ["data_root_id", "describe"]

_PACKAGES = (DISTRIBUTION, "grpcio", "numpy", "pandas", "polars", "protobuf")
_ROOT_FILE = ".energykit-root"
_ROOT_BYTES = 4096


def describe(stage: Stage, folder: Path, *, serves_artifacts: bool) -> pb.ServiceDescription:
    """Return what a service says of itself.

    Parameters
    ----------
    stage
        Its stage.
    folder
        Its data root.
    serves_artifacts
        Whether artefacts are read and written over the wire.
    """
    return pb.ServiceDescription(
        stage=stage.name,
        stage_version=stage_version(stage),
        parameters_schema=json.dumps(parameters_schema(stage.understood), sort_keys=True),
        versions=_versions(),
        data_root_id=data_root_id(folder),
        serves_artifacts=serves_artifacts,
    )


def data_root_id(folder: Path) -> str:
    """Return an identity of a data root: equal exactly where it is shared; empty: not known.

    It is made of a random name in the hidden file ``.energykit-root`` and that file's inode: a copy
    of the folder has another inode, another mount of it the same one.

    Parameters
    ----------
    folder
        The data root.
    """
    path = folder / _ROOT_FILE
    try:
        with contextlib.suppress(FileExistsError):
            _write_once(path)
        # neither a link is followed nor a pipe waited for that another account may have put there
        with os.fdopen(open_private(path, os.O_RDONLY), "rb") as file:
            found = os.fstat(file.fileno())
            name = file.read(_ROOT_BYTES) if stat.S_ISREG(found.st_mode) else b""
    except OSError:
        return ""
    return hashlib.sha256(name + str(found.st_ino).encode()).hexdigest()[:32] if name else ""


def _write_once(path: Path) -> None:
    """Write the file whole or not at all; whoever is first wins."""
    if path.exists():
        return
    beside = path.with_name(f"{_ROOT_FILE}.{secrets.token_hex(6)}")
    beside.write_text(f"{secrets.token_hex(16)}\n", encoding="ascii")
    try:
        os.link(beside, path)
    finally:
        beside.unlink()


@cache
def _versions() -> dict[str, str]:
    versions = {"python": platform.python_version()}
    for name in _PACKAGES:
        with contextlib.suppress(PackageNotFoundError):
            versions[name] = version(name)
    return versions
