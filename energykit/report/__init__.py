"""The report of a run: one HTML file for the person who must act on it, that needs no network.

Its parts come from `energykit.report.content` and `energykit.plots`, so that each can be shown in a
notebook as well.
"""

from __future__ import annotations

from energykit.report.page import write_report
from energykit.report.source import RunSource, find_run

__all__ = ["RunSource", "find_run", "write_report"]
