"""Notebooks as items of pytest: one for each notebook and parameter set."""

from __future__ import annotations

import json
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from energykit.errors import EnergykitError, MissingPackageError
from energykit.notebooks.pytest.outcome import NotebookRun, describe_failure
from energykit.notebooks.source.parameter_sets import sets_beside

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator, Mapping

    from energykit.notebooks.verdict.record import NotebookVerdict

__all__ = ["NotebookFailed", "NotebookFile", "NotebookItem", "SessionRuns", "runs_of"]


class NotebookFailed(Exception):  # noqa: N818  # an outcome of a test, as pytest's own
    """A notebook did not pass."""

    def __init__(self, verdict: NotebookVerdict) -> None:
        super().__init__(describe_failure(verdict))
        self.verdict = verdict


class SessionRuns:
    """The runs of one session: the same notebook with the same parameters runs once."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._found: dict[tuple[Path, str, str], NotebookRun] = {}
        self._folder: Path | None = None

    def get(
        self,
        path: Path,
        parameters: Mapping[str, Any],
        set_name: str | None = None,
        *,
        is_again: bool = False,
    ) -> NotebookRun:
        """Return the run of a notebook, which runs now where it has not.

        Parameters
        ----------
        path
            The notebook.
        parameters
            Values by name.
        set_name
            Of the parameter set that they are, which says what is expected of it; None: the one
            beside the notebook that holds just these values, where there is one.
        is_again
            Run it, also where it has run: its item is repeated.

        Raises
        ------
        energykit.errors.EnergykitError
            It is not a notebook, a parameter is wrong, or a package is missing.
        """
        if set_name is None:
            set_name = next(
                (name for name, values in sets_beside(path).items() if values == parameters), ""
            )
        key = path.resolve(), set_name, json.dumps(parameters, sort_keys=True, default=repr)
        if is_again or key not in self._found:
            self._found[key] = self._run(path, parameters, set_name)
        return self._found[key]

    def _run(self, path: Path, parameters: Mapping[str, Any], set_name: str) -> NotebookRun:
        if find_spec("nbclient") is None:
            raise MissingPackageError(
                "nbclient", extra="notebooks", needed_for="a notebook as a test"
            )
        from energykit.notebooks import Options, run  # not before a notebook is asked for

        options = Options(
            sets={set_name: dict(parameters)},
            out=self._out(),
            cell_s=float(self._config.getini("energykit_notebooks_cell_timeout")),
            notebook_s=float(self._config.getini("energykit_notebooks_timeout")),
            retries=int(self._config.getini("energykit_notebooks_retries")),
            allow=frozenset(self._config.getini("energykit_notebooks_allow")),
        )
        return NotebookRun(run([_as_typed(path)], options).notebooks[0])

    def _out(self) -> Path:
        """Return the folder of the runs: of those that pytest keeps for the last three sessions."""
        if self._folder is None:
            factory = getattr(self._config, "_tmp_path_factory", None)
            made = (
                factory.mktemp("notebooks")
                if factory
                else tempfile.mkdtemp(prefix="energykit-notebooks-")
            )
            self._folder = Path(made)
        return self._folder


_RUNS = pytest.StashKey[SessionRuns]()


def runs_of(config: pytest.Config) -> SessionRuns:
    """Return the runs of a session."""
    return config.stash.setdefault(_RUNS, SessionRuns(config))


class NotebookFile(pytest.File):
    """A notebook; its items are its parameter sets, or the one that runs it with its defaults."""

    def collect(self) -> Iterator[NotebookItem]:
        """Yield an item for each parameter set."""
        try:
            sets = sets_beside(self.path) or {"": {}}
        except EnergykitError as exc:
            raise self.CollectError(str(exc)) from exc
        for name, parameters in sets.items():
            yield NotebookItem.from_parent(
                self, name=name or "run", parameters=parameters, set_name=name
            )


class NotebookItem(pytest.Item):
    """A notebook with one set of parameters."""

    def __init__(self, *, parameters: Mapping[str, Any], set_name: str, **given: Any) -> None:
        super().__init__(**given)
        self.parameters = parameters
        self.set_name = set_name
        self.add_marker(pytest.mark.notebook)
        if self.config.pluginmanager.hasplugin("xdist"):
            self.add_marker(pytest.mark.xdist_group(f"notebook {self.path.stem}"))

    def runtest(self) -> None:
        """Run the notebook.

        Raises
        ------
        NotebookFailed
            It did not pass.
        """
        # pytest-rerunfailures counts: an item that is repeated means a notebook that runs again
        is_again = getattr(self, "execution_count", 1) > 1
        runs = runs_of(self.config)
        run = runs.get(self.path, self.parameters, self.set_name, is_again=is_again)
        self.user_properties.append(("status", run.verdict.status))
        self.user_properties.append(("executed", str(run.path)))
        if not run.ok:
            raise NotebookFailed(run.verdict)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Return why it did not pass: the cell, the line and the command, no traceback of ours."""
        if isinstance(excinfo.value, (NotebookFailed, EnergykitError)):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[os.PathLike[str] | str, int | None, str]:
        """Return the notebook and the name of the set."""
        return self.path, None, f"{_as_typed(self.path)} [{self.name}]"


def _as_typed(path: Path) -> Path:
    """Return a path as a person would type it here, so that a command can be copied."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path
