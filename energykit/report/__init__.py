"""The report of a run: one HTML file for the person who must act on it, that needs no network.

A parameterised notebook (``run-report.ipynb``) is executed by papermill; what its cells show comes
from `energykit.report.content` and `energykit.plots`, so that it can be shown in any notebook.
"""

from __future__ import annotations

from energykit.report.page import write_report
from energykit.report.source import RunSource, find_run

__all__ = ["RunSource", "find_run", "write_report"]
