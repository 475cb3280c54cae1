"""Notebooks as regression tests: run headless, each cell with a verdict that can be trusted.

A notebook runs in a folder and a process of its own (`energykit.notebooks`); what happens inside
the kernel and leaves no trace in its messages (an exception in a thread, a failed ``!command``) is
noted by `energykit.notebooks.inside`.
"""

from __future__ import annotations

from energykit.notebooks.run import Options, run
from energykit.notebooks.verdict import CellVerdict, NotebookVerdict, Report, Status

__all__ = ["CellVerdict", "NotebookVerdict", "Options", "Report", "Status", "run"]
