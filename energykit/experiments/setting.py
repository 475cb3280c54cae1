"""Setting values in a configuration by their keys, such as ``energy-analyzer.detectors``."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any

from energykit.errors import UsageError, nearest

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["set_values"]

_OWN = ("input_file", "timeout_seconds")
"""Keys of a container itself that can be swept over; any other key is a parameter."""


def set_values(plan: Mapping[str, Any], settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return a configuration with values set.

    Parameters
    ----------
    plan
        A configuration as JSON; it stays as it is.
    settings
        Value by key.

    Raises
    ------
    energykit.errors.UsageError
        A key does not name a container, or nothing in it.
    """
    changed = deepcopy(dict(plan))
    for key, value in settings.items():
        container, path = _target(changed["containers"], key)
        if path in ([own] for own in _OWN):
            container.pop("input_files", None)
            container[path[0]] = value
        else:
            _put(container.setdefault("parameters", {}), path, value, key)
    return changed


def _target(containers: dict[str, Any], key: str) -> tuple[dict[str, Any], list[str]]:
    """Return the container of a key, and the way below it; a container's id may have dots."""
    for name in sorted(containers, key=len, reverse=True):
        if key.startswith(f"{name}."):
            return containers[name], key[len(name) + 1 :].split(".")
    name = key.partition(".")[0]
    known = name in containers
    hint = "write CONTAINER.PARAMETER" if known else nearest(name, containers)
    raise UsageError(f"{key!r} is not a parameter of a container", where="grid", hint=hint)


def _put(holder: dict[str, Any], path: list[str], value: Any, key: str) -> None:
    """Set a value below an object; a part that is missing is made."""
    for at, part in enumerate(path[:-1]):
        below = holder.setdefault(part, {})
        if isinstance(below, list):
            _put(_named(below, path[at + 1], key), path[at + 2 :], value, key)
            return
        if not isinstance(below, dict):
            what = f"{key!r}: {part!r} is {below!r}, which has nothing below it"
            raise UsageError(what, where="grid")
        holder = below
    if not path:
        hint = "add the parameter's name"
        raise UsageError(f"{key!r} ends at a name, not at a parameter", where="grid", hint=hint)
    holder[path[-1]] = value


def _named(items: list[Any], name: str, key: str) -> dict[str, Any]:
    """Return the object of that name in a list; a bare name becomes an object."""
    for at, item in enumerate(items):
        if item == name:
            items[at] = {"name": name}
        if isinstance(items[at], dict) and items[at].get("name") == name:
            named: dict[str, Any] = items[at]
            return named
    names = [item if isinstance(item, str) else item.get("name", "") for item in items]
    what = f"{key!r}: there is no {name!r} in the list"
    raise UsageError(what, where="grid", hint=nearest(name, names))
