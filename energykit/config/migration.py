"""The older form of a configuration, with a list of containers: from it, and back to it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from energykit.config.record import PipelineConfig

__all__ = ["migrate_list_form", "migration_hint", "to_list_form"]

_FIRST_PORT = 50051


def migration_hint(old: Any) -> str:
    """Say how to migrate, with the new text where the old one gives all that is needed."""
    rule = "containers is an object by id; depends_on becomes the next_node of the node before"
    try:
        text = json.dumps(migrate_list_form(old), indent=2, ensure_ascii=False)
    except (AttributeError, IndexError, KeyError, TypeError):
        return (
            f"{rule}; name, command and depends_on go, service_registry with host:port by id comes"
        )
    return f"{rule}. `energykit convert` does it. This file becomes:\n{text}"


def migrate_list_form(old: dict[str, Any]) -> dict[str, Any]:
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


def to_list_form(config: PipelineConfig) -> tuple[dict[str, Any], list[str]]:
    """Return a configuration in the older form, and what did not carry over.

    Parameters
    ----------
    config
        A checked configuration; only its reachable containers become entries.
    """
    listed = []
    for name in config.order:
        one = config.containers[name]
        files = {"input_file": one.input_file, "output_file": one.output_file}
        before = [other for other in config.predecessors[name] if other in config.order]
        listed.append({"id": name, "name": name, "command": "", **files, "depends_on": before})
    joins = [name for name in config.order if len(config.containers[name].inputs) > 1]
    notes = [f"{name}: only its first input" for name in joins]
    notes.append("addresses, deadlines and parameters are left out: the older form has none")
    return {"workflow_name": config.workflow_name, "containers": listed}, notes
