"""Check of notebook 01: power factor without a division by zero, energy that invents nothing."""

from __future__ import annotations

import math
from itertools import pairwise
from numbers import Real
from typing import TYPE_CHECKING, Any

from energykit.exercises.silence import silence_stderr
from energykit.exercises.verdict import NOTHING_RETURNED, Verdict, right, wrong

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    import pandas as pd

__all__ = ["check_reading"]

_LOADS = 20
_METERS = 12
_REL = 1e-9
_NO_CURRENT = (
    "no current: nothing flows, so there is no share of it. float('nan') says so, 0 and 1 do not"
)
_KINDS = ("even", "uneven", "holed")


@silence_stderr()
def check_reading(power_factor: object, energy_kwh: object, *, seed: int = 0) -> Verdict:
    """Check two functions on made-up readings.

    Parameters
    ----------
    power_factor
        The learner's: ``power_factor(power, voltage, current)`` of three numbers [W, V, A] returns
        P / (V·I) [1], NaN where V·I is 0.
    energy_kwh
        The learner's: ``energy_kwh(readings, at_most_min)`` of the readings of one household
        (``timestamp`` datetime64, sorted; ``power_consumption`` [W]) returns the energy [kWh]. Each
        reading stands for the time until the next, at most for `at_most_min` [min]; the last one
        for `at_most_min`.
    seed
        Of the made-up readings.
    """
    import numpy as np  # heavy

    for name, function in (("power_factor", power_factor), ("energy_kwh", energy_kwh)):
        if not callable(function):
            return wrong(f"{name} is {function!r}, not a function", f"write def {name}(…): …")
    rng = np.random.default_rng(seed)
    for verdict in (*_loads(power_factor, rng), *_meters(energy_kwh, rng)):
        if verdict is not None:
            return verdict
    return right(
        f"{_LOADS} loads and {_METERS} meters, with zero currents and holes: right, and nothing"
        " invented."
    )


def _loads(power_factor: Any, rng: np.random.Generator) -> list[Verdict | None]:
    currents = [float(current) for current in rng.uniform(0.2, 16.0, _LOADS)]
    for at in rng.choice(_LOADS, size=3, replace=False):
        currents[at] = 0.0
    return [_load(power_factor, rng, current) for current in currents]


def _load(power_factor: Any, rng: np.random.Generator, current: float) -> Verdict | None:
    voltage = float(rng.uniform(210, 250))
    power = float(rng.uniform(0.1, 1.0)) * voltage * current
    expected = power / (voltage * current) if current else math.nan
    said = f"power_factor({power:.4g}, {voltage:.4g}, {current:.4g})"
    hint = "P divided by V·I is one number" if current else _NO_CURRENT
    answer = _number(power_factor, said, hint, power, voltage, current)
    if isinstance(answer, Verdict):
        return answer
    if not current:
        return None if math.isnan(answer) else wrong(f"{said} gave {answer!r}", hint)
    if math.isclose(answer, expected, rel_tol=_REL):
        return None
    hint = "which share of volt times ampere does work? check the units and the order"
    if answer in (round(expected, 1), round(expected, 2), round(expected, 3)):
        hint = "nearly: is it rounded? whoever shows a number rounds it, not who computes it"
    return wrong(f"{said} gave {answer!r}", hint)


def _meters(energy_kwh: Any, rng: np.random.Generator) -> list[Verdict | None]:
    return [_meter(energy_kwh, rng, _KINDS[at % len(_KINDS)]) for at in range(_METERS)]


def _meter(energy_kwh: Any, rng: np.random.Generator, kind: str) -> Verdict | None:
    step_min = int(rng.choice([1, 5, 15]))
    at_most_min = step_min if kind == "even" else 2 * step_min
    readings = _readings(rng, kind, step_min)
    said = f"energy_kwh of {len(readings)} {kind} readings"
    answer = _number(energy_kwh, said, "energy is one number, in kWh", readings.copy(), at_most_min)
    if isinstance(answer, Verdict):
        return answer
    expected = _energy_kwh(readings, at_most_min)
    if math.isclose(answer, expected, rel_tol=_REL):
        return None
    return wrong(
        f"{said} gave {answer:.6g} kWh, which is {_ratio(answer, expected)}", _energy_hint(kind)
    )


def _readings(rng: np.random.Generator, kind: str, step_min: int) -> pd.DataFrame:
    """Return some hours of readings of one household; their index does not begin at 0."""
    import numpy as np  # heavy
    import pandas as pd  # optional and heavy

    rows = int(rng.integers(40, 120))
    minutes = np.arange(rows) * step_min
    keep = np.ones(rows, dtype=bool)
    if kind == "uneven":
        keep = (rng.random(rows) < 0.7) | (np.arange(rows) % 2 == 0)  # never two in a row missing
    if kind == "holed":
        start = int(rng.integers(5, 20))
        keep[start : start + int(rng.integers(8, 15))] = False
    stamps = pd.Timestamp("2007-04-23") + pd.to_timedelta(minutes[keep], unit="min")
    power = rng.uniform(80, 6000, rows)[keep]
    first = int(rng.integers(1, 1000))
    return pd.DataFrame(
        {"timestamp": stamps, "household_id": "made-up", "power_consumption": power},
        index=range(first, first + len(power)),
    )


def _energy_kwh(readings: pd.DataFrame, at_most_min: int) -> float:
    stamps = readings["timestamp"].to_numpy().astype("datetime64[s]").astype("int64")
    powers = readings["power_consumption"].to_numpy()
    gaps_min = [(later - now) / 60 for now, later in pairwise(stamps)]
    durations_min = [*(min(gap, at_most_min) for gap in gaps_min), at_most_min]
    return (
        float(sum(power * minutes for power, minutes in zip(powers, durations_min, strict=True)))
        / 60
        / 1000
    )


def _ratio(answer: float, expected: float) -> str:
    times = answer / expected
    return f"{times:.4g} times what was measured" if math.isfinite(times) else "no energy"


def _energy_hint(kind: str) -> str:
    hints = {
        "even": "is it in kilowatt-hours? does the last reading count, too?",
        "uneven": "each reading has a duration of its own: the time to the next one",
        "holed": "what may one reading stand for at most? nothing was measured in the hole",
    }
    return hints[kind]


def _number(
    function: Callable[..., object], said: str, hint: str, *given: object
) -> float | Verdict:
    try:
        answer = function(*given)
    except LookupError as exc:
        place = "these rows are not numbered from 0: iloc goes by place, and zip by pairs"
        return wrong(f"{said} raised {type(exc).__name__}: {exc}", place)
    except Exception as exc:  # noqa: BLE001  # the learner's code may raise anything
        return wrong(f"{said} raised {type(exc).__name__}: {exc}", hint)
    if isinstance(answer, bool) or not isinstance(answer, Real):
        is_lost = answer is None and hint != _NO_CURRENT
        return wrong(f"{said} gave {answer!r}", NOTHING_RETURNED if is_lost else hint)
    return float(answer)
