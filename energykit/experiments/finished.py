"""Points of sweeps that are done, so that a sweep that is resumed does not run them again."""

from __future__ import annotations

import hashlib
import json
import stat
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from energykit.artifacts import replace_file
from energykit.config.location import inside_root
from energykit.errors import ArtifactError
from energykit.experiments.input_files import inputs_of
from energykit.experiments.service_version import service_version
from energykit.private_folder import check_owner, make_private_folder
from energykit.results import load_run

if TYPE_CHECKING:
    from collections.abc import Callable

    from energykit.experiments.point import Point

__all__ = ["FinishedPoints", "file_digest", "plan_digest"]


def plan_digest(point: Point, version_of: Callable[[str], str] = service_version) -> str:
    """Return a digest of what a point asks: its plan, the bytes of its inputs, its services' code.

    Parameters
    ----------
    point
        Of a sweep over a pipeline. Inputs that this machine does not see count by their name, and
        services that no package registers here by theirs.
    version_of
        Returns the version of a service's code; one that remembers spares a sweep of many points
        looking at the same files for each.
    """
    plan, _repeat = json.loads(point.plan)
    files = inputs_of(plan)
    digests = [file_digest(Path(point.data_root, inside_root(file))) for file in files]
    versions = [version_of(name) for name in sorted(plan["service_registry"])]
    return hashlib.sha256(json.dumps([point.plan, digests, versions]).encode()).hexdigest()


def file_digest(path: Path) -> str:
    """Return the digest of a file, read once as long as it does not change; empty: not seen."""
    try:
        found = path.stat()
    except (OSError, ValueError):
        return ""
    if not stat.S_ISREG(found.st_mode):  # a pipe would be waited for
        return ""
    return _digest_of(path, found.st_size, found.st_mtime_ns, found.st_ino)


@lru_cache(maxsize=100_000)
def _digest_of(path: Path, *_identity: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class FinishedPoints:
    """Rows of the points that succeeded, each in a file of its own: ``sweeps/.finished/``.

    Parameters
    ----------
    data_root
        Holds ``sweeps/``.
    """

    def __init__(self, data_root: Path) -> None:
        self._folder = data_root / "sweeps" / ".finished"

    def row_of(self, digest: str) -> dict[str, Any] | None:
        """Return the row of a point that is done and whose outputs are there; None: run it.

        Raises
        ------
        energykit.errors.UsageError
            The folder is another user's: it says what that user wants.
        """
        try:
            check_owner(self._folder.parent)
            check_owner(self._folder)
            row: dict[str, Any] = json.loads((self._folder / digest).read_text(encoding="utf-8"))
            result = load_run(row["folder"])
        except (OSError, ValueError, KeyError, TypeError, ArtifactError):
            return None
        outputs = [stage.output_path for stage in result if stage.output_path]
        is_whole = result.ok and all(path.exists() for path in outputs)
        return row if is_whole else None

    def keep(self, digest: str, row: dict[str, Any]) -> None:
        """Keep the row of a point that succeeded; any other is run again."""
        if not row.get("ok"):
            return
        make_private_folder(self._folder.parent)
        make_private_folder(self._folder)
        with replace_file(self._folder / digest) as file:
            file.write(json.dumps(row, ensure_ascii=False).encode())
