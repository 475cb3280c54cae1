"""What a scenario says to a parameter that it cannot use."""

from __future__ import annotations

__all__ = ["ScenarioError"]


class ScenarioError(ValueError):
    """A parameter of a scenario is missing, has a value it cannot have, or belongs to another scenario.

    Parameters
    ----------
    parameter
        Its name; for a part of an object with its key, as in ``units.voltage``.
    value
        What it was given.
    valid
        What it can be.
    """

    def __init__(self, parameter: str, value: object, valid: str) -> None:
        super().__init__(f"{parameter} = {value!r} is not possible; valid: {valid}")
        self.parameter = parameter
        self.value = value
        self.valid = valid
