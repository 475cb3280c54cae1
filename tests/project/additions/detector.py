"""A detector of a voltage above what a tester allows."""

from tests.project.additions.addition import GENERATED, LISTS, STAGE_SCHEMAS, Addition, Part

MODULE = '''"""A detector of a voltage that is too high."""

from __future__ import annotations

import numpy as np

from services.energy_analyzer.detectors.detector import DetectionRule, between

__all__ = ["overvoltage"]


def overvoltage(*, above_v: float = 252.0) -> DetectionRule:
    """Flag a voltage above a limit.

    Parameters
    ----------
    above_v
        Largest voltage that is not flagged [V].
    """
    between("above_v", above_v, 0, unit="V")
    return DetectionRule(
        lambda batch: np.asarray(batch.voltage > above_v),
    )
'''
DETECTOR = Addition(
    parts=(
        Part(
            file="services/energy_analyzer/detectors/high.py",
            text=MODULE,
            is_listed=False,  # the interpreter names it
        ),
        Part(
            file="services/energy_analyzer/detectors/high.py",
            after="lambda batch: np.asarray(batch.voltage",
            text='        needs=("voltage",),',
        ),
        Part(
            file="services/energy_analyzer/detectors/__init__.py",
            after="from services.energy_analyzer.detectors.local import ",
            text="from services.energy_analyzer.detectors.high import overvoltage",
            is_listed=False,  # the interpreter names the line
        ),
        Part(
            file="services/energy_analyzer/detectors/__init__.py",
            after='    "reverse_flow": reverse_flow,',
            text='    "overvoltage": overvoltage,',
        ),
        Part(
            file="docs/detectors.md",
            after="| `reverse_flow` |",
            text="| `overvoltage` | a voltage above a limit | `above_v` (252) | one reading |",
        ),
        Part(
            file="tests/services/test_detectors_reference.py",
            after="NAIVE = [",
            text='    ("overvoltage", lambda series: [row[2] > 252 for row in series]),',
        ),
    ),
    checks=(LISTS, GENERATED, "tests/services/test_detectors_reference.py"),
    commands=(STAGE_SCHEMAS,),
    proof="""
from services.energy_analyzer.detectors import explanations, detection_rules
assert "overvoltage" in detection_rules(["overvoltage"])
assert explanations()["overvoltage"] == "Flag a voltage above a limit."
""",
)
