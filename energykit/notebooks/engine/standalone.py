"""The engine where papermill was called by itself: ``papermill A B --engine energykit``."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from papermill.exceptions import PapermillException
from papermill.log import logger
from papermill.translators import translate_parameters

from energykit.notebooks.engine.local_session import local_session
from energykit.notebooks.engine.parameter_code import register_translator
from energykit.notebooks.engine.session_execution import execute_session
from energykit.notebooks.source.metadata import check_metadata, tags_of
from energykit.notebooks.source.notebook_file import kernel_name_of, language_of
from energykit.notebooks.source.parameters import typed_parameters
from energykit.notebooks.verdict.expectations import with_expectations
from energykit.notebooks.verdict.logs import with_logs
from energykit.temporary_folder import temporary_folder

if TYPE_CHECKING:
    from energykit.notebooks.verdict.record import NotebookVerdict

__all__ = ["NotebookNotPassedError", "execute_alone"]

_UNNAMED = "notebook.ipynb"
_INJECTED = "injected-parameters"
"""Papermill's tag of the cell that it writes."""


class NotebookNotPassedError(PapermillException):  # type: ignore[misc]
    """A notebook did not pass, and no error among its outputs says why.

    Parameters
    ----------
    verdict
        What became of it.
    """

    def __init__(self, verdict: NotebookVerdict) -> None:
        super().__init__(f"{verdict.status}: {verdict.reason}")
        self.verdict = verdict


def execute_alone(
    nb_man: Any, kernel_name: str, *, cwd: Path | None, options: dict[str, Any]
) -> None:
    """Execute a notebook in a folder of its own, which is gone afterwards.

    Parameters
    ----------
    nb_man
        Papermill's state of the execution; its notebook has its parameters already.
    kernel_name
        The kernel that was asked for, or that the notebook names.
    cwd
        The folder to run in, as a copy; None: the notebook's own.
    options
        Of papermill.

    Raises
    ------
    NotebookNotPassedError
        It did not pass, and no error that papermill reports says why.
    energykit.errors.UsageError
        A parameter is unknown or of another type than its default, or no kernel fits.
    """
    notebook, given = nb_man.nb, options.get("input_path")
    path = given if isinstance(given, str) and given != "-" else _UNNAMED
    parameters = dict(notebook.metadata.papermill.get("parameters") or {})
    check_metadata(notebook, path)
    _write_typed(notebook, parameters, path)
    kernel = "" if kernel_name == kernel_name_of(notebook.metadata) else kernel_name
    since = datetime.now(UTC)
    with temporary_folder("papermill") as name:
        folder = name.resolve()
        with local_session(path, notebook, folder, cwd=cwd, kernel=kernel) as session:
            session.parameters = parameters
            execute_session(nb_man, session, options)
        assert session.verdict is not None  # it was executed
        verdict = with_logs(session.verdict, folder, since=since)
        verdict = with_expectations(verdict, folder, Path(path))
    for note in verdict.notes:
        logger.warning("%s", note)
    if not (verdict.ok or _is_reported(nb_man.nb)):
        raise NotebookNotPassedError(verdict)


def _write_typed(notebook: Any, parameters: dict[str, Any], path: str) -> None:
    """Check the values that papermill injected, and write them with their defaults' types."""
    typed = typed_parameters(notebook, parameters, where=path)
    register_translator()
    injected = [cell for cell in notebook.cells if _INJECTED in tags_of(cell)]
    if typed and language_of(notebook.metadata) == "python":
        for cell in injected:
            cell.source = translate_parameters("python3", "python", typed, "Parameters")


def _is_reported(notebook: Any) -> bool:
    """Return whether papermill itself will say why a notebook failed."""
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", ())]
    return any(
        output.output_type == "error" and output["ename"] != "SystemExit" for output in outputs
    )
