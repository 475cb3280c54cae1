"""What the containers of a configuration ask of the stages that are known: no service is needed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from energykit.config.parameter_rules import rule_problems
from energykit.config.schema_check import check_schema, select_variant
from energykit.config.source import children
from energykit.config.text import Node

if TYPE_CHECKING:
    from collections.abc import Mapping

    from energykit.config.record import Container
    from energykit.config.schema_check import SchemaProblem
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
    for problem in _problems(given, container, shape, source):
        source.report(problem.at, f"{problem.path} {owner} {problem.what}", problem.hint or _OTHER)
    if _needs_input(given, shape) and not container.inputs:
        what = f"container {container.id!r} has no input_file, and its stage needs one"
        at = children(node)["input_file"].at if "input_file" in children(node) else node.at
        source.report(at, what, "name the file that it reads")


def _problems(
    given: Node, container: Container, shape: StageShape, source: ConfigSource
) -> list[SchemaProblem]:
    try:
        problems = check_schema(given, shape.schema, "parameters")
        return [*problems, *rule_problems(given, select_variant(given, shape.schema), problems)]
    except ValueError as exc:
        what = f"parameters of container {container.id!r} are not checked: {exc}"
        hint = f"the service {container.service!r} describes them in a way that cannot be used"
        source.report(given.at, what, hint, is_warning=True)
        return []


def _needs_input(given: Node, shape: StageShape) -> bool:
    try:
        variant: Mapping[str, Any] = select_variant(given, shape.schema)
    except (AttributeError, KeyError, TypeError):
        return shape.needs_input  # the schema of a service that cannot be used: there is a warning
    return shape.needs_input or bool(variant.get("needs_input"))


def with_time_zone(container: Container, shape: StageShape, time_zone: str) -> Container:
    """Return a container with the pipeline's time zone, where its stage takes one."""
    if "time_zone" in container.parameters or "time_zone" not in shape.parameter_names:
        return container
    return replace(container, parameters={**container.parameters, "time_zone": time_zone})
