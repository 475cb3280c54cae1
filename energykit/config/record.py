"""A checked configuration, as records."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from energykit.config.graph import order_of, predecessors_of
from energykit.html import appearance_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from energykit.config.credentials import Credentials
    from energykit.errors import Fault
    from energykit.html import Html

__all__ = ["DEFAULT_TIMEOUT_S", "Container", "PipelineConfig", "Retry"]

DEFAULT_TIMEOUT_S = 60.0
"""Deadline of a stage whose configuration names none [s]."""


@dataclass(frozen=True, kw_only=True)
class Retry:
    """How often, and after which pauses, a stage is tried again when its service is unavailable."""

    attempts: int = 3
    """Calls in all, the first one included."""
    initial_backoff_s: float = 0.2
    """Pause after the first attempt [s]."""
    max_backoff_s: float = 2.0
    """Longest pause [s]."""
    multiplier: float = 2.0
    """By how much each pause is longer than the one before."""
    jitter: float = 0.2
    """By up to which share each pause is stretched or shortened, so that clients do not come back
    together.
    """


@dataclass(frozen=True, kw_only=True)
class Container:
    """One node of a pipeline: what is asked of one service."""

    id: str
    """Its name."""
    service: str = ""
    """Entry of the registry that is called; the container's id where none is named."""
    input_file: str = ""
    """Path for the service, as written; empty: it reads nothing."""
    input_files: tuple[str, ...] = ()
    """Every input of a stage that joins several, `input_file` the first; empty: there is one."""
    output_file: str
    """Path for the service, as written."""
    next_nodes: tuple[str, ...] = ()
    """Ids of the nodes that wait for this one."""
    timeout_s: float = DEFAULT_TIMEOUT_S
    """Deadline of the call [s]."""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    """What is asked beyond the original contract; empty: nothing, and the original's behaviour."""
    retry: Retry | None = None
    """None: the executor's default."""

    def __post_init__(self) -> None:
        """Call the service of the container's own name where none is named."""
        object.__setattr__(self, "service", self.service or self.id)

    @property
    def inputs(self) -> tuple[str, ...]:
        """Every input, in order; none where it reads nothing."""
        return self.input_files or ((self.input_file,) if self.input_file else ())


@dataclass(frozen=True, kw_only=True, repr=False)
class PipelineConfig:
    """A configuration without faults."""

    file: str
    """The file as the caller named it."""
    workflow_name: str
    """For people."""
    start_node: str
    """Id of the first node."""
    execution_mode: str = "sequential"
    """``"sequential"``, ``"parallel"``, or what is recorded only."""
    time_zone: str = ""
    """Zone of the report's days in the tz database; empty: none was named."""
    service_registry: Mapping[str, tuple[str, ...]]
    """``host:port`` of each service, by name; several share the calls."""
    credentials: Mapping[str, Credentials] = field(default_factory=dict)
    """What a service asks for to let a client in, by name; nothing where it is not named."""
    containers: Mapping[str, Container]
    """The nodes, by id, in the order of the file."""
    warnings: tuple[Fault, ...] = ()
    """What is worth knowing and refuses nothing."""

    @cached_property
    def order(self) -> tuple[str, ...]:
        """Ids of the reachable nodes, each after all of its predecessors."""
        return order_of(
            {name: one.next_nodes for name, one in self.containers.items()}, self.start_node
        )

    @cached_property
    def predecessors(self) -> Mapping[str, tuple[str, ...]]:
        """Ids of the nodes that each node waits for."""
        following = {name: one.next_nodes for name, one in self.containers.items()}
        return MappingProxyType(predecessors_of(following))

    @property
    def services(self) -> tuple[str, ...]:
        """Registry entries that the reachable nodes call, each once, in the order of the nodes."""
        return tuple(dict.fromkeys(self.containers[name].service for name in self.order))

    def addresses_of(self, container_id: str) -> tuple[str, ...]:
        """Return where the service of a container listens, as the registry says."""
        return self.service_registry[self.containers[container_id].service]

    def __repr__(self) -> str:
        """Return the chain, and a line for each node."""
        return appearance_of(self).text(self)

    def _repr_html_(self) -> Html:
        return appearance_of(self).html(self)
