"""A stage's version: it changes where the same request could give another output."""

from __future__ import annotations

import functools
import hashlib
import inspect
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import energykit
from energykit.serving.imported import with_imported

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    from energykit.serving.definition import Stage

__all__ = ["module_version", "stage_version"]

_SHOWN_CHARACTERS = 16


def stage_version(stage: Stage) -> str:
    """Return what the stage says of its version, or else a hash of its source.

    The source is that of the package that the stage is in, or of its file, and of the files beside
    them that they import; in a notebook, of the function alone: what it calls there is not looked
    at. The readers and writers of files belong to it.
    """
    return stage.version or _hash_source(stage.function)


def module_version(name: str) -> str:
    """Return a hash of the source of the package that a module is in, which is not started.

    Parameters
    ----------
    name
        As ``python -m`` takes it; what is not there, or has no source, has an empty version.
    """
    try:
        spec = find_spec(name)
    except (ImportError, ValueError):
        return ""
    if spec is None or spec.origin is None or not spec.origin.endswith(".py"):
        return ""
    file = Path(spec.origin)
    return _hash_files(file.parent.rglob("*.py") if spec.parent else [file])


@functools.lru_cache(maxsize=256)
def _hash_source(function: Callable[..., Any]) -> str:
    files = _source_files(function)
    return _hash_files(files, "" if files else _function_source(function))


def _hash_files(files: Iterable[Path], text: str = "") -> str:
    found = hashlib.sha256(_readers().encode())
    for path in _sorted(with_imported(files)):
        found.update(path.name.encode() + b"\0" + path.read_bytes())
    found.update(text.encode())
    return found.hexdigest()[:_SHOWN_CHARACTERS]


def _source_files(function: Callable[..., Any]) -> list[Path]:
    """Return the files of a function's package, or its own file; none where it has none."""
    module = sys.modules.get(function.__module__)
    file = Path(getattr(module, "__file__", None) or "")
    if file.suffix != ".py" or not file.is_file():
        return []
    spec = getattr(module, "__spec__", None)
    is_in_package = spec is not None and bool(spec.parent) and "." in spec.name
    return list(file.parent.rglob("*.py")) if is_in_package else [file]


def _function_source(function: Callable[..., Any]) -> str:
    """Return a function's text; of its code where the text is not kept."""
    try:
        return inspect.getsource(function)
    except (OSError, TypeError):
        code = getattr(function, "__code__", None)
        return repr((code.co_code, code.co_consts)) if code else repr(function)


@functools.cache
def _readers() -> str:
    """Return a hash of what reads and writes files, and the kit's version."""
    found = hashlib.sha256(energykit.__version__.encode())
    for path in _sorted((Path(energykit.__file__).parent / "artifacts").glob("*.py")):
        found.update(path.name.encode() + b"\0" + path.read_bytes())
    return found.hexdigest()


def _sorted(paths: Iterable[Path]) -> list[Path]:
    return sorted(paths, key=lambda path: path.as_posix())
