"""From the text of a configuration to its records, with every fault at once."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from energykit.config.graph import circle_in, reachable_from
from energykit.config.migration import migration_hint
from energykit.config.record import DEFAULT_TIMEOUT_S, Container, PipelineConfig, Retry
from energykit.config.shape import (
    CONTAINER,
    NODES,
    PIPELINE,
    RETRY,
    address_problem,
    json_type,
    parameter_problem,
)
from energykit.config.text import Node, TextError, fault, read_json
from energykit.errors import ConfigError, Fault, nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from energykit.config.shape import Key

__all__ = ["parse_config"]


@dataclass
class _Source:
    """A text and the faults found in it."""

    file: str
    text: str
    faults: list[Fault] = field(default_factory=list)

    def add(self, at: int, what: str, hint: str = "", *, is_warning: bool = False) -> None:
        self.faults.append(fault(self.file, self.text, at, what, hint, is_warning=is_warning))

    @property
    def sorted(self) -> tuple[Fault, ...]:
        return tuple(sorted(self.faults, key=lambda one: (one.line, one.column)))


def parse_config(
    text: str, *, file: str = "<text>", exists: Callable[[str], bool] | None = None
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

    Raises
    ------
    energykit.errors.ConfigError
        With every fault, in the order of the text.
    """
    source = _Source(file, text)
    root = _root(source)
    values = _object(root, PIPELINE, "the configuration", source)
    registry = _registry(values.get("service_registry"), source)
    nodes = _containers(values.get("containers"), source)
    containers = {name: _container(name, node, source) for name, node in nodes.items()}
    _check_links(containers, root, nodes, source)
    _check_registry(values.get("service_registry"), registry, nodes, source)
    _check_outputs(containers, nodes, source)
    if exists is not None:
        _check_inputs(containers, root, source, exists)
    if any(not one.is_warning for one in source.faults):
        raise ConfigError(source.sorted)
    return PipelineConfig(
        file=file,
        workflow_name=str(values["workflow_name"].value),
        start_node=str(values["start_node"].value),
        execution_mode=str(values["execution_mode"].value)
        if "execution_mode" in values
        else "sequential",
        service_registry=registry,
        containers={name: one for name, one in containers.items() if one is not None},
        warnings=source.sorted,
    )


def _root(source: _Source) -> Node:
    try:
        root = read_json(source.text)
    except TextError as exc:
        source.add(exc.at, exc.what, exc.hint)
        raise ConfigError(source.sorted) from None
    if not isinstance(root.value, dict):
        source.add(
            root.at,
            f"a configuration is an object, this is {json_type(root.plain())}",
            "start with {",
        )
        raise ConfigError(source.sorted)
    listed = root.value.get("containers")
    if listed is not None and isinstance(listed.value, list):
        what = "containers is a list: this is the older form of a configuration"
        source.add(listed.at, what, migration_hint(root.plain()))
        raise ConfigError(source.sorted)
    return root


def _object(node: Node, keys: Mapping[str, Key], name: str, source: _Source) -> dict[str, Node]:
    """Check an object against its keys; return those of its values that are of their kind."""
    if not isinstance(node.value, dict):
        source.add(
            node.at,
            f"{name} is {json_type(node.plain())}, not an object",
            "write an object: { ... }",
        )
        return {}
    _check_duplicates(node, name, source)
    good = {}
    for key, value in node.value.items():
        if key not in keys:
            source.add(node.keys_at[key], f"{name} has an unknown key {key!r}", nearest(key, keys))
        elif problem := keys[key].kind.problem(value.plain()):
            source.add(value.at, f"{key} of {name} {problem}", keys[key].kind.hint)
        else:
            good[key] = value
    for key, known in keys.items():
        if known.is_required and key not in node.value:
            source.add(node.at, f"{name} lacks {key!r}", f"add it: {known.doc}")
    return good


def _check_duplicates(node: Node, name: str, source: _Source) -> None:
    for key, at in node.duplicates:
        source.add(at, f"{name} has the key {key!r} twice", "keep one of them")


def _children(node: Node | None) -> dict[str, Node]:
    return dict(node.value) if node is not None and isinstance(node.value, dict) else {}


def _containers(node: Node | None, source: _Source) -> dict[str, Node]:
    if node is not None:
        _check_duplicates(node, "containers", source)
    return _children(node)


def _container(name: str, node: Node, source: _Source) -> Container | None:
    values = _object(node, CONTAINER, f"container {name!r}", source)
    if "id" in values and values["id"].value != name:
        hint = f"write {name!r}, or rename the key"
        source.add(
            values["id"].at, f"the id {values['id'].value!r} differs from its key {name!r}", hint
        )
    if "parameters" in values:
        _check_parameters("parameters", values["parameters"], f"of container {name!r}", source)
    if "output_file" not in values:
        return None
    plain: dict[str, Any] = {key: value.plain() for key, value in values.items()}
    following = plain.get("next_node") or ()
    return Container(
        id=name,
        input_file=plain.get("input_file") or "",
        output_file=plain["output_file"],
        next_nodes=(following,) if isinstance(following, str) else tuple(following),
        timeout_s=float(plain.get("timeout_seconds", DEFAULT_TIMEOUT_S)),
        parameters=plain.get("parameters", {}),
        retry=_retry(name, values.get("retry"), source),
    )


def _check_parameters(name: str, node: Node, owner: str, source: _Source) -> None:
    """Check that every value, however deep, stands once and travels as it is written."""
    _check_duplicates(node, f"{name} {owner}", source)
    if problem := parameter_problem(node.value):
        source.add(
            node.at,
            f"{name} {owner} {problem}",
            "numbers travel as doubles, whole ones exactly up to 2^53: write such a number",
        )
    for key, value in _children(node).items():
        _check_parameters(f"{name}.{key}", value, owner, source)
    for at, value in enumerate(node.value if isinstance(node.value, list) else ()):
        _check_parameters(f"{name}[{at}]", value, owner, source)


def _retry(name: str, node: Node | None, source: _Source) -> Retry | None:
    if node is None:
        return None
    values = _object(node, RETRY, f"retry of container {name!r}", source)
    return Retry(**{key: value.plain() for key, value in values.items()})  # type: ignore[arg-type]  # checked by RETRY


def _registry(node: Node | None, source: _Source) -> dict[str, tuple[str, ...]]:
    if node is None:
        return {}
    _check_duplicates(node, "service_registry", source)
    found = {}
    for name, addresses in _children(node).items():
        listed = addresses.value if isinstance(addresses.value, list) else [addresses]
        if not listed:
            source.add(addresses.at, f"the address of {name!r} is an empty list", "write host:port")
        for one in listed:
            if problem := address_problem(one.plain()):
                source.add(
                    one.at,
                    f"the address of {name!r} {problem}",
                    "write host:port, such as 127.0.0.1:50051",
                )
        found[name] = tuple(str(one.value) for one in listed)
    return found


def _check_links(
    containers: Mapping[str, Container | None],
    root: Node,
    nodes: Mapping[str, Node],
    source: _Source,
) -> None:
    """Check that every link leads to a container, that there is no circle, and what cannot be reached."""
    before = len(source.faults)
    following = {name: _linked(name, node, nodes, source) for name, node in nodes.items()}
    start = _children(root).get("start_node")
    if circle := circle_in(following):
        at = _children(nodes[circle[-2]])["next_node"].at
        source.add(at, f"a circle: {' → '.join(circle)}", "a pipeline ends: cut one of these links")
    if start is None or not isinstance(start.value, str) or not nodes:
        return
    if start.value not in nodes:
        source.add(
            start.at, f"start_node {start.value!r} is no container", nearest(start.value, nodes)
        )
        return
    if len(source.faults) > before or not all(map(_has_good_link, nodes.values())):
        return  # a broken link explains what cannot be reached
    reached = reachable_from(start.value, following)
    for name in containers:
        if name not in reached:
            hint = "name it as a next_node, or remove it"
            at = _key_at(root, name)
            source.add(
                at,
                f"container {name!r} cannot be reached from {start.value!r}",
                hint,
                is_warning=True,
            )


def _has_good_link(node: Node) -> bool:
    link = _children(node).get("next_node")
    return isinstance(node.value, dict) and (link is None or not NODES.problem(link.plain()))


def _key_at(root: Node, name: str) -> int:
    return _children(root)["containers"].keys_at[name]


def _linked(name: str, node: Node, nodes: Mapping[str, Node], source: _Source) -> tuple[str, ...]:
    """Return the next nodes that exist; those that do not are faults, where they stand."""
    link = _children(node).get("next_node")
    if link is None:
        return ()
    listed = link.value if isinstance(link.value, list) else [link]
    good = []
    for one in listed:
        if not isinstance(one.value, str) or not one.value:
            continue
        if one.value in nodes:
            good.append(one.value)
        else:
            source.add(
                one.at,
                f"next_node {one.value!r} of {name!r} is no container",
                nearest(one.value, nodes),
            )
    return tuple(dict.fromkeys(good))


def _check_registry(
    node: Node | None,
    registry: Mapping[str, tuple[str, ...]],
    nodes: Mapping[str, Node],
    source: _Source,
) -> None:
    if node is None:
        return
    for name, container in nodes.items():
        if name not in registry:
            hint = f'add it to service_registry: "{name}": "127.0.0.1:50051"'
            source.add(container.at, f"container {name!r} has no address", hint)
    for name in registry:
        if name not in nodes:
            hint = f"{nearest(name, nodes)} (or remove it)".strip()
            source.add(
                node.keys_at[name], f"no container is called {name!r}", hint, is_warning=True
            )


def _check_outputs(
    containers: Mapping[str, Container | None], nodes: Mapping[str, Node], source: _Source
) -> None:
    """Check that no two containers write the same file."""
    written: dict[PurePosixPath, str] = {}
    for name, one in containers.items():
        if one is None:
            continue
        first = written.setdefault(_spot(one.output_file), name)
        if first != name:
            at = _children(nodes[name])["output_file"].at
            source.add(
                at,
                f"{name!r} and {first!r} both write {one.output_file!r}",
                "give each its own output_file",
            )


def _check_inputs(
    containers: Mapping[str, Container | None],
    root: Node,
    source: _Source,
    exists: Callable[[str], bool],
) -> None:
    """Check that every input of a container that will run is written before it, or is there already."""
    known = {name: one for name, one in containers.items() if one is not None}
    following = {name: one.next_nodes for name, one in known.items()}
    start = _children(root).get("start_node")
    reached = reachable_from(str(start.value), following) if start else set()
    running = {name: one for name, one in known.items() if name in reached}
    writers = {_spot(one.output_file): name for name, one in reversed(running.items())}
    for name, one in running.items():
        writer = writers.get(_spot(one.input_file))
        is_written = writer and any(
            name in reachable_from(later, following) for later in following[writer]
        )
        if not one.input_file or is_written or exists(one.input_file):
            continue
        who = f"{writer!r}, which does not run before it," if writer else "no container that runs"
        hint = (
            "mend next_node, or the path"
            if writer
            else "check the path, if this machine should see it"
        )
        what = f"input_file {one.input_file!r} of {name!r} is written by {who} and is not to be seen from here"
        at = _children(_children(_children(root)["containers"])[name])["input_file"].at
        source.add(at, what, hint, is_warning=True)


def _spot(file: str) -> PurePosixPath:
    """Return where a file lies under the data root, which ``/data`` and relative paths both mean."""
    path = PurePosixPath(file)
    return path.relative_to("/data") if path.is_relative_to("/data") else path
