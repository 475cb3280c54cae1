"""Pipelines in the files of the AI-on-Demand platform: ``blueprint.json`` and ``dockerinfo.json``.

A blueprint lists nodes with the operations that each offers and what these are connected to; the
docker info says where each container listens. Both are read in the dialect of Acumos and AI4EU
Experiments (``input_ports``, ports as text) and in that of pipeline topologies (``"type":
"pipeline-topology/v2"``, also with ports as numbers). They carry topology and addresses: files,
parameters, deadlines and credentials have no place in them. Format: Acumos documentation,
"Blueprint Orchestrator" (docs/runtime-orchestrator.rst) and "Deployment Client".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from energykit.config.graph import order_of, predecessors_of
from energykit.config.kind import address_problem
from energykit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from energykit.config.record import PipelineConfig

__all__ = ["BlueprintDialect", "blueprint_of", "config_of_blueprint", "docker_info_of"]

BlueprintDialect = Literal["acumos", "topology"]
_FIRST_PORT = 50051
_EXECUTE = {"operation_name": "Execute"}
_SIGNATURE = {
    **_EXECUTE,
    "input_message_name": "ExecuteRequest",
    "output_message_name": "ExecuteResponse",
    "input_message_stream": False,
    "output_message_stream": False,
}


def config_of_blueprint(
    blueprint: Mapping[str, Any], docker_info: Mapping[str, Any] | None = None
) -> tuple[dict[str, Any], list[str]]:
    """Return a configuration with the topology of a blueprint, and what did not carry over.

    Files are named after their stages: ``/data/NAME.csv``.

    Parameters
    ----------
    blueprint
        The content of ``blueprint.json``.
    docker_info
        The content of ``dockerinfo.json``; None: addresses are made up from port 50051 on.

    Raises
    ------
    energykit.errors.UsageError
        It is not a blueprint, a node is connected to one that is missing, or several nodes could be
        the first.
    """
    nodes = _nodes(blueprint)
    following = {name: _targets(name, node, nodes) for name, node in nodes.items()}
    start = _start(blueprint, following)
    addresses, notes = _addresses(list(nodes), docker_info)
    before = predecessors_of(following)
    config = {
        "workflow_name": str(blueprint.get("name") or "converted-pipeline"),
        "start_node": start,
        "execution_mode": "sequential",
        "service_registry": addresses,
        "containers": {name: _container(name, before[name], following[name]) for name in nodes},
    }
    return config, notes + _operation_notes(nodes)


def _nodes(blueprint: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    listed = blueprint.get("nodes")
    if not isinstance(listed, list) or not listed:
        hint = "a blueprint has a list of nodes, each with a container_name"
        raise UsageError("this is not a blueprint", where="nodes", hint=hint)
    nodes: dict[str, Mapping[str, Any]] = {}
    for at, node in enumerate(listed):
        name = node.get("container_name") if isinstance(node, dict) else None
        if not isinstance(name, str) or not name.strip():
            what, hint = "the node has no container_name", "name its container"
            raise UsageError(what, where=f"nodes[{at}]", hint=hint)
        if name in nodes:
            what, hint = f"two nodes are called {name!r}", "each container has one node"
            raise UsageError(what, where=f"nodes[{at}]", hint=hint)
        nodes[name] = node
    return nodes


def _operations(node: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    listed = node.get("operation_signature_list") or []
    return [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []


def _targets(
    name: str, node: Mapping[str, Any], nodes: Mapping[str, Mapping[str, Any]]
) -> tuple[str, ...]:
    """Return the nodes that a node's operations are connected to, each once."""
    found: dict[str, None] = {}
    for operation in _operations(node):
        for link in operation.get("connected_to") or []:
            target = link.get("container_name") if isinstance(link, dict) else None
            if target not in nodes:
                what = f"it is connected to {target!r}, which is not a node"
                raise UsageError(what, where=f"nodes: {name}", hint="add the node, or cut the link")
            found[str(target)] = None
    return tuple(found)


def _start(blueprint: Mapping[str, Any], following: Mapping[str, tuple[str, ...]]) -> str:
    """Return the first node: that of the only input port, or the only one that follows nobody."""
    ports = blueprint.get("input_ports") or []
    named = {port.get("container_name") for port in ports if isinstance(port, dict)}
    free = [name for name, before in predecessors_of(following).items() if not before]
    starts = [name for name in following if name in named] if len(named) == 1 else free
    if len(starts) == 1:
        return starts[0]
    what = f"{len(starts)} nodes could be the first: {', '.join(map(repr, starts))}"
    what = what if starts else "every node follows another one: there is no first"
    hint = "a configuration has one start_node: add a node before them, or convert one part"
    raise UsageError(what, where="nodes", hint=hint)


def _addresses(
    names: list[str], docker_info: Mapping[str, Any] | None
) -> tuple[dict[str, str], list[str]]:
    listed = (docker_info or {}).get("docker_info_list")
    if docker_info is not None and not isinstance(listed, list):
        hint = "it has a docker_info_list of container_name, ip_address and port"
        raise UsageError("this is not docker info", where="docker_info_list", hint=hint)
    known = {
        one["container_name"]: _address(one, at)
        for at, one in enumerate(listed or [])
        if isinstance(one, dict) and one.get("container_name") in names
    }
    missing = [name for name in names if name not in known]
    made = {name: f"127.0.0.1:{_FIRST_PORT + names.index(name)}" for name in missing}
    notes = [f"{name}: no address is known; {address} is made up" for name, address in made.items()]
    return {name: {**known, **made}[name] for name in names}, notes


def _address(entry: Mapping[str, Any], at: int) -> str:
    """Return ``host:port`` of an entry; the port is text or a number."""
    host, port = entry.get("ip_address") or "127.0.0.1", entry.get("port")
    host = f"[{host}]" if ":" in str(host) and not str(host).startswith("[") else host
    address = f"{host}:{str(port).strip()}"
    if isinstance(port, bool) or (problem := address_problem(address)):
        what = f"the address of {entry['container_name']!r} {problem or 'has no port'}"
        raise UsageError(what, where=f"docker_info_list[{at}]", hint="ip_address and port")
    return address


def _container(name: str, before: tuple[str, ...], following: tuple[str, ...]) -> dict[str, Any]:
    inputs = [f"/data/{one}.csv" for one in before]
    reads = {"input_files": inputs} if len(inputs) > 1 else {"input_file": "".join(inputs)}
    link = following[0] if len(following) == 1 else list(following) or None
    return {"id": name, **reads, "output_file": f"/data/{name}.csv", "next_node": link}


def _operation_notes(nodes: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Name the operations that an orchestrator of files does not call."""
    notes = []
    for name, node in nodes.items():
        names = [
            str((one.get("operation_signature") or {}).get("operation_name", ""))
            for one in _operations(node)
        ]
        others = [one for one in dict.fromkeys(names) if one not in {"", "Execute"}]
        if others:
            words = ", ".join(others)
            notes.append(f"{name}: {words} is left out: stages are called by Execute, with files")
    return notes


def blueprint_of(
    config: PipelineConfig, *, dialect: BlueprintDialect = "topology", date: str
) -> dict[str, Any]:
    """Return the content of ``blueprint.json`` with the topology of a configuration.

    Parameters
    ----------
    config
        A checked configuration; only its reachable containers become nodes.
    dialect
        ``"acumos"``: with ``input_ports``; ``"topology"``: ``pipeline-topology/v2``.
    date
        Creation date, ``YYYY-MM-DD``.
    """
    following = {name: one.next_nodes for name, one in config.containers.items()}
    order = order_of(following, config.start_node)
    nodes = [_node(name, config) for name in order]
    if dialect == "topology":
        head = {"name": config.workflow_name, "pipeline_id": config.workflow_name}
        kind = {"creation_date": date, "type": "pipeline-topology/v2", "version": "2.0"}
        return {**head, **kind, "nodes": nodes}
    ports = [{"container_name": config.start_node, "operation_signature": dict(_SIGNATURE)}]
    head = {"name": config.workflow_name, "version": "1.0"}
    return {**head, "input_ports": ports, "nodes": nodes, "probeIndicator": []}


def _node(name: str, config: PipelineConfig) -> dict[str, Any]:
    links = [
        {"container_name": target, "operation_signature": dict(_EXECUTE)}
        for target in config.containers[name].next_nodes
    ]
    is_first, is_last = name == config.start_node, not links
    kind = "DataSource" if is_first else "DataSink" if is_last else "MLModel"
    return {
        "container_name": name,
        "proto_uri": "energy_pipeline.proto",
        "image": "",
        "node_type": kind,
        "operation_signature_list": [
            {"operation_signature": dict(_SIGNATURE), "connected_to": links}
        ],
    }


def docker_info_of(config: PipelineConfig) -> tuple[dict[str, Any], list[str]]:
    """Return the content of ``dockerinfo.json``, ports as text, and what did not carry over."""
    entries, notes = [], []
    for name in config.order:
        container, addresses = config.containers[name], config.addresses_of(name)
        host, _, port = addresses[0].rpartition(":")
        entries.append({"container_name": name, "ip_address": host.strip("[]"), "port": port})
        left_out = {
            "further addresses": len(addresses) > 1,
            "credentials": container.service in config.credentials,
            "parameters": bool(container.parameters),
            "retry": container.retry is not None,
        }
        words = [word for word, is_there in left_out.items() if is_there]
        notes += [f"{name}: {', '.join(words)} left out"] if words else []
    notes.append("files and deadlines are left out: a blueprint has no place for them")
    return {"docker_info_list": entries}, notes
