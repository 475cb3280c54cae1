"""A configuration as the JSON of its file says it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from energykit.config.credentials import Credentials
    from energykit.config.record import Container, PipelineConfig

__all__ = ["config_as_json"]


def config_as_json(config: PipelineConfig) -> dict[str, Any]:
    """Return a configuration as the JSON of its file says it; credentials stay references.

    Parameters
    ----------
    config
        A checked configuration; what it has by default is left out where the original's files do
        not know it.
    """
    registry = {
        name: _entry(addresses, config.credentials.get(name))
        for name, addresses in config.service_registry.items()
    }
    return {
        "workflow_name": config.workflow_name,
        "start_node": config.start_node,
        "execution_mode": config.execution_mode,
        **({"time_zone": config.time_zone} if config.time_zone else {}),
        "service_registry": registry,
        "containers": {name: _container(one) for name, one in config.containers.items()},
    }


def _container(container: Container) -> dict[str, Any]:
    following = container.next_nodes
    values: dict[str, Any] = {
        "id": container.id,
        "service": container.service,
        "input_file": container.input_file,
        "input_files": list(container.input_files),
        "output_file": container.output_file,
        "next_node": _single_or_list(following) if following else None,
        "timeout_seconds": container.timeout_s,
        "parameters": _plain(container.parameters),
        "retry": dict(vars(container.retry)) if container.retry else None,
    }
    left_out = {
        *(("service",) if container.service == container.id else ()),
        *(("input_file",) if container.input_files else ("input_files",)),
        *(key for key in ("parameters", "retry") if not values[key]),
    }
    return {key: value for key, value in values.items() if key not in left_out}


def _entry(addresses: tuple[str, ...], credentials: Credentials | None) -> Any:
    if credentials is None:
        return _single_or_list(addresses)
    parts = {"tls": credentials.tls, "token": credentials.token}
    references = {key: _filled(part) for key, part in parts.items() if part is not None}
    return {"address": _single_or_list(addresses), **references}


def _filled(record: object) -> dict[str, str]:
    return {key: value for key, value in vars(record).items() if value}


def _single_or_list(names: tuple[str, ...]) -> str | list[str]:
    return names[0] if len(names) == 1 else list(names)


def _plain(value: Any) -> Any:
    """Return a value with every mapping as a dict and every sequence as a list."""
    if isinstance(value, Mapping):
        return {str(name): _plain(entry) for name, entry in value.items()}
    return [_plain(entry) for entry in value] if isinstance(value, list | tuple) else value
