"""The graph of a pipeline: its order, its cycles, and what cannot be reached."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = [
    "ancestors_of",
    "find_cycle",
    "order_of",
    "predecessors_of",
    "ranks_of",
    "reachable_from",
]


def reachable_from(start: str, following: Mapping[str, tuple[str, ...]]) -> set[str]:
    """Return the nodes that can be reached from a node, itself included."""
    reached: set[str] = set()
    waiting = [start]
    while waiting:
        name = waiting.pop()
        if name in following and name not in reached:
            reached.add(name)
            waiting.extend(following[name])
    return reached


def predecessors_of(following: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """Return the nodes before each node."""
    before: dict[str, list[str]] = {name: [] for name in following}
    for name, later in following.items():
        for follower in later:
            if follower in before:
                before[follower].append(name)
    return {name: tuple(names) for name, names in before.items()}


def ancestors_of(following: Mapping[str, tuple[str, ...]]) -> dict[str, set[str]]:
    """Return the nodes from which each node can be reached, without itself unless by a cycle."""
    before = predecessors_of(following)
    return {
        name: set().union(*(reachable_from(one, before) for one in before[name]))
        for name in following
    }


def order_of(following: Mapping[str, tuple[str, ...]], start: str) -> tuple[str, ...]:
    """Return the reachable nodes, each after its reachable predecessors; there is no cycle.

    Parameters
    ----------
    following
        Next nodes, by node.
    start
        The first node.
    """
    from graphlib import TopologicalSorter  # not needed to check

    reached = reachable_from(start, following)
    before = predecessors_of(following)
    sorter = TopologicalSorter(
        {
            name: [one for one in before[name] if one in reached]
            for name in following
            if name in reached
        }
    )
    return tuple(sorter.static_order())


def ranks_of(order: Sequence[str], before: Mapping[str, tuple[str, ...]]) -> list[list[str]]:
    """Return the nodes by the length of the longest way to them: a rank waits for the last.

    Parameters
    ----------
    order
        The nodes, each after those before it.
    before
        The nodes before each node.
    """
    rank_of: dict[str, int] = {}
    ranks: dict[int, list[str]] = {}
    for name in order:
        rank_of[name] = 1 + max(
            (rank_of[one] for one in before[name] if one in rank_of), default=-1
        )
        ranks.setdefault(rank_of[name], []).append(name)
    return list(ranks.values())


def find_cycle(following: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Return the nodes of a cycle, the first one again at the end; empty where there is none."""
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
