"""From a run to one HTML file: the notebook is executed, its outputs become the page."""

from __future__ import annotations

import html as text_html
import shutil
import tempfile
from importlib.resources import as_file, files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from energykit.artifacts import replace_file
from energykit.errors import EnergykitError, MissingPackageError

if TYPE_CHECKING:
    from energykit.report.source import RunSource

__all__ = ["write_report"]

CELL_TIMEOUT_S = 120
"""Longest time for a cell of the notebook [s]."""
_QUIET = ["--IPKernelApp.log_level=CRITICAL"]
"""ipykernel tells the terminal that a loopback connection is not encrypted; we report what fails.
"""
_NOTEBOOK = "run-report.ipynb"
_STYLE = """
:root { color-scheme: light dark; }
body { font-family: system-ui, sans-serif; line-height: 1.45; }
body { max-width: 62em; margin: 2em auto; padding: 0 1.2em; }
table { font-size: 0.95em; } pre { white-space: pre-wrap; } img { max-width: 100%; height: auto; }
figcaption { font-size: 0.95em; max-width: 50em; }
h1 { margin-bottom: 0.2em; } h2 { margin-top: 2em; } h2, h3 { break-after: avoid; }
figure, tr { break-inside: avoid; }
@media print { body { max-width: none; margin: 0; } }
"""


def write_report(source: RunSource, target: str | Path | None = None) -> Path:
    """Write the report of a run as one HTML file that needs no network.

    Parameters
    ----------
    source
        The run, as `energykit.report.find_run` returns it.
    target
        The file; default: ``report.html`` in the run's folder.

    Returns
    -------
    pathlib.Path
        The file.

    Raises
    ------
    energykit.errors.MissingPackageError
        papermill or nbconvert is not installed.
    energykit.errors.EnergykitError
        The notebook failed; the text is that of the cell.
    """
    folder = source.run.folder or Path()
    path = Path(target) if target is not None else folder / "report.html"
    body = _body(_executed(source))
    title = text_html.escape(f"{source.run.workflow_name}, run {source.run.run_id}")
    page = (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f"<title>{title}</title>\n"
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<style>{_STYLE}</style>\n</head>\n"
        f"<body>\n{body}\n</body>\n</html>\n"
    )
    with replace_file(path) as file:
        file.write(page.encode())
    return path


def _executed(source: RunSource) -> Any:
    """Return the notebook with its outputs."""
    try:
        import papermill  # optional and heavy
    except ImportError:
        raise MissingPackageError(
            "papermill", extra="notebooks", needed_for="energykit report"
        ) from None
    run = source.run
    parameters = {
        "run": str((run.folder or Path()).resolve()),
        "data_root": str(source.data_root.resolve()),
    }
    with tempfile.TemporaryDirectory(prefix="energykit-report-") as folder:
        notebook = Path(folder, _NOTEBOOK)
        with as_file(files("energykit.report") / _NOTEBOOK) as packaged:
            shutil.copyfile(packaged, notebook)
        try:
            return papermill.execute_notebook(
                str(notebook),
                None,
                parameters,
                cwd=folder,
                progress_bar=False,
                execution_timeout=CELL_TIMEOUT_S,
                extra_arguments=_QUIET,
            )
        except papermill.PapermillExecutionError as exc:
            hint = "the run's record may be damaged: open it with ek.load_run"
            raise EnergykitError(
                f"the report failed: {exc.ename}: {exc.evalue}", where=_NOTEBOOK, hint=hint
            ) from None


def _body(notebook: Any) -> str:
    """Return the shown cells as HTML: text and outputs, no code."""
    try:
        from nbconvert import HTMLExporter  # optional and heavy
    except ImportError:
        raise MissingPackageError(
            "nbconvert", extra="notebooks", needed_for="energykit report"
        ) from None
    exporter: Any = HTMLExporter(template_name="basic")  # type: ignore[no-untyped-call]  # it has no types
    exporter.exclude_input = exporter.exclude_input_prompt = exporter.exclude_output_prompt = True
    exporter.anchor_link_text = ""
    text, _ = exporter.from_notebook_node(notebook)
    return str(text)
