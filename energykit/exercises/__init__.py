"""Checks of the course's exercises: plain functions that answer with a verdict in words.

Each returns a `Verdict`, which is true where the answer is right, so a notebook says ``assert
verdict, verdict``. A verdict says what is wrong, why it matters and where to look; it does not give
the answer away. The truth is computed from the learner's own data or from seeded random cases,
never stored.
"""

from __future__ import annotations

from energykit.exercises.analyzer import check_diagnose
from energykit.exercises.contract import check_new_field
from energykit.exercises.evidence import check_verify
from energykit.exercises.generator import check_home
from energykit.exercises.orchestration import check_order
from energykit.exercises.own_stage import check_own_stage, meter_file
from energykit.exercises.reading import check_reading
from energykit.exercises.retry import check_retry
from energykit.exercises.seed import SEEDS, student_seed
from energykit.exercises.start import check_worst_day
from energykit.exercises.sweeping import check_collect
from energykit.exercises.trust import check_limit
from energykit.exercises.verdict import Verdict

__all__ = [
    "SEEDS",
    "Verdict",
    "check_collect",
    "check_diagnose",
    "check_home",
    "check_limit",
    "check_new_field",
    "check_order",
    "check_own_stage",
    "check_reading",
    "check_retry",
    "check_verify",
    "check_worst_day",
    "meter_file",
    "student_seed",
]
