"""Whether a service keeps the contract: checks against a running one, each with a verdict in words.

The service may be written in any language: it is asked over the wire only, with calls that a
careful client would make and some that it would not.
"""

from __future__ import annotations

from energykit.contract.additions import CHECKS
from energykit.contract.call_outcome import ENDINGS, CallOutcome, DecisionTable, decision_table
from energykit.contract.record import CheckResult, Conformance
from energykit.contract.runner import conformance

__all__ = [
    "CHECKS",
    "ENDINGS",
    "CallOutcome",
    "CheckResult",
    "Conformance",
    "DecisionTable",
    "Finding",
    "conformance",
    "decision_table",
]

Finding = CheckResult
"""The name of `CheckResult` up to version 0.2."""
