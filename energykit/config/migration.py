"""How a configuration of the older form, with a list of containers, becomes one of today's form."""

from __future__ import annotations

import json
from typing import Any

__all__ = ["migrated", "migration_hint"]

_FIRST_PORT = 50051


def migration_hint(old: Any) -> str:
    """Say how to migrate, with the new text where the old one gives all that is needed."""
    rule = "containers is an object by id; depends_on becomes the next_node of the node before"
    try:
        return (
            f"{rule}. This file becomes:\n{json.dumps(migrated(old), indent=2, ensure_ascii=False)}"
        )
    except (AttributeError, IndexError, KeyError, TypeError):
        return (
            f"{rule}; name, command and depends_on go, service_registry with host:port by id comes"
        )


def migrated(old: dict[str, Any]) -> dict[str, Any]:
    """Return an older configuration in today's form; addresses are made up from port 50051 on.

    Raises
    ------
    KeyError, TypeError, AttributeError, IndexError
        The old one is not of the form that the original had.
    """
    listed = old["containers"]
    ids = [one["id"] for one in listed]
    following = {
        name: [one["id"] for one in listed if name in one.get("depends_on", [])] for name in ids
    }
    starts = [one["id"] for one in listed if not one.get("depends_on")]
    return {
        "workflow_name": old["workflow_name"],
        "start_node": starts[0],
        "service_registry": {name: f"127.0.0.1:{_FIRST_PORT + at}" for at, name in enumerate(ids)},
        "containers": {one["id"]: _container(one, following[one["id"]]) for one in listed},
    }


def _container(old: dict[str, Any], following: list[str]) -> dict[str, Any]:
    return {
        "id": old["id"],
        "input_file": old.get("input_file", ""),
        "output_file": old["output_file"],
        "next_node": following[0] if len(following) == 1 else following or "",
    }
