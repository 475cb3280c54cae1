"""Check of notebook 06: an order in which every node comes after its predecessors."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TYPE_CHECKING

from energykit.exercises.silence import silence_stderr
from energykit.exercises.verdict import NOTHING_RETURNED, Verdict, answer_of, right, wrong

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["Graph", "check_order"]

_CASES = 50
_SHARE_OF_EDGES = 0.4
_MOST_NAMED = 2
"""Nodes of the graph that a refusal may name beside the one that does not exist."""

Graph = dict[str, list[str]]
"""Next nodes by node."""


@silence_stderr()
def check_order(order: Callable[[Graph], Sequence[str]], *, seed: int = 0) -> Verdict:
    """Check a function that puts the nodes of a graph into an order.

    Parameters
    ----------
    order
        The learner's: takes ``{node: [next nodes]}``, returns the nodes; raises ValueError naming a
        node that does not exist.
    seed
        Of the random graphs.
    """
    rng = random.Random(seed)  # test graphs
    for _ in range(_CASES):
        graph = _random_graph(rng)
        for check in (_misplaced, _not_refused):
            verdict = check(order, graph, rng)
            if verdict is not None:
                return verdict
    return right(f"{_CASES} graphs in order, {_CASES} dangling nodes refused by name.")


def _random_graph(rng: random.Random) -> Graph:
    """Return a graph without a cycle, its nodes named and listed in no useful order."""
    count = rng.randrange(1, 9)
    names = rng.sample([f"stage-{letter}" for letter in "abcdefghijklmnop"], count)
    later = {name: names[at + 1 :] for at, name in enumerate(names)}
    return {
        name: [one for one in later[name] if rng.random() < _SHARE_OF_EDGES]
        for name in rng.sample(names, count)
    }


def _copy(graph: Mapping[str, Sequence[str]]) -> Graph:
    return {name: list(following) for name, following in graph.items()}


def _misplaced(
    order: Callable[[Graph], Sequence[str]], graph: Graph, _: random.Random
) -> Verdict | None:
    hint = "nothing is wrong with this graph"
    found = answer_of(order, _copy(graph), said=str(graph), hint=hint)
    if isinstance(found, Verdict):
        return found
    if not isinstance(found, Sequence) or isinstance(found, str):
        hint = NOTHING_RETURNED if found is None else "return a list of the nodes' names"
        return wrong(f"{graph} gave {found!r}", hint)
    if sorted(found) != sorted(graph):
        return wrong(f"{graph} gave {found}", "every node once, and no other")
    place = {name: at for at, name in enumerate(found)}
    early = (
        (name, later)
        for name, following in graph.items()
        for later in following
        if place[later] < place[name]
    )
    for name, later in early:
        text = f"{later} runs before {name}, and is its next node, in {found} of {graph}"
        return wrong(text, "a node waits for its predecessors")
    return None


def _not_refused(
    order: Callable[[Graph], Sequence[str]], graph: Graph, rng: random.Random
) -> Verdict | None:
    broken = _copy(graph)
    broken[rng.choice(sorted(broken))].append("no-such-stage")
    try:
        found = order(broken)
    except ValueError as exc:
        if "no-such-stage" in str(exc):
            return _crowded(str(exc), graph)
        return wrong(
            f"the refusal says {str(exc)!r}",
            "name the node that does not exist, so that it can be found",
        )
    except Exception as exc:  # noqa: BLE001  # the learner's code may raise anything
        return wrong(
            f"a dangling node raised {type(exc).__name__}",
            "raise ValueError, with the node's name in its text",
        )
    return wrong(
        f"a dangling node was not refused: {found}",
        "look at every next node: is it a key of the graph?",
    )


def _crowded(text: str, graph: Mapping[str, Sequence[str]]) -> Verdict | None:
    """Return that a refusal names more nodes than the missing one and those that lead to it."""
    named = [name for name in graph if name in text]
    if len(named) <= _MOST_NAMED:
        return None
    return wrong(
        f"the refusal names {len(named) + 1} nodes: {text!r}",
        "which of them does not exist? name that one, so that nobody has to look for it",
    )
