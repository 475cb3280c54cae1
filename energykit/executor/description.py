"""What running services say of themselves: the parameters that they take."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from energykit.config import StageShape, shipped_stages
from energykit.errors import ServiceUnreachableError
from energykit.executor.connection import Connection

if TYPE_CHECKING:
    from energykit._proto.energy_pipeline_pb2 import ServiceDescription
    from energykit.config import PipelineConfig

__all__ = ["DescribedService", "describe_services"]

_WAIT_S = 2.0


@dataclass(frozen=True, kw_only=True)
class DescribedService:
    """A service that was asked what it takes."""

    name: str
    """Its entry in the registry."""
    address: str
    """Where it was asked."""
    answer: str
    """What came of it, as a clause."""
    is_reached: bool = True
    """Whether a service answered."""
    shape: StageShape | None = None
    """What it takes; None where it does not say."""

    def __str__(self) -> str:
        """``energy-analyzer at 127.0.0.1:50052: describes 2 parameters``."""
        return f"{self.name} at {self.address}: {self.answer}"


def describe_services(config: PipelineConfig) -> list[DescribedService]:
    """Ask every service that a configuration calls which parameters it takes.

    Parameters
    ----------
    config
        The services of its reachable containers are asked, side by side, within seconds each.
    """
    with ThreadPoolExecutor() as beside:
        asked = [(name, config.service_registry[name]) for name in config.services]
        return list(beside.map(_describe, *zip(*asked, strict=True)))


def _describe(name: str, addresses: tuple[str, ...]) -> DescribedService:
    address = ", ".join(addresses)
    try:
        connection = Connection(addresses)
        try:
            connection.wait_until_serving(_WAIT_S, lambda *_: None)
            description = connection.description
        finally:
            connection.close()
    except ServiceUnreachableError as exc:
        return DescribedService(name=name, address=address, answer=exc.what, is_reached=False)
    if description is None or not description.parameters_schema:
        answer = "does not describe its parameters; what is known of it by name is checked"
        return DescribedService(name=name, address=address, answer=answer)
    return _read(name, address, description)


def _read(name: str, address: str, description: ServiceDescription) -> DescribedService:
    try:
        schema = json.loads(description.parameters_schema)
    except ValueError as exc:
        answer = f"describes its parameters in text that is not JSON ({exc})"
        return DescribedService(name=name, address=address, answer=answer)
    if not isinstance(schema, dict):
        answer = "describes its parameters in JSON that is not a schema"
        return DescribedService(name=name, address=address, answer=answer)
    return DescribedService(
        name=name,
        address=address,
        answer=f"stage {description.stage!r} describes its parameters",
        shape=_merge(description.stage, schema),
    )


def _merge(stage: str, schema: dict[str, object]) -> StageShape:
    """Return what a service takes: the kit's own stages say more in the schema that travels."""
    own = shipped_stages().get(stage)
    if own is None:
        return StageShape(schema=schema, writes_kit_formats=False)
    names = set(schema.get("properties", {}))  # type: ignore[call-overload]  # a JSON Schema
    return own if names == own.parameter_names else StageShape(schema=schema)
