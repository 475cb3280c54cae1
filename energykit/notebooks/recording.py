"""Values that a notebook records, so that its regression test can compare them with the last."""

from __future__ import annotations

import json
import math
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from energykit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["note", "plain", "record", "watch"]

T = TypeVar("T")
_NUMBER = "number"
"""Key that marks what JSON has no number for: ``{"number": "nan"}``."""


class _Watched:
    """Where this process notes what it records; nowhere outside the headless runner."""

    file: Path | None = None
    names: frozenset[str] = frozenset()


def record(name: str, value: T, *, rel: float = 1e-6, abs: float = 0.0) -> T:  # noqa: A002  # as math.isclose calls it
    """Record a value of a notebook and return it; run headless, the notebook is held to it.

    Parameters
    ----------
    name
        What the value is; once in a notebook.
    value
        A number, a bool, text, a date, None; a NumPy scalar or array, a pandas Series; a list,
        tuple or mapping of those.
    rel
        Relative tolerance of its numbers, as `math.isclose` has it.
    abs
        Absolute tolerance, in the value's own unit.

    Raises
    ------
    energykit.errors.UsageError
        The value is of another type, a tolerance is not a finite number from 0, or, headless, the
        name was recorded before.
    """
    where = f"record({name!r})"
    if not isinstance(name, str) or not name:
        raise UsageError(
            "a record needs a name", where=where, hint='ek.record("mean power", mean_w)'
        )
    for given in (rel, abs):
        if not (isinstance(given, (int, float)) and math.isfinite(given) and given >= 0):
            raise UsageError(f"{given!r} is not a tolerance", where=where, hint="a number from 0")
    kept = plain(value, where=where)
    if _Watched.file is not None:
        if name in _Watched.names:
            raise UsageError("recorded before", where=where, hint="another name, or one cell less")
        _Watched.names |= {name}
        note({"kind": "record", "name": name, "value": kept, "rel": rel, "abs": abs})
    return value


def watch(path: str | Path) -> None:
    """Note from now on what this process records.

    Parameters
    ----------
    path
        A file of JSON lines; it is appended to.
    """
    _Watched.file, _Watched.names = Path(path), frozenset()


def note(line: Mapping[str, Any]) -> None:
    """Append a line to the file that `watch` named; without one, nothing is noted."""
    if _Watched.file is not None:
        with _Watched.file.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")


def plain(value: Any, *, where: str = "") -> Any:
    """Return a value as JSON can hold it.

    Raises
    ------
    energykit.errors.UsageError
        It is of a type that has no such form.
    """
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else {_NUMBER: repr(value)}
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, (list, tuple)):
        return [plain(one, where=where) for one in value]
    if isinstance(value, dict):
        return {str(key): plain(one, where=where) for key, one in value.items()}
    for method in ("tolist", "to_list", "item"):  # NumPy and pandas
        if hasattr(value, method):
            return plain(getattr(value, method)(), where=where)
    hint = "a number, text, a list, an array, or a mapping of those"
    raise UsageError(f"{type(value).__name__} cannot be recorded", where=where, hint=hint)
