"""One service asked once, outside any run: no configuration, no record, no lock."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from energykit.executor.clock import RunClock
from energykit.executor.connection import Connection, find_credentials
from energykit.executor.context import RunContext
from energykit.executor.heartbeat import Heartbeat
from energykit.executor.options import CONNECT_BUDGET_S, HEARTBEAT_S
from energykit.executor.retry import DEFAULT
from energykit.executor.stage_execution import StageExecution
from energykit.executor.task import Task

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from energykit.executor.event import Event
    from energykit.results import StageResult

__all__ = ["call_service"]


def call_service(
    address: str,
    *,
    inputs: Sequence[str],
    output_file: str,
    parameters: Mapping[str, Any] | None = None,
    timeout_s: float = 60.0,
    on_event: Callable[[Event], None] = lambda _event: None,
) -> StageResult:
    """Ask a service for its stage once, and return what became of it.

    Parameters
    ----------
    address
        ``host:port`` of the service.
    inputs
        Paths for the service; none for a stage that reads nothing.
    output_file
        Path for the service.
    parameters
        Sent as a Struct; none leaves them out, and a service then does what the original did.
    timeout_s
        Deadline [s].
    on_event
        Called with what happens.
    """
    task = Task(
        id=address,
        service=address,
        addresses=(address,),
        inputs=tuple(inputs),
        output_file=output_file,
        parameters=parameters or {},
        run_id="",
        timeout_s=timeout_s,
        connect_budget_s=CONNECT_BUDGET_S,
        retry=DEFAULT,
        data_root=Path("data"),
    )
    connection, heartbeat = (
        Connection((address,), find_credentials((address,))),
        Heartbeat(HEARTBEAT_S),
    )
    context = RunContext(
        clock=RunClock(),
        connect=lambda _task: connection,
        emit=on_event,
        heartbeat=heartbeat,
        deadline_s=math.inf,
        tasks={task.id: task},
    )
    try:
        return StageExecution(task, context).run()
    finally:
        heartbeat.close()
        connection.close()
