"""How a call can end, and what to do then: the decision table of the course."""

from __future__ import annotations

from dataclasses import dataclass, fields

from energykit import html

__all__ = ["ENDINGS", "CallOutcome", "DecisionTable", "decision_table"]


@dataclass(frozen=True, kw_only=True)
class CallOutcome:
    """One way in which a call can end."""

    name: str
    """In plain words."""
    code: str
    """The gRPC status code, and what the response says where there is one."""
    reported_by: str
    """Who says so: the client's own library, the server, or the stage."""
    work: str
    """Whether work may have been done."""
    next: str
    """What to do."""


ENDINGS = (
    CallOutcome(
        name="nobody there",
        code="UNAVAILABLE",
        reported_by="the client's library: nothing answers at the address, or the connection broke",
        work="none, unless the connection broke on the way",
        next="is the service started? compare host and port",
    ),
    CallOutcome(
        name="another contract",
        code="UNIMPLEMENTED",
        reported_by="the server: it is there, and has no such method",
        work="none",
        next="compare package, service and method with what the server offers",
    ),
    CallOutcome(
        name="too late",
        code="DEADLINE_EXCEEDED",
        reported_by="the client's library: nobody waits any more",
        work="perhaps, even all of it",
        next="look at the service's log before calling again; allow more time",
    ),
    CallOutcome(
        name="refused",
        code="any other, such as PERMISSION_DENIED or RESOURCE_EXHAUSTED",
        reported_by="the server",
        work="what its documentation says; most often none",
        next="read the details; change the request",
    ),
    CallOutcome(
        name="the stage failed",
        code="OK, with success = false",
        reported_by="the stage: the call went well, the work did not",
        work="none that is kept: no output is written",
        next="read message, error.where and error.hint",
    ),
    CallOutcome(
        name="fine",
        code="OK, with success = true",
        reported_by="the stage",
        work="all of it",
        next="look at the metrics",
    ),
)
"""From the outside in: what is looked at first comes first."""

_HEADER = ("it is called", "status code", "who says so", "was work done?", "what to do")


class DecisionTable:
    """`ENDINGS` as a table; made by `decision_table`."""

    def rows(self) -> tuple[tuple[str, ...], ...]:
        """Return name, code, who says so, work, and what to do, for each ending."""
        return tuple(
            tuple(getattr(one, field.name) for field in fields(CallOutcome)) for one in ENDINGS
        )

    def __repr__(self) -> str:
        """Return a line for each ending."""
        return "\n".join(f"{one.name}: {one.code} → {one.next}" for one in ENDINGS)

    def _repr_html_(self) -> html.Html:
        return html.table(_HEADER, self.rows(), caption="How a call can end")


def decision_table() -> DecisionTable:
    """Return how a call can end, who says so, whether work was done, and what to do.

    The codes are those of gRPC (grpc.github.io/grpc/core/md_doc_statuscodes.html); ``success`` is
    the contract's.
    """
    return DecisionTable()
