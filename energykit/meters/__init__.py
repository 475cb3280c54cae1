r"""A meter's own files, in their own layout, units and clock, as readings of the contract.

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
    The file's units by quantity. ``power_consumption``: ``"W"``, ``"kW"``, ``"MW"``, ``"mW"`` for
    mean power; ``"Wh"``, ``"kWh"``, ``"MWh"``, ``"MJ"`` for energy; ``voltage``: ``"V"``, ``"kV"``,
    ``"mV"``; ``current``: ``"A"``, ``"kA"``, ``"mA"``. Default: what a column's name says, such as
    ``P [kW]`` or ``energy_kwh``, else W, V, A. A name and a stated unit that contradict each other
    are refused.
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
    proves the other.
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

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from energykit.meters.account import Account
    from energykit.meters.importing import MeterImport
    from energykit.meters.parameters import MeterParameters, meter_parameters

__all__ = ["Account", "MeterImport", "MeterParameters", "meter_parameters"]

_HOMES = {
    "Account": "account",
    "MeterImport": "importing",
    "MeterParameters": "parameters",
    "meter_parameters": "parameters",
}


def __getattr__(name: str) -> object:
    """Import a public name on first use (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module 'energykit.meters' has no attribute {name!r}")
    value: object = getattr(import_module(f"energykit.meters.{_HOMES[name]}"), name)
    globals()[name] = value
    return value
