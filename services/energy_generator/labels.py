"""Which anomalies there are, when and where: drawn at a rate or listed; and their ground truth."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from energykit.errors import ParameterError
from services.energy_generator.anomalies import KINDS, AnomalyKind
from services.energy_generator.draws import Draws, Stream
from services.energy_generator.grid import DAY_S, iso_text, local_offset_s
from services.energy_generator.parameters import Parameters, moment, number

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from services.energy_generator.grid import TimeGrid

__all__ = ["Anomalies", "Anomaly", "plan_anomalies"]

_CELL_S = 7 * DAY_S
_MOST_PER_DAY = 100.0
_KEYS = ("household", "kind", "start", "duration_s", "magnitude")


@dataclass(frozen=True)
class Anomaly:
    """One anomaly of one household."""

    household: int
    """Index of the household."""
    kind: AnomalyKind
    """What it is."""
    first: int
    """Its first interval, counted from the start of the period."""
    last: int
    """The interval after its last."""
    magnitude: float
    """How strong it is, in the kind's unit."""


@dataclass(frozen=True)
class Anomalies:
    """A population's anomalies, by household and time; none overlaps in a household."""

    household: NDArray[np.int64]
    """Index of the household."""
    kind: NDArray[np.int64]
    """Position in `KINDS`."""
    first: NDArray[np.int64]
    """First interval, counted from the start of the period."""
    last: NDArray[np.int64]
    """The interval after the last."""
    magnitude: NDArray[np.float64]
    """How strong each is."""

    def among(self, households: range, first: int, last: int) -> Iterator[Anomaly]:
        """Yield the anomalies of some households that touch intervals `first` … `last` - 1."""
        low, high = np.searchsorted(self.household, [households.start, households.stop])
        kinds = list(KINDS.values())
        for i in low + np.flatnonzero(
            (self.first[low:high] < last) & (self.last[low:high] > first)
        ):
            kind = kinds[self.kind[i]]
            yield Anomaly(
                int(self.household[i]),
                kind,
                int(self.first[i]),
                int(self.last[i]),
                float(self.magnitude[i]),
            )

    def frame(self, grid: TimeGrid) -> pl.DataFrame:
        """Return text: ``household_id``, ``start``, ``end`` (first moment after), ``kind``."""
        names = np.array(list(KINDS), dtype=object)
        return pl.DataFrame(
            {
                "household_id": pl.Series(
                    [f"HH-{i}" for i in self.household.tolist()], dtype=pl.String
                ),
                "start": iso_text(grid.start_s + self.first * grid.step_s),
                "end": iso_text(grid.start_s + self.last * grid.step_s),
                "kind": pl.Series(names[self.kind].tolist(), dtype=pl.String),
            }
        )


@dataclass(frozen=True)
class _Candidates:
    """What was drawn, one row each."""

    household: NDArray[np.int64]
    cell: NDArray[np.int64]
    kind: NDArray[np.int64]
    uniform: NDArray[np.float64]  # start, duration, magnitude


def plan_anomalies(given: object, parameters: Parameters, grid: TimeGrid) -> Anomalies:
    """Return the anomalies that a value of the parameter ``anomalies`` asks for.

    Parameters
    ----------
    given
        None; or a rate per household and day, shared evenly by all kinds; or a rate for each kind
        named; or a list of anomalies.
    parameters, grid
        The population.

    Raises
    ------
    ParameterError
        When the value is none of these, or an anomaly of the list cannot be.
    """
    if isinstance(given, Sequence) and not isinstance(given, (str, bytes)):
        return _listed(given, parameters, grid)
    rates = _rates(given)
    if not rates.any():
        return _table([])
    return _drawn(rates, parameters, grid)


def _unknown_kind(name: str, kind: object) -> ParameterError:
    close = get_close_matches(str(kind), KINDS, n=1)
    hint = f" (did you mean {close[0]!r}?)" if close else ""
    return ParameterError.refuse(name, kind, ", ".join(KINDS) + hint)


def _rates(given: object) -> NDArray[np.float64]:
    """Return the rate of each kind per household and day."""
    if given is None:
        return np.zeros(len(KINDS))
    if not isinstance(given, Mapping):
        return np.full(len(KINDS), number("anomalies", given, 0, _MOST_PER_DAY) / len(KINDS))
    for kind in given:
        if kind not in KINDS:
            raise _unknown_kind("anomalies", kind)
    return np.array(
        [number(f"anomalies.{kind}", given.get(kind, 0.0), 0, _MOST_PER_DAY) for kind in KINDS]
    )


def _table(rows: list[tuple[int, int, int, int, float]]) -> Anomalies:
    columns = list(zip(*sorted(rows), strict=True)) or [(), (), (), (), ()]
    household, first, last, kind, magnitude = columns
    integer = np.int64
    return Anomalies(
        np.array(household, integer),
        np.array(kind, integer),
        np.array(first, integer),
        np.array(last, integer),
        np.array(magnitude, np.float64),
    )


def _drawn(rates: NDArray[np.float64], parameters: Parameters, grid: TimeGrid) -> Anomalies:
    """Draw a week of a household at a time: no anomaly depends on period or other households."""
    draws = Draws(parameters.seed)
    cells = range(grid.start_s // _CELL_S, (grid.end_s - 1) // _CELL_S + 1)
    keys, counts, uniforms = [], [], []
    for household in parameters.households:
        for cell in cells:
            numbers = draws.at(Stream.ANOMALIES, household, cell)
            count = numbers.poisson(rates * (_CELL_S // DAY_S))
            keys.append((household, cell))
            counts.append(count)
            uniforms.append(numbers.random((int(count.sum()), 3)))
    which = np.repeat(np.arange(len(keys)), [int(count.sum()) for count in counts])
    household, cell = np.array(keys)[which].T
    kind = np.tile(np.arange(len(KINDS)), len(keys)).repeat(np.concatenate(counts))
    return _placed(_Candidates(household, cell, kind, np.concatenate(uniforms)), parameters, grid)


def _placed(drawn: _Candidates, parameters: Parameters, grid: TimeGrid) -> Anomalies:
    """Give each anomaly time and strength; drop what overlaps another or leaves the period."""
    kinds, kind, uniform = list(KINDS.values()), drawn.kind, drawn.uniform
    shortest, longest = np.array([k.duration_s for k in kinds])[kind].T
    rows = np.rint(shortest * (longest / shortest) ** uniform[:, 1] / grid.step_s).astype(np.int64)
    least = np.array([k.least_rows for k in kinds])[kind]
    rows = np.maximum(rows, least)
    daytime = np.array([k.daytime for k in kinds])[kind]
    start_s = _start_s(drawn.cell, uniform[:, 0], rows * grid.step_s, daytime, parameters.time_zone)
    first = -((grid.start_s - start_s) // grid.step_s)
    last = first + rows
    low, high = np.array([k.magnitude for k in kinds])[kind].T
    magnitude = low + (high - low) * uniform[:, 2]
    day_rows = DAY_S // grid.step_s
    copies = kind == list(KINDS).index("day_copy")
    order = np.lexsort((kind, first, drawn.cell, drawn.household))
    kept = order[_is_free(drawn, first - np.where(copies, day_rows, 0), last, order)]
    last = np.minimum(last, grid.rows)
    inside = (first >= np.where(copies, day_rows, 0)) & (last - first >= least)
    kept = kept[inside[kept]]
    return Anomalies(drawn.household[kept], kind[kept], first[kept], last[kept], magnitude[kept])


def _start_s(
    cell: NDArray[np.int64],
    u: NDArray[np.float64],
    long_s: NDArray[np.int64],
    daytime: NDArray[np.bool_],
    zone: str,
) -> NDArray[np.int64]:
    """Return starts inside the cell, seconds since 1970-01-01 UTC."""
    begin = cell * _CELL_S
    room = np.maximum(_CELL_S - long_s, 1)
    anywhere = begin + (u * room).astype(np.int64)
    day, share = np.divmod(u * (_CELL_S // DAY_S), 1)
    morning = begin + (day * DAY_S + (9 + 4 * share) * 3600).astype(np.int64)
    if zone != "UTC" and morning.size:
        hours, position = np.unique(morning // 3600, return_inverse=True)
        morning = morning - np.asarray(local_offset_s(hours * 3600, zone))[position]
    return np.where(daytime, np.clip(morning, begin, begin + room), anywhere)


def _is_free(
    drawn: _Candidates,
    occupied: NDArray[np.int64],
    last: NDArray[np.int64],
    order: NDArray[np.int64],
) -> NDArray[np.bool_]:
    """Whether each anomaly, in order, starts after all earlier ones of its cell have ended."""
    begins, ends = occupied[order], last[order]
    household, cell = drawn.household[order], drawn.cell[order]
    group = np.cumsum(np.r_[True, (household[1:] != household[:-1]) | (cell[1:] != cell[:-1])])[
        : ends.size
    ]
    apart = group * (
        int(ends.max(initial=0) - begins.min(initial=0)) + 1
    )  # so that groups do not meet
    latest = np.maximum.accumulate(ends + apart)
    return np.asarray(np.r_[True, (begins + apart)[1:] >= latest[:-1]][: ends.size], dtype=np.bool_)


def _listed(given: Sequence[object], parameters: Parameters, grid: TimeGrid) -> Anomalies:
    rows = [_one(f"anomalies[{i}]", item, parameters, grid) for i, item in enumerate(given)]
    where = {row[:2]: i for i, row in enumerate(rows)}
    for before, after in zip(sorted(rows), sorted(rows)[1:], strict=False):
        if before[0] == after[0] and after[1] < before[2]:
            name = f"anomalies[{where[after[:2]]}].start"
            valid = f"a time after the end of anomalies[{where[before[:2]]}] of the same household"
            raise ParameterError.refuse(name, after[1], valid)
    return _table(rows)


def _one(
    name: str, item: object, parameters: Parameters, grid: TimeGrid
) -> tuple[int, int, int, int, float]:
    """Check one anomaly of a list: household, first and last interval, kind, magnitude."""
    if not isinstance(item, Mapping):
        raise ParameterError.refuse(name, item, f"an object with the keys {', '.join(_KEYS)}")
    for key in item:
        if key not in _KEYS:
            raise ParameterError.refuse(name, key, f"the keys {', '.join(_KEYS)}")
    if item.get("kind") not in KINDS:
        raise _unknown_kind(f"{name}.kind", item.get("kind"))
    kind = KINDS[item["kind"]]
    household = _household(f"{name}.household", item.get("household"), parameters)
    first, last = _interval(name, item, kind, grid)
    low, high = kind.magnitude
    magnitude = number(
        f"{name}.magnitude", item.get("magnitude", (low + high) / 2), 0, 1e6 if high > 1 else 1
    )
    return household, first, last, list(KINDS).index(kind.name), magnitude


def _household(name: str, given: object, parameters: Parameters) -> int:
    text = str(given).removeprefix("HH-").removesuffix(".0")
    known = parameters.households
    if isinstance(given, bool) or not text.isdecimal() or int(text) not in known:
        raise ParameterError.refuse(
            name, given, f"{known.start} to {known.stop - 1}, or 'HH-{known.start}' and so on"
        )
    return int(text)


def _interval(
    name: str, item: Mapping[str, object], kind: AnomalyKind, grid: TimeGrid
) -> tuple[int, int]:
    shortest, longest = kind.duration_s
    usual = max((shortest * longest) ** 0.5, kind.least_rows * grid.step_s)
    long_s = number(f"{name}.duration_s", item.get("duration_s", usual), 1, grid.rows * grid.step_s)
    first = (moment(f"{name}.start", item.get("start")) - grid.start_s) // grid.step_s
    last = first + max(kind.least_rows, round(long_s / grid.step_s))
    earliest = DAY_S // grid.step_s if kind.name == "day_copy" else 0
    if first < earliest or last > grid.rows:
        begin, end = iso_text(np.array([grid.start_s + earliest * grid.step_s, grid.end_s]))
        raise ParameterError.refuse(
            f"{name}.start", item.get("start"), f"within {begin} … {end}, its duration included"
        )
    return first, last
