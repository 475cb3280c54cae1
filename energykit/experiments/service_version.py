"""Which code a service has, without starting it."""

from __future__ import annotations

from functools import cache

from energykit.errors import UsageError
from energykit.launcher.module import find_modules
from energykit.serving.version import module_version

__all__ = ["service_version"]


def service_version(name: str) -> str:
    """Return a hash of a service's source as it is now; empty where it is not known here.

    Parameters
    ----------
    name
        Its id.
    """
    try:
        return module_version(_find_module(name))
    except UsageError:
        return ""


@cache
def _find_module(name: str) -> str:
    """Return the module of a service: looked up once, as every installed package is asked."""
    (module,) = find_modules([name], {}).values()
    return module
