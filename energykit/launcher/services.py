"""Services of a configuration, started and stopped together."""

from __future__ import annotations

import os
import time
import weakref
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Self

from energykit import html
from energykit.config import PipelineConfig, load_config
from energykit.errors import ServiceStartError, ServiceUnreachableError, UsageError, nearest
from energykit.executor.connection import Connection
from energykit.launcher.child import Child
from energykit.launcher.module import find_modules

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from os import PathLike
    from types import TracebackType

__all__ = ["LocalServices", "local_services"]

_STOP_GRACE_S = 5.0
_STATUS_S = 0.5


def local_services(
    config: PipelineConfig | str | PathLike[str] | Iterable[str],
    *,
    data_root: str | PathLike[str] = "data",
    start_budget_s: float = 30.0,
    ports: Mapping[str, int] | None = None,
    modules: Mapping[str, str] | None = None,
    stop_grace_s: float = _STOP_GRACE_S,
) -> LocalServices:
    """Return the services of a configuration, to be started with ``with`` or with `LocalServices.start`.

    Parameters
    ----------
    config
        A configuration, the path of one, or the ids of services.
    data_root
        What ``/data`` stands for; the services' logs go to ``logs/`` in it.
    start_budget_s
        Within it all must be ready [s].
    ports
        Port by id; those not named get free ones.
    modules
        Module by id (``"package.module"``, started with ``python -m``), for services that no
        installed package registers in the entry-point group ``energykit.services``.
    stop_grace_s
        How long a service may take to finish its work when it is stopped, before it is killed [s].

    Raises
    ------
    energykit.errors.ConfigError
        The configuration has faults.
    energykit.errors.UsageError
        No service is registered under an id.
    """
    found = find_modules(_ids(config), modules or {})
    for name in ports or {}:
        if name not in found:
            hint = nearest(name, found)
            raise UsageError(
                f"a port is given for {name!r}, which is not started", where="ports", hint=hint
            )
    return LocalServices(
        found,
        data_root=Path(data_root),
        ports=ports or {},
        start_budget_s=start_budget_s,
        stop_grace_s=stop_grace_s,
    )


def _ids(config: PipelineConfig | str | PathLike[str] | Iterable[str]) -> tuple[str, ...]:
    if isinstance(config, PipelineConfig):
        return config.services
    if isinstance(config, str | os.PathLike):
        return load_config(config).services
    return tuple(dict.fromkeys(config))


class LocalServices:
    """Services as child processes of this one: they end with it, however it ends.

    Made by `local_services`. Use it in a ``with`` statement, or call `start` and `stop`.
    """

    def __init__(
        self,
        modules: Mapping[str, str],
        *,
        data_root: Path,
        ports: Mapping[str, int],
        start_budget_s: float,
        stop_grace_s: float,
    ) -> None:
        self._modules = dict(modules)
        self._data_root = data_root
        self._ports = ports
        self._start_budget_s = start_budget_s
        self._stop_grace_s = stop_grace_s
        self._children: dict[str, Child] = {}
        self._finalizer: weakref.finalize[..., LocalServices] | None = None

    @property
    def addresses(self) -> Mapping[str, str]:
        """``host:port`` of each service that is ready, by id."""
        return MappingProxyType(
            {name: child.address for name, child in self._children.items() if child.address}
        )

    @property
    def data_root(self) -> Path:
        """What ``/data`` stands for."""
        return self._data_root

    @property
    def processes(self) -> Mapping[str, Child]:
        """The child process of each, by id."""
        return MappingProxyType(self._children)

    @property
    def logs(self) -> Mapping[str, Path]:
        """The log of each, by id."""
        return MappingProxyType(
            {name: self._data_root / "logs" / f"{name}.log" for name in self._modules}
        )

    def start(self) -> Self:
        """Start all of them side by side, and return when all are ready.

        Starting again the same services on the same data root, as when a notebook cell is run
        again, first stops those that an earlier `start` left running.

        Raises
        ------
        energykit.errors.ServiceStartError
            One did not become ready; none is left running.
        energykit.errors.UsageError
            The data root is a file.
        """
        key = (str(self._data_root.absolute()), *self._modules)
        earlier = _STARTED.get(key)
        if earlier is not None and earlier is not self:
            earlier.stop()
        _STARTED[key] = self
        return self._open()

    def stop(self) -> None:
        """Stop those that were started: they finish their work within the grace, or are killed."""
        children, self._children = self._children, {}
        if self._finalizer is not None:
            self._finalizer.detach()
        _stop(list(children.values()), self._stop_grace_s)

    def __enter__(self) -> Self:
        """Start all of them side by side, and return when all are ready."""
        return self._open()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop them."""
        self.stop()

    def _open(self) -> Self:
        if self._children:
            return self
        end = time.monotonic() + self._start_budget_s
        _make_logs(self._data_root)
        started: list[Child] = []
        self._finalizer = weakref.finalize(self, _stop, started, self._stop_grace_s)
        try:
            started.extend(
                map(self._child, self._modules)
            )  # one by one: each is stopped if the next fails
            for child in started:
                _wait_ready(child, end)
        except BaseException:
            self._finalizer()
            raise
        self._children = {child.id: child for child in started}
        return self

    def _child(self, name: str) -> Child:
        root, port = self._data_root.absolute(), self._ports.get(name, 0)
        return Child(name, self._modules[name], data_root=root, log=self.logs[name], port=port)

    def tail(self, service_id: str, lines: int = 20) -> str:
        """Return the last lines of a service's log.

        Raises
        ------
        energykit.errors.UsageError
            There is no such service; the nearest one is named.
        """
        if service_id not in self._modules:
            hint = nearest(service_id, self._modules)
            raise UsageError(f"there is no service {service_id!r}", where="tail", hint=hint)
        log = self.logs[service_id]
        return "\n".join(_last_lines(log, lines)) if log.is_file() else ""

    def status(self) -> dict[str, str]:
        """Return, by id, ``"serving"``, ``"not serving"`` (it runs but does not answer), or ``"stopped"``."""
        return {name: _status(self._children.get(name)) for name in self._modules}

    def __repr__(self) -> str:
        """Return one line for each service."""
        lines = [
            f"{html.ICONS[status]} {name}: {status}{self._at(name)}"
            for name, status in self.status().items()
        ]
        return "\n".join(lines) or "no services"

    def _repr_html_(self) -> html.Html:
        rows = [
            (
                name,
                html.badge(status),
                html.element("code", self.addresses.get(name, "")),
                str(self.logs[name]),
            )
            for name, status in self.status().items()
        ]
        return html.card(
            "Local services", html.table(("service", "status", "address", "log"), rows)
        )

    def _at(self, name: str) -> str:
        return f" at {self.addresses[name]}" if name in self.addresses else ""


_STARTED: weakref.WeakValueDictionary[tuple[str, ...], LocalServices] = (
    weakref.WeakValueDictionary()
)
"""Those that `LocalServices.start` has started, by data root and ids: a cell that is run again
replaces them.
"""


def _make_logs(data_root: Path) -> None:
    where = str(data_root)
    try:
        (data_root / "logs").mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        hint = "name a folder with data_root="
        raise UsageError(
            "a file lies where the data root or its folder logs is to be", where=where, hint=hint
        ) from None
    except OSError as exc:
        hint = "make the data root writable, or choose another one with data_root="
        raise ServiceStartError(
            f"its logs cannot be kept: {exc.strerror}", where=where, hint=hint
        ) from exc


def _wait_ready(child: Child, end: float) -> None:
    connection = Connection((child.wait_for_address(end - time.monotonic()),))
    try:
        connection.wait_until_serving(
            max(end - time.monotonic(), 0.0), lambda *_: child.check_running()
        )
    except ServiceUnreachableError as exc:
        raise child.failure(f"printed its address, but is not ready: {exc.what}") from exc
    finally:
        connection.close()


def _stop(children: Sequence[Child], grace_s: float) -> None:
    until = time.monotonic() + grace_s
    try:
        for child in children:
            child.ask_to_stop()
        for child in children:
            child.wait_stopped(until)
    except BaseException:  # interrupted while waiting: nothing is left behind all the same
        for child in children:
            child.wait_stopped(0.0)
        raise


def _status(child: Child | None) -> str:
    if child is None or not child.is_running:
        return "stopped"
    connection = Connection((child.address,))
    try:
        connection.wait_until_serving(_STATUS_S, lambda *_: None)
    except ServiceUnreachableError:
        return "not serving"
    finally:
        connection.close()
    return "serving"


def _last_lines(path: Path, count: int) -> list[str]:
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - 400 * count))
        return file.read().decode(errors="replace").splitlines()[-count:]
