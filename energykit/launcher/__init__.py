"""Local services without Docker: found by id, started side by side, ready on return."""

from __future__ import annotations

from energykit.launcher.child import Child
from energykit.launcher.services import LocalServices, local_services

__all__ = ["Child", "LocalServices", "local_services"]
