"""Where workers that do not see a sweep's data root get its files, and bring their outputs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from energykit.errors import EnergykitError

if TYPE_CHECKING:
    from energykit.config import Credentials

__all__ = ["FilesAt", "FolderNotSharedError"]


class FolderNotSharedError(EnergykitError):
    """A worker does not see the data root, and nobody has said where its files are."""

    exit_code = 3
    default_code = "FAILED_PRECONDITION"


@dataclass(frozen=True, kw_only=True)
class FilesAt:
    """A service that has the data root of a sweep."""

    address: str
    """``host:port``, as workers reach it."""
    credentials: Credentials | None = None
    """What it asks for, as files and variables of the worker; None: those of the environment."""
    machine: str = ""
    """The only machine that reaches it, where it listens on loopback; empty: others do, too."""
