"""Which module serves a stage: by the stage's id, as installed packages have registered it."""

from __future__ import annotations

from importlib.metadata import entry_points
from typing import TYPE_CHECKING

from energykit.errors import UsageError, nearest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["GROUP", "find_modules"]

GROUP = "energykit.services"
"""Entry points of this group map the id of a service to its module."""


def find_modules(ids: Iterable[str], given: Mapping[str, str]) -> dict[str, str]:
    """Return the module of each service, to be started with ``python -m``.

    Parameters
    ----------
    ids
        Ids of services.
    given
        Modules by id, for services that no installed package registers.

    Raises
    ------
    energykit.errors.UsageError
        No module is registered for an id, the nearest one is named; or an id cannot name a log.
    """
    wanted = tuple(ids)
    for name in wanted:
        _check_names_a_file(name)
    modules = dict(given)
    if not modules.keys() >= set(wanted):
        modules = {entry.name: entry.value for entry in entry_points(group=GROUP)} | modules
    for name in wanted:
        if name not in modules:
            raise _refuse_unregistered(name, modules)
    return {name: modules[name] for name in wanted}


def _check_names_a_file(name: str) -> None:
    if not name or set(name) & set("/\\\0") or name in {".", ".."}:
        hint = "an id names its log: write it without slashes, such as 'my-stage'"
        raise UsageError(f"the id {name!r} cannot name a file", where="local_services", hint=hint)


def _refuse_unregistered(name: str, modules: Mapping[str, str]) -> UsageError:
    """Return the error for an id without a module: misspelt, added since, or elsewhere."""
    added = "added since the last install? repeat pip install -e ."
    elsewhere = f"or name its module: modules={{{name!r}: 'package.module'}}, --module {name}=…"
    hint = "; ".join(filter(None, (nearest(name, modules), added, elsewhere)))
    what = f"no service is registered under the id {name!r}"
    return UsageError(what, where="local_services", hint=hint)
