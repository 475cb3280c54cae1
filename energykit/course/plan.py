"""A lesson's plan: as a configuration says it, with outputs in a folder of the lesson's own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from energykit.config import load_config, parse_config

if TYPE_CHECKING:
    from os import PathLike

    from energykit.config import PipelineConfig

__all__ = ["lesson_plan"]

_OUTPUTS = '"/data/out/'
"""How the shipped configurations begin the path of what a run writes."""


def lesson_plan(
    path: str | PathLike[str], lesson: str, *, data_root: str | PathLike[str] = "data"
) -> PipelineConfig:
    """Return a configuration whose outputs go to ``/data/out/LESSON/``.

    So a step that is left open in one lesson never holds the outputs of another.

    Parameters
    ----------
    path
        A JSON file.
    lesson
        Name of the folder, such as ``"lesson-01"``.
    data_root
        As `energykit.load_config` takes it.

    Raises
    ------
    energykit.errors.ConfigError
        As `energykit.load_config` raises it.
    """
    load_config(path, data_root=data_root)  # faults are those of the file as it is
    text = Path(path).read_text(encoding="utf-8-sig")
    return parse_config(text.replace(_OUTPUTS, f"{_OUTPUTS}{lesson}/"), file=str(path))
