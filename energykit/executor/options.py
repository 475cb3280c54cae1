"""How a run is to be run: what `run`, `steps`, sweeps and widgets pass on, as one record."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypedDict, TypeVar

from energykit.errors import UsageError, nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from os import PathLike
    from pathlib import Path

    from energykit.executor.earlier import Resumable
    from energykit.executor.event import Event
    from energykit.executor.lock import OutputLocks

__all__ = ["RunKeywords", "RunOptions", "Services", "show_options"]

CONNECT_BUDGET_S = 5.0
"""How long a run waits for a service to be ready by default [s]."""
PARALLEL_STAGES = 4
"""How many stages run at once by default, where they may."""
HEARTBEAT_S = 30.0
"""How long a service may show no sign of life by default [s]."""

_Function = TypeVar("_Function", bound="Callable[..., Any]")


class Services(Protocol):
    """What a run needs to know of services that were started for it."""

    @property
    def addresses(self) -> Mapping[str, str]:
        """``host:port`` of each, by id."""

    @property
    def data_root(self) -> Path:
        """What ``/data`` stands for."""


@dataclass(frozen=True, kw_only=True)
class RunOptions:
    """How a configuration is run."""

    data_root: str | PathLike[str] | None = None
    """What ``/data`` stands for on this machine; the record goes to ``runs/`` in it. None: that of
    the services, else ``data``.
    """
    addresses: Mapping[str, str | Sequence[str]] | None = None
    """``host:port`` by id, for services elsewhere than the configuration and the started services
    say; several for one id are called in turn.
    """
    on_event: Callable[[Event], None] | None = None
    """Called with each `energykit.executor.Event` of the run."""
    run_id: str | None = None
    """Names the record; None: a new one."""
    connect_budget_s: float = CONNECT_BUDGET_S
    """How long to wait for each service to be ready [s]."""
    resume: Resumable | None = None
    """An earlier run whose finished stages are not run again; None: every stage is run."""
    resume_ignores: Collection[str] = ()
    """What is not a reason to run a stage again: ``"version"``, a change of the stage's code."""
    heartbeat_s: float | None = HEARTBEAT_S
    """How long a service may show neither progress nor any other sign of life [s]; None: until the
    deadline.
    """
    limit_s: float | None = None
    """Limit for the whole run [s]; None: only the deadlines of its stages."""
    parallel_stages: int = PARALLEL_STAGES
    """At most so many stages at once, where the configuration says that they may."""
    locks: OutputLocks | None = None
    """Locks of the outputs that the caller took before it started the services; the run gives them
    back. None: the run takes its own.
    """

    def __post_init__(self) -> None:
        """Refuse what cannot be meant.

        Raises
        ------
        energykit.errors.UsageError
            A limit is not a positive number, or something unknown is to be ignored.
        """
        for name in ("heartbeat_s", "limit_s"):
            value = getattr(self, name)
            if value is not None and not value > 0:
                hint = "give a number of seconds, or None for no limit"
                raise UsageError(f"{value!r} is not a positive number", where=name, hint=hint)
        if self.parallel_stages < 1:
            raise UsageError(
                f"concurrency must be at least 1, not {self.parallel_stages}",
                where="parallel_stages",
            )
        for what in _as_collection(self.resume_ignores):
            if what not in IGNORABLE:
                raise UsageError(
                    f"{what!r} cannot be ignored",
                    where="resume_ignores",
                    hint=nearest(what, IGNORABLE),
                )


IGNORABLE = ("version",)
"""What ``resume_ignores`` may name."""


def _as_collection(names: Collection[str]) -> Collection[str]:
    return (names,) if isinstance(names, str) else names


class RunKeywords(TypedDict, total=False):
    """`RunOptions` as the keywords of `run` and `steps`."""

    data_root: str | PathLike[str] | None
    addresses: Mapping[str, str | Sequence[str]] | None
    on_event: Callable[[Event], None] | None
    run_id: str | None
    connect_budget_s: float
    resume: Resumable | None
    resume_ignores: Collection[str]
    heartbeat_s: float | None
    limit_s: float | None
    parallel_stages: int
    locks: OutputLocks | None


def show_options(function: _Function) -> _Function:
    """Give a function that takes `RunKeywords` a signature that names each of them.

    An editor, `help` and a notebook's completion then show what can be written.
    """
    signature = inspect.signature(function)
    own = [one for one in signature.parameters.values() if one.kind is not one.VAR_KEYWORD]
    options = inspect.signature(RunOptions).parameters.values()
    function.__signature__ = signature.replace(  # type: ignore[attr-defined]  # PEP 362
        parameters=[*own, *options]
    )
    return function
