"""The graph of a pipeline: its order, its circles, and what cannot be reached."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["circle_in", "order_of", "predecessors_of", "reachable_from"]

Graph = "Mapping[str, tuple[str, ...]]"


def reachable_from(start: str, following: Mapping[str, tuple[str, ...]]) -> set[str]:
    """Return the nodes that can be reached from a node, itself included."""
    found: set[str] = set()
    waiting = [start]
    while waiting:
        name = waiting.pop()
        if name in following and name not in found:
            found.add(name)
            waiting.extend(following[name])
    return found


def predecessors_of(following: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """Return the nodes before each node."""
    found: dict[str, list[str]] = {name: [] for name in following}
    for name, later in following.items():
        for one in later:
            if one in found:
                found[one].append(name)
    return {name: tuple(before) for name, before in found.items()}


def order_of(following: Mapping[str, tuple[str, ...]], start: str) -> tuple[str, ...]:
    """Return the reachable nodes, each after its reachable predecessors; the graph has no circle.

    Parameters
    ----------
    following
        Next nodes, by node.
    start
        The first node.
    """
    from graphlib import TopologicalSorter  # not needed to check

    known = reachable_from(start, following)
    before = predecessors_of(following)
    sorter = TopologicalSorter(
        {name: [one for one in before[name] if one in known] for name in following if name in known}
    )
    return tuple(sorter.static_order())


def circle_in(following: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Return the nodes of a circle, the first one again at the end; empty where there is none."""
    done: set[str] = set()
    for root in following:
        path: list[str] = [root]
        waiting = [iter(following[root])]
        while waiting and root not in done:
            name = next(waiting[-1], None)
            if name is None:
                waiting.pop()
                done.add(path.pop())
            elif name in path:
                return (*path[path.index(name) :], name)
            elif name in following and name not in done:
                path.append(name)
                waiting.append(iter(following[name]))
    return ()
