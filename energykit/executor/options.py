"""How a run is to be run: what `run`, `steps`, sweeps and widgets pass on, as one record."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypedDict, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from os import PathLike
    from pathlib import Path

    from energykit.executor.earlier import Resumable
    from energykit.executor.event import Event

__all__ = ["RunKeywords", "RunOptions", "Services", "show_options"]

CONNECT_BUDGET_S = 5.0
"""How long a run waits for a service to be ready by default [s]."""

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


class RunKeywords(TypedDict, total=False):
    """`RunOptions` as the keywords of `run` and `steps`."""

    data_root: str | PathLike[str] | None
    addresses: Mapping[str, str | Sequence[str]] | None
    on_event: Callable[[Event], None] | None
    run_id: str | None
    connect_budget_s: float
    resume: Resumable | None


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
