"""Figures of the field, each from a pandas frame: ``plots.power(frame)`` returns matplotlib axes.

A figure drawn without ``ax`` is made by pyplot, so that a notebook shows it. `figure_html` turns it
into an HTML element with a text for those who do not see it. `style` says how light and dark pages
are served.
"""

from __future__ import annotations

from energykit.plots.alt import alt_text, figure_html
from energykit.plots.attempt import attempts
from energykit.plots.chain import digest_chain
from energykit.plots.daily import daily_profile, heatmap
from energykit.plots.duration import load_duration
from energykit.plots.energy import energy_per_day, household_ranking
from energykit.plots.factor import power_factor_histogram, voltage_vs_load
from energykit.plots.over_time import power
from energykit.plots.progress import progress
from energykit.plots.quality import quality_calendar
from energykit.plots.run import RunPlots
from energykit.plots.scoring import precision_recall, scores
from energykit.plots.sizes import message_sizes
from energykit.plots.speed_up import speed_up
from energykit.plots.sweep import sweep_map
from energykit.plots.theme import style
from energykit.plots.timeline import run_timeline

__all__ = [
    "RunPlots",
    "alt_text",
    "attempts",
    "daily_profile",
    "digest_chain",
    "energy_per_day",
    "figure_html",
    "heatmap",
    "household_ranking",
    "load_duration",
    "message_sizes",
    "power",
    "power_factor_histogram",
    "precision_recall",
    "progress",
    "quality_calendar",
    "run_timeline",
    "scores",
    "speed_up",
    "style",
    "sweep_map",
    "voltage_vs_load",
]
