"""What the containers of a configuration ask of the stages that are known: no service is needed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from energykit.config.schema_check import check_schema, select_variant
from energykit.config.source import children
from energykit.config.stage_shape import takes_parameter
from energykit.config.text import Node

if TYPE_CHECKING:
    from collections.abc import Mapping

    from energykit.config.record import Container
    from energykit.config.source import ConfigSource
    from energykit.config.stage_shape import StageShape

__all__ = ["check_stage", "with_time_zone"]

_OTHER = 'another stage of that name? give it a name of its own with "service"'


def check_stage(container: Container, node: Node, shape: StageShape, source: ConfigSource) -> None:
    """Report parameters that a stage does not take, and an input that it needs and does not get."""
    given = children(node).get("parameters") or Node({}, node.at)
    if not isinstance(given.value, dict):
        return  # reported already
    owner = f"of container {container.id!r}"
    for problem in check_schema(given, shape.schema, "parameters"):
        source.report(problem.at, f"{problem.path} {owner} {problem.what}", problem.hint or _OTHER)
    variant: Mapping[str, Any] = select_variant(given, shape.schema)
    if (shape.needs_input or variant.get("needs_input")) and not container.inputs:
        what = f"container {container.id!r} has no input_file, and its stage needs one"
        at = children(node)["input_file"].at if "input_file" in children(node) else node.at
        source.report(at, what, "name the file that it reads")


def with_time_zone(container: Container, shape: StageShape, time_zone: str) -> Container:
    """Return a container with the configuration's time zone, where its stage takes one."""
    if "time_zone" in container.parameters or not takes_parameter(shape, "time_zone"):
        return container
    return replace(container, parameters={**container.parameters, "time_zone": time_zone})
