"""Notebooks in pytest, asked for by ``--energykit-notebooks`` or the ini ``energykit_notebooks``.

A session that asks for no notebook imports nothing else of the runner.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from energykit.notebooks.pytest.outcome import NotebookRun

__all__ = ["notebook_run", "pytest_addoption", "pytest_collect_file", "pytest_configure"]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option and the settings."""
    text = "every .ipynb below the paths is a test, once with each parameter set beside it"
    parser.getgroup("energykit").addoption("--energykit-notebooks", action="store_true", help=text)
    parser.addini(
        "energykit_notebooks", "patterns of notebooks that are tests: notebooks/*.ipynb", "args", []
    )
    parser.addini("energykit_notebooks_cell_timeout", "longest time for a cell [s]", default="60")
    parser.addini("energykit_notebooks_retries", "how often to run one again", default="0")
    parser.addini("energykit_notebooks_allow", "rules that are switched off", "args", [])
    parser.addini("energykit_notebooks_timeout", "longest time for a notebook [s]", default="300")


def pytest_configure(config: pytest.Config) -> None:
    """Make the mark of notebooks known: ``-m "not notebook"`` leaves them out."""
    config.addinivalue_line("markers", "notebook: a notebook that runs headless")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect a notebook where it is asked for."""
    if file_path.suffix != ".ipynb" or not _is_asked_for(file_path, parent.config):
        return None
    from energykit.notebooks.pytest.collection import NotebookFile  # only with notebooks

    found: pytest.Collector = NotebookFile.from_parent(parent, path=file_path)
    return found


def _is_asked_for(path: Path, config: pytest.Config) -> bool:
    from energykit.notebooks.source.discovery import is_run_folder  # only with notebooks

    if any(map(is_run_folder, path.parents)):  # the executed copy of a run
        return False
    if config.getoption("--energykit-notebooks"):
        return True
    return any(
        path in config.rootpath.glob(pattern) for pattern in config.getini("energykit_notebooks")
    )


@pytest.fixture(scope="session")
def notebook_run(pytestconfig: pytest.Config) -> Callable[..., NotebookRun]:
    """Return a function that runs a notebook and returns what it recorded, drew and logged.

    ``notebook_run(path, parameters={}, check=True)``: the path is below pytest's root folder; a
    notebook that does not pass fails the test, unless `check` is False. The same notebook with the
    same parameters runs once a session.
    """

    def run(
        path: Path | str, parameters: Mapping[str, Any] | None = None, *, check: bool = True
    ) -> NotebookRun:
        from energykit.notebooks.pytest.collection import runs_of  # only with notebooks
        from energykit.notebooks.pytest.outcome import describe_failure  # only with notebooks

        found = runs_of(pytestconfig).get(pytestconfig.rootpath / path, parameters or {})
        if check and not found.ok:
            pytest.fail(describe_failure(found.verdict), pytrace=False)
        return found

    return run
