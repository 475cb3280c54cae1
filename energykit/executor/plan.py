"""A run worked out before anything is called: its id, its data root, and a task for each stage."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from energykit.config import PipelineConfig, load_config
from energykit.config.shape import address_problem
from energykit.credentials import credentials_from_environment
from energykit.errors import UsageError, nearest
from energykit.executor.earlier import named_run
from energykit.executor.message import plain
from energykit.executor.record import check_run_id, new_run_id
from energykit.executor.retry import DEFAULT
from energykit.executor.secret import resolve
from energykit.executor.task import Task
from energykit.masking import Secrets

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from os import PathLike

    from energykit.config import Container, Credentials
    from energykit.executor.earlier import Resumable
    from energykit.executor.options import RunOptions, Services

__all__ = ["RunPlan", "plan_run"]


@dataclass(frozen=True, kw_only=True)
class RunPlan:
    """What is run, where, and how."""

    config: PipelineConfig
    """The configuration."""
    tasks: tuple[Task, ...]
    """One for each stage, each after those that it waits for."""
    run_id: str
    """Names the record."""
    data_root: Path
    """What ``/data`` stands for on this machine."""
    options: RunOptions
    """As the caller wants them."""
    resume: Resumable | None
    """The run whose work is reused, True to look for it, None to run everything."""


def plan_run(
    config: PipelineConfig | str | PathLike[str], services: Services | None, options: RunOptions
) -> RunPlan:
    """Work out a run; see `energykit.executor.run` for what is raised."""
    if not isinstance(config, PipelineConfig):
        config = load_config(config)
    root = Path(options.data_root or (services.data_root if services else "data"))
    _check_addresses(config, options.addresses or {})
    run_id = options.run_id
    run_id = new_run_id(datetime.now(UTC)) if run_id is None else check_run_id(run_id, root)
    tasks = tuple(
        _make_task(
            config,
            config.containers[name],
            *_find_service(config, name, services, options.addresses or {}),
            run_id=run_id,
            data_root=root,
            options=options,
        )
        for name in config.order
    )
    return RunPlan(
        config=config,
        tasks=tasks,
        run_id=run_id,
        data_root=root,
        options=options,
        resume=_resolve_resume(options.resume, root),
    )


def _resolve_resume(resume: Resumable | None, data_root: Path) -> Resumable | None:
    """Look a named run up before anything starts; the newest waits until the outputs are held."""
    if resume is None or resume is False:
        return None
    return True if resume is True else named_run(resume, data_root)


def _check_addresses(config: PipelineConfig, wanted: Mapping[str, str | Sequence[str]]) -> None:
    valid = {*config.containers, *config.services}
    for name, address in wanted.items():
        if name not in valid:
            what = f"the configuration has no container {name!r}"
            raise UsageError(what, where="addresses", hint=nearest(name, valid))
        _check_address(name, address)


def _find_service(
    config: PipelineConfig,
    name: str,
    services: Services | None,
    wanted: Mapping[str, str | Sequence[str]],
) -> tuple[tuple[str, ...], Credentials | None]:
    """Return where a stage's service listens, and what it asks for to let a client in.

    That is what the caller says, else where it was started for this run, else what the file says.
    """
    service = config.containers[name].service
    credentials = config.credentials.get(service) or credentials_from_environment()
    own = wanted.get(name) or wanted.get(service)
    started = services.addresses.get(service) if services else None
    if own is None and started is not None:
        return (started,), None  # it serves its owner alone, and asks for nothing
    found = own or config.addresses_of(name)
    return ((found,) if isinstance(found, str) else tuple(found)), credentials


def _check_address(name: str, address: object) -> None:
    is_several = isinstance(address, Iterable) and not isinstance(address, str)
    several = list(address) if is_several else [address]  # type: ignore[call-overload]  # checked
    problem = next(
        filter(None, map(_find_address_problem, several)), "" if several else "is an empty list"
    )
    if problem:
        hint = "write host:port, such as 127.0.0.1:50051"
        raise UsageError(f"the address of {name!r} {problem}", where="addresses", hint=hint)


def _find_address_problem(address: object) -> str:
    return address_problem(address) if isinstance(address, str) else f"is {address!r:.40}, not text"


def _make_task(
    config: PipelineConfig,
    container: Container,
    addresses: tuple[str, ...],
    credentials: Credentials | None,
    *,
    run_id: str,
    data_root: Path,
    options: RunOptions,
) -> Task:
    folder = Path(config.file).parent
    resolve(container.parameters, Secrets(), folder=folder, where=container.id)  # all are there
    return Task(
        id=container.id,
        service=container.service,
        addresses=addresses,
        credentials=credentials,
        inputs=container.inputs,
        output_file=container.output_file,
        parameters=plain(container.parameters),
        run_id=run_id,
        timeout_s=container.timeout_s,
        connect_budget_s=options.connect_budget_s,
        retry=container.retry or DEFAULT,
        data_root=data_root,
        config_folder=folder,
        waits_for=config.predecessors.get(container.id, ()),
    )
