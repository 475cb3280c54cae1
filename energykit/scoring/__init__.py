"""Events of an analysis, and how well they find what was injected.

Nothing here adjusts points: an event does not become found to its whole length because one moment
of it was flagged. Such scores flatter detectors that flag at random (Kim, Choi, Choi, Lee and Yoon:
Towards a Rigorous Evaluation of Time-Series Anomaly Detection, AAAI 2022, DOI
10.1609/aaai.v36i7.20680). Nor is an event right because a label lies somewhere in it: an event over
everything is a false alarm.
"""

from __future__ import annotations

from energykit.scoring.event import events
from energykit.scoring.score import FOUND_BY, score

__all__ = ["FOUND_BY", "events", "score"]
