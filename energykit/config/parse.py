"""From the text of a configuration to its records, with every fault at once."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from energykit.config.files import FileCheck
from energykit.config.kind import parameter_problem
from energykit.config.links import check_links
from energykit.config.location import inside_root
from energykit.config.migration import migration_hint
from energykit.config.record import DEFAULT_TIMEOUT_S, Container, PipelineConfig, Retry
from energykit.config.registry import check_uses, read_registry
from energykit.config.shape import CONTAINER, MODES, PIPELINE, RETRY
from energykit.config.source import ConfigSource, children
from energykit.config.stage_check import check_stage, with_time_zone
from energykit.config.stage_shape import shipped_stages
from energykit.config.text import Node, TextError, read_json
from energykit.errors import ConfigError, nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from energykit.config.stage_shape import StageShape

__all__ = ["parse_config"]

_EXACT_HINT = "numbers travel as doubles, whole ones exactly up to 2^53: write such a number"


def parse_config(
    text: str,
    *,
    file: str = "<text>",
    exists: Callable[[str], bool] | None = None,
    identify: Callable[[str], str] = inside_root,
    stages: Mapping[str, StageShape] | None = None,
) -> PipelineConfig:
    """Return the configuration in a text.

    Parameters
    ----------
    text
        JSON.
    file
        The name that faults carry.
    exists
        Says whether an input file that no stage writes can be seen from here; None: not asked.
    identify
        Returns a text that two paths share exactly where they are one file; by default their
        spelling decides.
    stages
        What stages are known to take, by the name of their service; None: each service checks its
        own parameters, and the kit's own take the configuration's time zone.

    Raises
    ------
    energykit.errors.ConfigError
        With every fault, in the order of the text.
    """
    source = ConfigSource(file, text)
    config = _config(source, _root(source), exists, identify, stages or {})
    if source.has_errors() or config is None:
        raise ConfigError(source.sorted_faults())
    return _localize(config, stages)


def _config(
    source: ConfigSource,
    root: Node,
    exists: Callable[[str], bool] | None,
    identify: Callable[[str], str],
    stages: Mapping[str, StageShape],
) -> PipelineConfig | None:
    """Return the records; None where the source has faults."""
    values = source.values(root, PIPELINE, "the configuration")
    registry, credentials = read_registry(values.get("service_registry"), source)
    nodes = _nodes(values.get("containers"), source)
    read = {name: _container(name, node, source) for name, node in nodes.items()}
    containers = {name: one for name, one in read.items() if one is not None}
    check_links(root, nodes, source)
    check_uses(values.get("service_registry"), registry, nodes, read, source)
    shapes = _shapes(containers, stages)
    for name, shape in shapes.items():
        check_stage(containers[name], nodes[name], shape, source)
    files = FileCheck(containers, nodes, source, identify)
    files.check_outputs({name for name, shape in shapes.items() if shape.writes_kit_formats})
    files.check_empty_inputs()
    if exists is not None:
        files.check_sources(_text(values, "start_node"), exists)
    _check_mode(values.get("execution_mode"), source)
    if source.has_errors():
        return None
    return PipelineConfig(
        file=source.file,
        workflow_name=_text(values, "workflow_name"),
        start_node=_text(values, "start_node"),
        execution_mode=_text(values, "execution_mode") or MODES[0],
        time_zone=_text(values, "time_zone"),
        service_registry=registry,
        credentials=credentials,
        containers=containers,
        warnings=source.sorted_faults(),
    )


def _localize(config: PipelineConfig, stages: Mapping[str, StageShape] | None) -> PipelineConfig:
    """Give the stages behind the first their time zone, where they take one.

    It is the configuration's, else the first stage's own: the clock of its readings
    has the days that its owner counts.
    """
    time_zone = config.time_zone or config.containers[config.start_node].parameters.get("time_zone")
    if not isinstance(time_zone, str) or not time_zone:
        return config
    shapes = _shapes(config.containers, shipped_stages() if stages is None else stages)
    later = {
        name: with_time_zone(config.containers[name], shape, time_zone)
        for name, shape in shapes.items()
        if name != config.start_node
    }
    return replace(config, containers={**config.containers, **later})


def _shapes(
    containers: Mapping[str, Container], stages: Mapping[str, StageShape]
) -> dict[str, StageShape]:
    """Return what is known of the stage of each container."""
    return {name: stages[one.service] for name, one in containers.items() if one.service in stages}


def _text(values: dict[str, Node], key: str) -> str:
    return str(values[key].value) if key in values else ""


def _check_mode(node: Node | None, source: ConfigSource) -> None:
    if node is not None and node.value not in MODES:
        what = f"execution_mode {node.value!r} is recorded, not used: stages run in sequence"
        source.report(node.at, what, nearest(str(node.value), MODES), is_warning=True)


def _root(source: ConfigSource) -> Node:
    try:
        root = read_json(source.text)
    except TextError as exc:
        source.report(exc.at, exc.what, exc.hint)
        raise ConfigError(source.sorted_faults()) from None
    if not isinstance(root.value, dict):
        what = f"a configuration is an object, this is {root.type_name}"
        source.report(root.at, what, "start with {")
        raise ConfigError(source.sorted_faults())
    listed = root.value.get("containers")
    if listed is not None and isinstance(listed.value, list):
        what = "containers is a list: this is the older form of a configuration"
        source.report(listed.at, what, migration_hint(root.plain()))
        raise ConfigError(source.sorted_faults())
    return root


def _nodes(node: Node | None, source: ConfigSource) -> dict[str, Node]:
    if node is not None:
        source.report_duplicates(node, "containers")
    return children(node)


def _container(name: str, node: Node, source: ConfigSource) -> Container | None:
    values = source.values(node, CONTAINER, f"container {name!r}")
    _check_id(name, values.get("id"), source)
    _check_inputs(name, node, values, source)
    if "parameters" in values:
        _check_parameters("parameters", values["parameters"], f"of container {name!r}", source)
    if "output_file" not in values:
        return None
    plain: dict[str, Any] = {key: value.plain() for key, value in values.items()}
    following = plain.get("next_node") or ()
    inputs = tuple(plain.get("input_files", ()))
    return Container(
        id=name,
        service=plain.get("service", name),
        input_file=inputs[0] if inputs else plain.get("input_file") or "",
        input_files=inputs,
        output_file=plain["output_file"],
        next_nodes=(following,) if isinstance(following, str) else tuple(following),
        timeout_s=float(plain.get("timeout_seconds", DEFAULT_TIMEOUT_S)),
        parameters=plain.get("parameters", {}),
        retry=_retry(name, values.get("retry"), source),
    )


def _check_id(name: str, node: Node | None, source: ConfigSource) -> None:
    if node is not None and node.value != name:
        what = f"the id {node.value!r} differs from its key {name!r}"
        source.report(node.at, what, f"write {name!r}, or rename the key")


def _check_inputs(name: str, node: Node, values: dict[str, Node], source: ConfigSource) -> None:
    listed, single = values.get("input_files"), children(node).get("input_file")
    if listed is None or single is None or not single.value:
        return
    if single.value != listed.plain()[0]:  # type: ignore[index]  # a list that is not empty: FILES
        what = f"container {name!r} has an input_file that is not the first of its input_files"
        source.report(single.at, what, "remove input_file: input_files has them all")


def _check_parameters(name: str, node: Node, owner: str, source: ConfigSource) -> None:
    """Check that every value, however deep, has its key once and travels as it is written."""
    source.report_duplicates(node, f"{name} {owner}")
    if problem := parameter_problem(node.value):
        source.report(node.at, f"{name} {owner} {problem}", _EXACT_HINT)
    for key, value in children(node).items():
        _check_parameters(f"{name}.{key}", value, owner, source)
    for at, value in enumerate(node.value if isinstance(node.value, list) else ()):
        _check_parameters(f"{name}[{at}]", value, owner, source)


def _retry(name: str, node: Node | None, source: ConfigSource) -> Retry | None:
    if node is None:
        return None
    values = source.values(node, RETRY, f"retry of container {name!r}")
    checked: dict[str, Any] = {key: value.plain() for key, value in values.items()}
    return Retry(**checked)
