"""Health lights: whether each service says that it serves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from energykit import html
from energykit.errors import UsageError
from energykit.widgets.panel import Panel, button, row, toolkit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from energykit.config import PipelineConfig
    from energykit.executor import Services

__all__ = ["HealthLights", "Light", "ask", "health_lights", "lights_html"]

DEADLINE_S = 1.0
"""How long a service may take to answer [s]."""


@dataclass(frozen=True, kw_only=True)
class Light:
    """What a service said about its health."""

    id: str
    """The service's id."""
    address: str
    """Where it was asked."""
    status: str
    """``"serving"``, ``"not serving"``, or ``"unreachable"``."""
    said: str
    """What was answered, or the status code of the call that failed."""


def ask(service_id: str, address: str, *, deadline_s: float = DEADLINE_S) -> Light:
    """Ask the standard health service at an address, and return what it said.

    Parameters
    ----------
    service_id
        For the record.
    address
        ``host:port``.
    deadline_s
        How long it may take [s].
    """
    import grpc  # only where something is asked
    from grpc_health.v1 import health_pb2, health_pb2_grpc  # as above

    with grpc.insecure_channel(address, options=[("grpc.enable_http_proxy", 0)]) as channel:
        try:
            stub: Any = health_pb2_grpc.HealthStub(channel)
            answer = stub.Check(health_pb2.HealthCheckRequest(), timeout=deadline_s)
        except grpc.RpcError as exc:
            code = exc.code()
            silent = code in {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED}
            status = "unreachable" if silent else "not serving"
            return Light(id=service_id, address=address, status=status, said=code.name)
    said = health_pb2.HealthCheckResponse.ServingStatus.Name(answer.status)
    return Light(
        id=service_id,
        address=address,
        status="serving" if said == "SERVING" else "not serving",
        said=said,
    )


def lights_html(lights: tuple[Light, ...], *, title: str = "Health") -> html.Html:
    """Return lights as a table: icon and word, address, and what was answered."""
    rows = [
        (
            html.badge(one.status),
            one.id,
            html.element("code", one.address),
            html.element("code", one.said),
        )
        for one in lights
    ]
    return html.card(title, html.table(("light", "service", "address", "answer"), rows))


class HealthLights(Panel):
    """A light for each service, and a button that asks again; made by `health_lights`."""

    def __init__(
        self, services: Services | PipelineConfig | Mapping[str, str], deadline_s: float
    ) -> None:
        self._services, self._deadline_s = services, deadline_s
        self._known: dict[str, str] = {}
        self.ask = button(
            "↻ Ask again",
            self._ask,
            tooltip="Ask each service's health service",
            name="refresh",
            is_main=True,
        )
        self.verdict = toolkit().Label("")
        super().__init__(row(self.ask, self.verdict), name="health-lights")
        self._ask()

    def _ask(self) -> None:
        self._known |= _addresses(self._services)  # one that has stopped is asked where it was
        found = [ask(name, at, deadline_s=self._deadline_s) for name, at in self._known.items()]
        self.lights = tuple(found)
        serving = sum(one.status == "serving" for one in found)
        self.verdict.value = f"{serving} of {len(found)} services are serving"
        self.refresh()

    def to_html(self) -> html.Html:
        """Return what each service answered last."""
        return lights_html(self.lights, title=self.verdict.value)


def _addresses(services: Any) -> dict[str, str]:
    if hasattr(services, "service_registry"):
        return {name: addresses[0] for name, addresses in services.service_registry.items()}
    try:
        return dict(getattr(services, "addresses", services))
    except UsageError:  # they were stopped: the lights go on showing where they were
        return {}


def health_lights(
    services: Services | PipelineConfig | Mapping[str, str], *, deadline_s: float = DEADLINE_S
) -> HealthLights:
    """Return a widget that asks each service whether it serves.

    Parameters
    ----------
    services
        Started services, a configuration (then those of its registry), or addresses by id.
    deadline_s
        How long each may take to answer [s].

    Raises
    ------
    energykit.errors.MissingPackageError
        ipywidgets is not installed.
    """
    return HealthLights(services, deadline_s)
