"""Services of a configuration, started and stopped together."""

from __future__ import annotations

import logging
import os
import threading
import time
import weakref
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Self

from energykit import live
from energykit.config import PipelineConfig, load_config
from energykit.errors import ServiceStartError, UsageError, nearest
from energykit.executor.endpoint_probe import split_address
from energykit.launcher.child import Child, stop_children
from energykit.launcher.forked import can_fork_services, is_another_here
from energykit.launcher.log import last_lines, make_log_folder
from energykit.launcher.module import find_modules
from energykit.launcher.readiness import read_status, wait_ready
from energykit.launcher.restart import watch_children
from energykit.launcher.view import services_html, services_text
from energykit.module_command import trusts_working_folder
from energykit.serving.ports import loopback_host

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from os import PathLike
    from types import TracebackType

    from energykit import html

__all__ = ["LaunchOptions", "LocalServices", "local_services"]

logger = logging.getLogger(__name__)

_STOP_GRACE_S = 5.0


def local_services(
    config: PipelineConfig | str | PathLike[str] | Iterable[str],
    *,
    data_root: str | PathLike[str] = "data",
    start_budget_s: float = 30.0,
    ports: Mapping[str, int] | None = None,
    modules: Mapping[str, str] | None = None,
    stop_grace_s: float = _STOP_GRACE_S,
    restart: int = 0,
    any_user: bool = False,
    forks: bool = False,
) -> LocalServices:
    """Return services to be started with ``with`` or with `LocalServices.start`.

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
    restart
        How often a service that ends by itself is started again, at the same address.
    any_user
        Whether every user of this machine may call them, not only who starts them.
    forks
        Whether to fork registered services from this process, which imports once what they need,
        where that is sound: Linux, a process that has no thread and has not used gRPC yet.

    Raises
    ------
    energykit.errors.ConfigError
        The configuration has faults.
    energykit.errors.UsageError
        No service is registered under an id.
    """
    by_id = find_modules(_ids(config), modules or {})
    for name in ports or {}:
        if name not in by_id:
            what = f"a port is set for {name!r}, which is not started"
            raise UsageError(what, where="ports", hint=nearest(name, by_id))
    options = LaunchOptions(
        data_root=Path(data_root),
        ports=ports or {},
        start_budget_s=start_budget_s,
        stop_grace_s=stop_grace_s,
        restart=restart,
        any_user=any_user,
        forks=forks and not modules,
    )
    return LocalServices(by_id, options)


@dataclass(frozen=True, kw_only=True)
class LaunchOptions:
    """How services are started and stopped; `local_services` says what each means."""

    data_root: Path
    ports: Mapping[str, int]
    start_budget_s: float
    stop_grace_s: float
    restart: int
    any_user: bool
    forks: bool


def _ids(config: PipelineConfig | str | PathLike[str] | Iterable[str]) -> tuple[str, ...]:
    if isinstance(config, PipelineConfig):
        return config.services
    if isinstance(config, str | os.PathLike):
        return load_config(config).services
    return tuple(dict.fromkeys(config))


def _warn_of_folder(modules: Iterable[str]) -> None:
    """Log that services of the working folder are left alone where others can write there."""
    packages = {module.partition(".")[0] for module in modules}
    if not trusts_working_folder() and any(map(is_another_here, packages)):
        text = (
            "%s: no service is imported from here, as other accounts can write into this folder;"
            " if its modules are meant, name it in PYTHONPATH"
        )
        logger.warning(text, Path.cwd())


class LocalServices:
    """Services as child processes of this one: they end with it, however it ends.

    Made by `local_services`. Use it in a ``with`` statement, or call `start` and `stop`.
    """

    def __init__(self, modules: Mapping[str, str], options: LaunchOptions) -> None:
        self._modules = dict(modules)
        self._options = options
        self._restarts_left = dict.fromkeys(modules, options.restart)
        self._children: dict[str, Child] = {}
        self._was_started = False
        self._is_stopping = threading.Event()
        self._finalizer: weakref.finalize[..., LocalServices] | None = None

    @property
    def addresses(self) -> Mapping[str, str]:
        """``host:port`` of each service, by id.

        Raises
        ------
        energykit.errors.UsageError
            They were stopped, or not started yet: there is nothing to be called.
        """
        if not self._children:
            state = "were stopped" if self._was_started else "are not started"
            hint = "start them: services.start(), or use them in a with block"
            raise UsageError(f"these services {state}", where="local_services", hint=hint)
        return MappingProxyType(self._addresses())

    @property
    def data_root(self) -> Path:
        """What ``/data`` stands for."""
        return self._options.data_root

    @property
    def processes(self) -> Mapping[str, Child]:
        """The child process of each, by id."""
        return MappingProxyType(self._children)

    @property
    def logs(self) -> Mapping[str, Path]:
        """The log of each, by id."""
        return MappingProxyType(
            {name: self._options.data_root / "logs" / f"{name}.log" for name in self._modules}
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
        key = (str(self._options.data_root.absolute()), *self._modules)
        live.take_over("local services", key, self, LocalServices.stop)
        return self._open()

    def stop(self) -> None:
        """Stop those that were started: they finish their work within the grace, or are killed."""
        self._is_stopping.set()
        children, self._children = self._children, {}
        if self._finalizer is not None:
            self._finalizer.detach()
        stop_children(list(children.values()), self._options.stop_grace_s)

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

    def restart_ended(self, started: list[Child]) -> None:
        """Start those again that have ended by themselves, as often as that is allowed.

        Parameters
        ----------
        started
            All children; those that are started are added.
        """
        for name, child in self._children.items():
            if child.is_running or not self._restarts_left[name] or self._is_stopping.is_set():
                continue
            child.let_go()
            logger.warning("%s: %s; it is started again", name, child.describe_end()[0])
            again = self._child(name, split_address(child.address)[1])
            again.follow()
            started.append(again)
            try:
                wait_ready(again, time.monotonic() + self._options.start_budget_s)
            except ServiceStartError as exc:
                logger.warning("%s", exc)
            else:
                self._children[name] = again
            self._restarts_left[name] -= 1

    def check_running(self) -> None:
        """Raise for a service that has ended by itself and is not started again.

        Raises
        ------
        energykit.errors.ServiceStartError
            It has; its end and the last lines of its log are named.
        """
        for name, child in tuple(self._children.items()):
            if not self._restarts_left[name]:
                child.check_running()

    @property
    def is_stopping(self) -> threading.Event:
        """Set when they are to end."""
        return self._is_stopping

    def _open(self) -> Self:
        if self._children:
            return self
        self._is_stopping.clear()
        end = time.monotonic() + self._options.start_budget_s
        make_log_folder(self._options.data_root)
        started: list[Child] = []
        self._finalizer = weakref.finalize(self, stop_children, started, self._options.stop_grace_s)
        try:
            self._start_all(started)
            for child in started:
                wait_ready(child, end)
        except BaseException:
            self._finalizer()
            raise
        self._children = {child.id: child for child in started}
        self._was_started = True
        if any(self._restarts_left.values()):
            watch_children(self, started)
        return self

    def _start_all(self, started: list[Child]) -> None:
        forks = self._options.forks and can_fork_services(self._modules.values())
        _warn_of_folder(self._modules.values())
        try:
            # one by one: each is stopped if the next fails
            started.extend(self._child(name, forks=forks) for name in self._modules)
        finally:
            for child in started:
                child.follow()

    def _child(self, name: str, port: int | None = None, *, forks: bool = False) -> Child:
        return Child(
            name,
            self._modules[name],
            data_root=self._options.data_root.absolute(),
            log=self.logs[name].absolute(),
            port=self._options.ports.get(name, 0) if port is None else port,
            host=loopback_host(),
            any_user=self._options.any_user,
            forks=forks,
        )

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
        return "\n".join(last_lines(log, lines)) if log.is_file() else ""

    def status(self) -> dict[str, str]:
        """Return, by id, ``"serving"``, ``"not serving"`` (runs, no answer), or ``"stopped"``."""
        return {name: read_status(self._children.get(name)) for name in self._modules}

    def __repr__(self) -> str:
        """Return one line for each service."""
        return services_text(self.status(), self._addresses())

    def _repr_html_(self) -> html.Html:
        return services_html(self.status(), self._addresses(), self.logs)

    def _addresses(self) -> dict[str, str]:
        return {name: child.address for name, child in self._children.items() if child.address}
