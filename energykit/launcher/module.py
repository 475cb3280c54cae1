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
    for one in wanted:
        if not one or set(one) & set("/\\\0") or one in {".", ".."}:
            hint = "an id names its log: write it without slashes, such as 'my-stage'"
            raise UsageError(
                f"the id {one!r} cannot name a file", where="local_services", hint=hint
            )
    known = dict(given)
    if not known.keys() >= set(wanted):
        known = {one.name: one.value for one in entry_points(group=GROUP)} | known
    for one in wanted:
        if one not in known:
            hint = f"{nearest(one, known)} (or name its module: modules={{{one!r}: 'package.module'}})".strip()
            raise UsageError(
                f"no service is registered under the id {one!r}", where="local_services", hint=hint
            )
    return {one: known[one] for one in wanted}
