r"""The parameters of an import: a meter's own files, in their own layout, units and clock.

Parameters of scenario ``import``, all but ``columns`` optional (`meter_parameters` checks them):

``columns``
    Which of the file's columns hold what, by name or by place as a number from 1:

    - ``timestamp``: one column, or a list such as ``["Date", "Time"]``, joined by a blank;
    - ``end``: the same for the end of the interval, where the file has both;
    - ``power_consumption``: what is drawn; of several columns (tariffs, phases) the sum;
    - ``export``: what is fed in; it makes power negative;
    - ``voltage``, ``current``, ``household_id``: where the file has them;
    - ``register``: what kind of value a row holds, where each register has rows of its own.
``household``
    Id of the one household of a file without such a column. Default ``"household"``.
``units``
    The file's units by quantity. ``power_consumption``: ``"mW"``, ``"W"``, ``"kW"``, ``"MW"``,
    ``"GW"``, ``"TW"`` for mean power; the same with ``h``, such as ``"kWh"``, and ``"J"``,
    ``"kJ"``, ``"MJ"``, ``"GJ"`` for energy; ``voltage``: ``"V"``, ``"kV"``, ``"mV"``;
    ``current``: ``"A"``, ``"kA"``, ``"mA"``. Default: what a column's name says, such as
    ``P [kW]`` or ``energy_kwh``, else W, V, A. A name and a stated unit that contradict each
    other are refused.
``quantity``
    ``"power"``, ``"energy"`` (of each interval) or ``"counter"`` (a register that counts up).
    Default: what unit, name and numbers show.
``registers``
    ``{"1.8.0": "import", "2.8.0": "export"}``: what the texts in the register's column mean.
``separator``, ``decimal``, ``thousands``, ``missing``
    What separates fields (default: found), the decimal mark (``"."``), the mark between thousands
    (none), and a list of texts that mean that there is no value; a blank field always means that.
``header``
    Line of the header; ``false`` where there is none. Default: found.
``encoding``, ``sheet``
    Encoding of the text (default: found); sheet of a spreadsheet (the first).
``timestamp_format``
    As ``strftime`` writes it, ``"%d/%m/%Y %H:%M:%S"``, or ``"unix"`` (the same as ``"%s"``),
    ``"unix_ms"``, ``"unix_us"``, ``"unix_ns"``, which are UTC always. Default: ISO 8601.
``time_zone``
    The clock's zone: a name of the tz database or a fixed offset such as ``"+10:00"``. Without it
    the wall clock is kept. Stamps that state their own offset need none.
``stamps``
    ``"start"`` or ``"end"``: what a stamp is of its interval. Default: start, unless the file
    proves the other. Of a counter ``"start"`` says, with ``step_s``, that it is read at the end of
    the interval that the stamp begins; by default it is read at its stamp.
``start``, ``step_s``
    First stamp and seconds of an interval of a file without stamps; ``step_s`` alone says how long
    every reading stands, and every interval of a day whose intervals are numbered (``%H``).
``holds_until_next``
    Whether a reading stands until the next one, however long, or until a row without a value:
    meters that store changes only.
``layout``
    ``"long"`` (default), ``"wide_by_time"`` (a row a day), ``"wide_by_meter"`` (a column a
    household), or a format of its own: ``"nem12"``, ``"espi"``, ``"dsmr"``.

The packaged copy of the real data set::

    {"scenario": "import", "household": "sceaux", "units": {"power_consumption": "kW"},
     "columns": {"timestamp": "date_time", "power_consumption": "Global_active_power",
                 "voltage": "Voltage", "current": "Global_intensity"}}

Every row of a file is used, or counted with the reason and its first line; what was done to rows
that are used (sorted, dropped as stored twice, decided by order) is counted as well.
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
    """How a meter's file is read, as checked.

    Where each takes effect, as ``parameters.NAME``:

    - bytes and lines of a text file: `energykit.meters.table`, `energykit.meters.delimited`;
    - header and columns: `energykit.meters.heading`, `energykit.meters.mapping`;
    - the texts of a row's fields, stamps and numbers: `energykit.meters.rows`, values in its
      ``_value`` and, of meters side by side, in ``_cells``;
    - rows as numbers, of tables and of formats of their own alike: `energykit.meters.importing`.

    There ``self.account.without(rows, which, reason)`` leaves rows out and counts them; the rows
    ``timed`` have ``household_id`` (blank where meters share their stamps), ``line``, ``start`` [µs
    since 1970, in UTC or, without a zone, on the file's clock], ``stands`` [µs, null: unknown] and
    the values: ``value0`` [W or Wh], or ``cells`` of meters side by side. `finished_readings` gives
    ``power_consumption`` and, where it is counted, ``power_export`` [W].
    """

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
    """Check the parameters of an import; the head of this module says what each means.

    Raises
    ------
    ParameterError
        For the first that is missing or has a value it cannot have; the nearest valid one is named.
    """
    checked = check_parameters(locals(), _ANNOTATIONS)
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
    return check_parameters({**_DEFAULTS, **present}, _ANNOTATIONS, skipped=skipped).faults


_PARAMETERS = signature(meter_parameters).parameters
_ANNOTATIONS: Mapping[str, str] = {name: one.annotation for name, one in _PARAMETERS.items()}
"""What each parameter is, as written."""
_DEFAULTS: Mapping[str, Any] = {name: one.default for name, one in _PARAMETERS.items()}
"""What each parameter is where it is left out."""
