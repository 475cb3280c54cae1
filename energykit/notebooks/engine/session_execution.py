"""Executing a notebook as a session of the engine: papermill's options become the client's."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from jupyter_core.utils import run_sync
from papermill.log import logger

from energykit.notebooks.engine.execution import Execution
from energykit.notebooks.engine.saving import NotebookSaver

if TYPE_CHECKING:
    from energykit.notebooks.engine.session import EngineSession

__all__ = ["execute_session"]

_REMOVED = frozenset({"input_path", "timeout", "startup_timeout", "start_timeout", "log_output"})


def execute_session(nb_man: Any, session: EngineSession, options: dict[str, Any]) -> None:
    """Execute a notebook and leave its verdict in the session."""
    kept = {name: value for name, value in options.items() if name not in _REMOVED}
    limit = kept.pop("execution_timeout", None)
    if limit:
        longest = max(session.limits.notebook_s, limit)
        session.limits = replace(session.limits, cell_s=limit, notebook_s=longest)
    start_s = options.get("start_timeout") or 60
    log_output = bool(options.get("log_output"))
    settings = {"startup_timeout": start_s, "log_output": log_output, "log": logger, **kept}
    execution = Execution(nb_man, session, NotebookSaver(nb_man), **settings)
    session.notebook = nb_man.nb
    session.verdict = run_sync(execution.run)()
