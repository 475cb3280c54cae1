"""The parameters of an import, checked; `energykit.meters` says what each means.

Where each takes effect, as ``parameters.NAME``:

- bytes and lines of a text file: `energykit.meters.table`, `energykit.meters.delimited`;
- header and columns: `energykit.meters.heading`, `energykit.meters.mapping`;
- the texts of a row's fields, stamps and numbers: `energykit.meters.rows`;
- rows as numbers, of tables and of formats of their own alike: `energykit.meters.importing`.

There ``self.account.without(rows, which, reason)`` leaves rows out and counts them; the rows
``timed`` have ``household_id`` (blank where meters share their stamps), ``line``, ``start`` [µs
since 1970, in UTC or, without a zone, on the file's clock] and ``stands`` [µs, null: unknown].
"""

from __future__ import annotations

from dataclasses import dataclass, field
from inspect import signature
from typing import TYPE_CHECKING, Any

from energykit.meters.clock import Clock
from energykit.meters.parameter_check import check_parameters

if TYPE_CHECKING:
    from collections.abc import Container, Mapping, Sequence

    from energykit.errors import ParameterError
    from energykit.meters.columns import Columns
    from energykit.meters.quantity import Quantity, Unit

__all__ = ["MeterParameters", "meter_parameters", "parameter_faults"]


@dataclass(frozen=True, kw_only=True)
class MeterParameters:
    """How a meter's file is read; see `meter_parameters` for each part."""

    columns: Columns
    """Which columns hold what."""
    household: str = "household"
    """Id of the one household of a file without such a column."""
    units: Mapping[str, Unit] = field(default_factory=dict)
    """Units that the parameters state, by quantity of the contract."""
    quantity: Quantity | None = None
    """What the numbers are; None: what their unit says."""
    separator: str | None = None
    """What separates the fields; None: found from the header."""
    decimal: str = "."
    """The decimal mark."""
    thousands: str = ""
    """The mark between thousands."""
    missing: tuple[str, ...] = ()
    """Texts that mean that there is no value."""
    clock: Clock = field(default_factory=Clock)
    """How stamps are read."""
    stamps: str | None = None
    """``"start"`` or ``"end"`` of the interval; None: start, unless the file proves the other."""
    start: str | None = None
    """First stamp of a file without stamps."""
    step_s: float | None = None
    """Length of an interval [s]; None: from the stamps."""
    header: int | None = None
    """Line of the header; 0: there is none; None: found."""
    encoding: str | None = None
    """Encoding of the text; None: found."""
    sheet: str | None = None
    """Sheet of a spreadsheet; None: the first."""
    layout: str | None = None
    """One of `energykit.meters.choice.LAYOUTS`; None: long, or what the file itself shows."""
    registers: Mapping[str, str] = field(default_factory=dict)
    """``"import"``, ``"export"`` or ``"ignore"`` by the text of the register's column."""
    holds_until_next: bool = False
    """Whether a reading stands until the next one, however long that is."""


def meter_parameters(
    columns: Mapping[str, Any] | None = None,
    *,
    household: str = "household",
    units: Mapping[str, str] | None = None,
    quantity: str | None = None,
    separator: str | None = None,
    decimal: str = ".",
    thousands: str = "",
    missing: Sequence[str] = (),
    timestamp_format: str | None = None,
    time_zone: str | None = None,
    stamps: str | None = None,
    start: str | None = None,
    step_s: float | None = None,
    header: int | bool | None = None,
    encoding: str | None = None,
    sheet: str | None = None,
    layout: str | None = None,
    registers: Mapping[str, str] | None = None,
    holds_until_next: bool = False,
) -> MeterParameters:
    """Check the parameters of an import; `energykit.meters` says what each means.

    Raises
    ------
    ParameterError
        For the first that is missing or has a value it cannot have; the nearest valid one is named.
    """
    checked = check_parameters(locals())
    if checked.faults:
        raise checked.faults[0]
    values = dict(checked.values)
    clock = Clock(form=values.pop("timestamp_format"), zone=values.pop("time_zone"))
    return MeterParameters(**values, clock=clock)


def parameter_faults(
    given: Mapping[str, Any], *, skipped: Container[str] = ()
) -> list[ParameterError]:
    """Return all that is wrong with the parameters of an import, as far as no file says it.

    Parameters
    ----------
    given
        Parameters by name; one that is None is left out, and one that there is not is not looked
        at.
    skipped
        Names of those that are known to be wrong already: nothing is said of them.
    """
    present = {name: value for name, value in given.items() if value is not None}
    return check_parameters({**_DEFAULTS, **present}, skipped=skipped).faults


_DEFAULTS: Mapping[str, Any] = {
    name: parameter.default for name, parameter in signature(meter_parameters).parameters.items()
}
"""What each parameter is where it is left out."""
