"""Sweeps: one pipeline or notebook, many parameters, one tidy table.

A point is one combination of values. Each point of a pipeline writes into a folder of its own below
the data root, so that points may run side by side; a point that fails is a row of the table like
any other.
"""

from __future__ import annotations

from energykit.experiments.file import GridFile, read_grid
from energykit.experiments.files_at import FilesAt
from energykit.experiments.grid import MOST_POINTS, points
from energykit.experiments.notebook import sweep_notebook
from energykit.experiments.point import Point, run_point
from energykit.experiments.progress import SweepProgress
from energykit.experiments.table import sweep

__all__ = [
    "MOST_POINTS",
    "FilesAt",
    "GridFile",
    "Point",
    "SweepProgress",
    "points",
    "read_grid",
    "run_point",
    "sweep",
    "sweep_notebook",
]
