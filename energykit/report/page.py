"""From a run to one HTML file: each part of the report under its heading."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from energykit import html
from energykit.artifacts import replace_file
from energykit.errors import EnergykitError
from energykit.report import content
from energykit.report.verdict import verdict

if TYPE_CHECKING:
    from collections.abc import Callable

    from energykit.html import Html
    from energykit.report.source import RunSource

__all__ = ["write_report"]

_SECTIONS: dict[str, Callable[[RunSource], Html]] = {
    "Key figures": content.key_figures,
    "What was flagged, and why": content.anomalies,
    "Quality of the data": content.quality,
    "Figures": content.figures,
    "Where this comes from": content.provenance,
}
"""What follows the verdict, by its heading."""
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
        pandas or matplotlib is not installed.
    energykit.errors.EnergykitError
        The run's record or one of its files cannot be used, or the report cannot be written.
    """
    folder = source.run.folder or Path()
    path = Path(target) if target is not None else folder / "report.html"
    page = html.element("html", _head(source), _body(source), lang="en")
    with replace_file(path) as file:
        file.write(f"<!DOCTYPE html>\n{page}\n".encode())
    return path


def _head(source: RunSource) -> Html:
    title = f"{source.run.workflow_name}, run {source.run.run_id}"
    return html.element(
        "head",
        html.element("meta", charset="utf-8"),
        html.element("title", title),
        html.element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        html.CONTENT_POLICY,
        html.element("style", html.Html(_STYLE)),
    )


def _body(source: RunSource) -> Html:
    """Return the verdict and every section."""
    try:
        parts = [verdict(source)]
        for title, section in _SECTIONS.items():
            parts += [html.element("h2", title), section(source)]
    except (LookupError, TypeError, ValueError) as exc:
        hint = "the run's record or its summary may be damaged: open it with ek.load_run"
        what = f"the report failed: {type(exc).__name__}: {exc}"
        raise EnergykitError(what, where=str(source.run.folder or ""), hint=hint) from exc
    return html.element("body", html.element("h1", "Report of a run"), *parts)
