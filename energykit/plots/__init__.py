"""Figures of the field, each from a pandas frame: ``plots.power(frame)`` returns matplotlib axes.

A figure drawn without ``ax`` is made by pyplot, so that a notebook shows it. `figure_html` turns it into an HTML
element with a text for those who do not see it. `style` says how light and dark pages are served.
"""

from __future__ import annotations

from energykit.plots.alt import alt_text, figure_html
from energykit.plots.daily import daily_profile, heatmap
from energykit.plots.duration import load_duration
from energykit.plots.power import power
from energykit.plots.run import RunPlots
from energykit.plots.style import style
from energykit.plots.timeline import run_timeline

__all__ = [
    "RunPlots",
    "alt_text",
    "daily_profile",
    "figure_html",
    "heatmap",
    "load_duration",
    "power",
    "run_timeline",
    "style",
]
