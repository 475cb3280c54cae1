"""What a stage says to a parameter that it cannot use."""

from __future__ import annotations

__all__ = ["RefusedParameterError"]


class RefusedParameterError(ValueError):
    """A parameter is missing, unknown, has a value it cannot have, or belongs elsewhere.

    Parameters
    ----------
    parameter
        Its name; for a part of it with its place, as in ``units.voltage`` or
        ``detectors[1].threshold``.
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
