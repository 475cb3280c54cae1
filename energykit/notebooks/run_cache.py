"""Which notebooks need not run, as nothing has changed since they passed.

Kept for each notebook and parameter set that passed: digests of the notebook, of what is expected
of it and of the files that its kernel's Python read, the options, and the versions of what it
imported. Of a notebook that started other processes, every file of its place counts.
"""

from __future__ import annotations

import hashlib
import json
import sys
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from energykit.notebooks.atomic_file import write_whole
from energykit.notebooks.source.discovery import is_remote
from energykit.notebooks.verdict.expectations import expected_file
from energykit.notebooks.verdict.kernel_notes import (
    files_read,
    packages_imported,
    started_commands,
)
from energykit.notebooks.verdict.record import NotebookVerdict, verdict_from_json, verdict_to_json
from energykit.notebooks.verdict.time_budget import KEPT_TIMES
from energykit.private_folder import is_ours, make_private_folder

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from energykit.notebooks.options import Options
    from energykit.notebooks.source.run_folder import RunFolder

__all__ = ["RunCache", "read_ahead"]

_FOLDER = ".cache"
_PACKAGE = Path(__file__).resolve().parents[1]
_ALWAYS = (
    *("ipykernel", "ipython", "nbclient", "papermill"),
    *("grpcio", "matplotlib", "numpy", "pandas", "pyarrow"),  # a forked kernel has them already
)


@dataclass(frozen=True, kw_only=True)
class RunCache:
    """The passed runs below a folder of runs.

    Parameters
    ----------
    options
        Of the run.
    """

    options: Options
    """Of the run."""

    def find(
        self, path: str, set_name: str, parameters: dict[str, Any]
    ) -> tuple[NotebookVerdict | None, str]:
        """Return the verdict that still holds, and why the notebook must run where none does.

        Parameters
        ----------
        path
            The notebook.
        set_name
            Name of its parameter set.
        parameters
            Values by name.
        """
        kept = self._read(path, set_name)
        if kept is None:
            return None, "it has not passed here before"
        why = self._what_changed(kept, path, set_name, parameters)
        if why:
            return None, why
        verdict = verdict_from_json(kept["verdict"])
        return replace(verdict, cached=True, path=path), ""

    def times(self, path: str, set_name: str) -> tuple[float, ...]:
        """Return what the last runs that passed took, the oldest first [s].

        Parameters
        ----------
        path
            The notebook.
        set_name
            Name of its parameter set.
        """
        return tuple((self._read(path, set_name) or {}).get("times", ()))

    def keep(self, verdict: NotebookVerdict, place: RunFolder) -> None:
        """Keep a run that passed.

        Parameters
        ----------
        verdict
            Its verdict.
        place
            Where it ran.
        """
        if verdict.status != "passed" or is_remote(verdict.path):
            return
        kept = {
            "settings": self._settings(verdict.parameters),
            "own": _digests([Path(verdict.path), expected_file(verdict.path, verdict.set_name)]),
            "files": _digests(_files_of(place)),
            "versions": _versions(packages_imported(place.folder)),
            "verdict": verdict_to_json(verdict),
            "times": [*self.times(verdict.path, verdict.set_name), verdict.seconds][-KEPT_TIMES:],
        }
        file = self._file(verdict.path, verdict.set_name)
        with suppress(OSError):
            make_private_folder(file.parent)
            write_whole(file, json.dumps(kept).encode())

    def _read(self, path: str, set_name: str) -> dict[str, Any] | None:
        """Return what was kept of a notebook; None where there is nothing that can be read."""
        file = self._file(path, set_name)
        try:
            if not (is_ours(self.options.out) and is_ours(file.parent)):
                return None  # somebody else's word that a notebook passed
            kept = json.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return kept if isinstance(kept, dict) else None

    def _file(self, path: str, set_name: str) -> Path:
        name = hashlib.sha256(f"{Path(path).resolve()}\n{set_name}".encode()).hexdigest()[:20]
        return self.options.out / _FOLDER / f"{name}.json"

    def _settings(self, parameters: dict[str, Any]) -> dict[str, Any]:
        options = self.options
        words = [word for word in options.as_typed() if word != "--fresh"]
        more = [sorted(options.environment.items()), options.sanitize, options.expectations]
        return {
            "parameters": json.dumps(parameters, sort_keys=True),
            "options": json.dumps([words, more, options.is_report, options.output]),
            "Python": sys.version,
        }

    def _what_changed(
        self, kept: dict[str, Any], path: str, set_name: str, parameters: dict[str, Any]
    ) -> str:
        """Return the first thing that changed, as a sentence; empty for nothing."""
        for name, value in self._settings(parameters).items():
            if kept["settings"].get(name) != value:
                return f"{name} changed"
        own = _digests([Path(path), expected_file(path, set_name)], kept["own"])
        if own != kept["own"]:
            return "the notebook or what is expected of it changed"
        files = _digests(map(Path, kept["files"]), kept["files"])
        changed = [name for name in kept["files"] if files.get(name) != kept["files"][name]]
        if changed:
            return f"{changed[0]} changed"
        for name, version in kept["versions"].items():
            now = _version(name)
            if now != version:
                return f"{name} is {now}, and was {version}"
        return ""


def read_ahead() -> None:
    """Read what is kept with every notebook that passes: the packages installed, and this one.

    Some tenths of a second, for which no notebook waits where the first ones are still starting.
    """
    _versions(())
    _digests(_PACKAGE.rglob("*.py"))


def _files_of(place: RunFolder) -> list[Path]:
    """Return the source files that a notebook depends on."""
    started = started_commands(place.folder)
    read = [Path(name) for name in files_read(place.folder)]
    own = [place.copied[path] for path in read if path in place.copied]
    elsewhere = [path for path in read if _counts(path, place.folder)]
    every = list(place.copied.values()) if started else []
    return [*own, *elsewhere, *every, *place.linked, *_PACKAGE.rglob("*.py")]


def _counts(path: Path, folder: Path) -> bool:
    """Return whether a file that was read is data of somebody: not the run's, not a package's."""
    left_out = (folder, Path(sys.prefix), Path(sys.base_prefix), _PACKAGE)
    return path.is_file() and not any(path.is_relative_to(one) for one in left_out)


def _digests(files: Iterable[Path], kept: dict[str, Any] | None = None) -> dict[str, list[Any]]:
    """Return size, time and digest of files; where size and time are as kept, so is the digest."""
    found: dict[str, list[Any]] = {}
    for path in files:
        with suppress(OSError):
            stat = path.stat()
            before = (kept or {}).get(str(path), [0, 0, ""])
            is_same = [stat.st_size, stat.st_mtime_ns] == before[:2]
            digest = before[2] if is_same else _digest(path, stat.st_size, stat.st_mtime_ns)
            time_ns = before[1] if digest == before[2] else stat.st_mtime_ns
            found[str(path)] = [stat.st_size, time_ns, digest]
    return found


@lru_cache(maxsize=10_000)
def _digest(path: Path, _size: int, _changed_ns: int) -> str:
    """Return the digest of a file, read once a run unless its size or time changes."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _versions(packages: Iterable[str]) -> dict[str, str]:
    by_package = _distributions(tuple(map(_changed_ns, sys.path)))
    names = {name for package in packages for name in by_package.get(package, ())}
    return {name: _version(name) for name in sorted({*names, *_ALWAYS})}


@lru_cache(maxsize=1)
def _distributions(_changed: tuple[int, ...]) -> Mapping[str, list[str]]:
    """Return the distributions of each package; looked up again where something was installed."""
    return metadata.packages_distributions()


def _changed_ns(folder: str) -> int:
    """Return when a folder got or lost an entry; 0 where it is not there."""
    with suppress(OSError):
        return Path(folder or ".").stat().st_mtime_ns
    return 0


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "missing"
