"""The links of a configuration: every one leads to a container, and a pipeline ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

from energykit.config.graph import find_cycle, reachable_from
from energykit.config.kind import NODES
from energykit.config.source import children, elements
from energykit.errors import nearest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from energykit.config.source import ConfigSource
    from energykit.config.text import Node

__all__ = ["check_links"]


def check_links(root: Node, nodes: Mapping[str, Node], source: ConfigSource) -> None:
    """Report links and a start that lead nowhere, a cycle, and warn of what cannot be reached."""
    before = len(source.faults)
    following = {name: _targets(name, node, nodes, source) for name, node in nodes.items()}
    start = children(root).get("start_node")
    if cycle := find_cycle(following):
        at = children(nodes[cycle[-2]])["next_node"].at
        what = f"a cycle: {' → '.join(cycle)}"
        source.report(at, what, "a pipeline ends: cut one of these links")
    if start is None or not isinstance(start.value, str) or not nodes:
        return
    if start.value not in nodes:
        what = f"start_node {start.value!r} is not a container"
        source.report(start.at, what, nearest(start.value, nodes))
    elif len(source.faults) == before and all(map(_has_good_link, nodes.values())):
        _warn_unreachable(start.value, following, root, source)  # else a broken link explains it


def _warn_unreachable(
    start: str, following: Mapping[str, tuple[str, ...]], root: Node, source: ConfigSource
) -> None:
    reached = reachable_from(start, following)
    for name in following:
        if name not in reached:
            at = children(root)["containers"].keys_at[name]
            what = f"container {name!r} cannot be reached from {start!r}"
            source.report(at, what, "name it as a next_node, or remove it", is_warning=True)


def _has_good_link(node: Node) -> bool:
    link = children(node).get("next_node")
    return isinstance(node.value, dict) and (link is None or not NODES.problem(link.plain()))


def _targets(
    name: str, node: Node, nodes: Mapping[str, Node], source: ConfigSource
) -> tuple[str, ...]:
    """Return the next nodes that exist; report those that do not, at their place."""
    good = []
    for target in elements(children(node).get("next_node")):
        if not isinstance(target.value, str) or not target.value:
            continue
        if target.value in nodes:
            good.append(target.value)
        else:
            what = f"next_node {target.value!r} of {name!r} is not a container"
            source.report(target.at, what, nearest(target.value, nodes))
    return tuple(dict.fromkeys(good))
