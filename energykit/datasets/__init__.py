"""Real data sets: where they come from, and bringing them here with their digest checked.

``fetch("household")`` brings one house in Sceaux, every minute, 2006 to 2010. A two-week excerpt of
it is part of the project: `excerpt_path`.
"""

from __future__ import annotations

from energykit.datasets.catalogue import DATASETS, Dataset, Form, excerpt_path
from energykit.datasets.fetching import FetchProgress, fetch

__all__ = ["DATASETS", "Dataset", "FetchProgress", "Form", "Progress", "excerpt_path", "fetch"]

Progress = FetchProgress
"""The name of `FetchProgress` up to version 0.2."""
