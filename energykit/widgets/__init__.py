"""Widgets of the course: controls over pictures that need no front end.

Each shows its controls and below them its picture as plain HTML (`Panel.to_html`), which follows
the controls; nbconvert, papermill and GitHub show the picture as it stood last. They need the extra
``notebooks``.
"""

from __future__ import annotations

from energykit.widgets.call import CallStepper, call_stepper
from energykit.widgets.fault_choice import FaultPanel, fault_panel
from energykit.widgets.health import HealthLights, health_lights
from energykit.widgets.household import HouseholdExplorer, household_explorer
from energykit.widgets.message import WireExplorer, wire_explorer
from energykit.widgets.meter import MeterLook, meter_look
from energykit.widgets.panel import Panel
from energykit.widgets.pipeline import Dashboard, dashboard
from energykit.widgets.prediction import Prediction, predict
from energykit.widgets.threshold import ThresholdExplorer, threshold_explorer
from energykit.widgets.timeline import RunTimeline, run_timeline
from energykit.widgets.triangle import PowerTriangle, power_triangle

__all__ = [
    "CallStepper",
    "Dashboard",
    "FaultPanel",
    "HealthLights",
    "HouseholdExplorer",
    "MeterLook",
    "Panel",
    "PowerTriangle",
    "Prediction",
    "RunTimeline",
    "ThresholdExplorer",
    "WireExplorer",
    "call_stepper",
    "dashboard",
    "fault_panel",
    "health_lights",
    "household_explorer",
    "meter_look",
    "power_triangle",
    "predict",
    "run_timeline",
    "threshold_explorer",
    "wire_explorer",
]
