"""The engine ``energykit`` of papermill, which loads, injects, saves and logs; this executes.

``papermill A.ipynb B.ipynb --engine energykit``, ``energykit notebooks run`` and the pytest plugin
all call `papermill.execute_notebook` with it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from papermill.engines import Engine

from energykit.notebooks.source.notebook_file import kernel_name_of, language_of

if TYPE_CHECKING:
    from energykit.notebooks.engine.session import EngineSession

__all__ = ["EnergykitEngine"]

_STARTED_IN = Path.cwd()
"""The working directory before papermill changed it, as ``--cwd`` asks."""


class EnergykitEngine(Engine):  # type: ignore[misc]
    """Executes a notebook in a kernel that is watched, and judges each cell."""

    @classmethod
    def nb_kernel_name(cls, nb: Any, name: str | None = None) -> str:
        """Return the kernel's name; a notebook that names none gets this Python's."""
        return name or kernel_name_of(nb.metadata) or "python3"

    @classmethod
    def nb_language(cls, nb: Any, language: str | None = None) -> str:
        """Return the language of a notebook; Python where it says nothing."""
        return language or language_of(nb.metadata)

    @classmethod
    def execute_managed_notebook(
        cls,
        nb_man: Any,
        kernel_name: str,
        *,
        session: EngineSession | None = None,
        **options: Any,
    ) -> None:
        """Execute a notebook.

        Parameters
        ----------
        nb_man
            Papermill's state of the execution.
        kernel_name
            The kernel that was asked for, or that the notebook names.
        session
            Folder, kernel and limits; None: papermill was called by itself, so all that is made
            here, and a notebook that did not pass raises.
        **options
            Of papermill and nbclient.

        Raises
        ------
        energykit.notebooks.engine.standalone.NotebookNotPassedError
            Without a session: it did not pass, and no error that papermill reports says why.
        energykit.errors.UsageError
            Without a session: a parameter is unknown or of another type than its default, or no
            kernel fits.
        """
        if session is None:
            from energykit.notebooks.engine.standalone import execute_alone  # not in a worker

            has_cwd = Path.cwd() != _STARTED_IN
            execute_alone(nb_man, kernel_name, cwd=Path.cwd() if has_cwd else None, options=options)
            return
        nb_man.nb.metadata.papermill["input_path"] = session.path
        from energykit.notebooks.engine.session_execution import execute_session

        execute_session(nb_man, session, options)
