"""What the columns of a sample hold: whose, drawn or fed in, voltage, current, a meter, an hour."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from energykit.errors import ArtifactError
from energykit.looking.direction import (
    Flow,
    are_directions,
    flow_of,
    grid_flows,
    is_tariff,
    register_signs,
    words,
)
from energykit.meters.counter import counts_up
from energykit.meters.doubtful_unit import foreign_unit
from energykit.meters.quantity import unit_in, unit_of
from energykit.meters.wide import day_columns, meter_columns

if TYPE_CHECKING:
    from energykit.looking.grid import Grid
    from energykit.looking.stamp import StampGuess

__all__ = ["Roles", "find_roles"]


_HOUSEHOLD = words(
    "household", "haushalt", "meter", "zähler", "nmi", "cups", r"\bprm\b", "mprn", "serial",
    "entity", "customer", "house", "device", "appliance", r"\bplug\b", "sensor", "^id$", "_id$",
)  # fmt: skip
_VOLTAGE = words("volt", "spannung", "tensi[oó]n", "spanning", r"^u\d?$", "^v$", r"[\[(]v[\])]")
_CURRENT = words(
    "current",
    "strom(?:st|$)",
    "intensit",
    "corriente",
    "amp[eè]re",
    r"^i\d?$",
    "^a$",
    r"[\[(]a[\])]",
)
_PHASE = words(
    r"(?:^|[\s_])(?:(?:l|phase\s?|p|leg\s?|line\s?)[123]|(?:mains|phase|leg|line)[\s_]?[abc])"
    r"(?:$|[\s_(\[])"
)
_MOST_PHASES = 3
_EXTREME = words(r"(?<![a-z])(?:min|max)(?:imum)?(?![a-z])")
"""The least or most of an interval, beside its mean."""
_DEMAND = words("demand", "peak", "spitze", "höchst")
_SELF = words("self[ -]?(?:cons|use)", "eigenverbr", "autocons", "zelfverbr", "egenförbr")
_NOT_VALUES = words(
    "reactive", "factor", "frequen", "hz", "temp", "status", "quality", "code", "sub_meter", "var",
    r"\bpf\b", r"\bean\b",
)  # fmt: skip
_NOT_ELECTRIC = words(
    r"(?<![a-z])gas(?![a-z])",
    "erdgas",
    "water",
    "wasser",
    "heat",
    "wärme",
    "värme",
    r"m[3³]",
    "co2",
)
_PRICE = words(
    "cost", "price", "preis", "prix", "prijs", "precio", "kosten", "€", r"\beur\b", r"\btarif "
)
_UNIT = words("^units?$", "^einheit$", "^eenheid$", "^unité$", "^unidad$", "^uom$", "^measure$")
_LONG_ID = re.compile(r"^'?\d{11,}$")
"""Digits that are the number of a meter or a connection, and no energy."""
_PADDED = re.compile(r"^0\d+$")
_OBIS = re.compile(r"^(?:\d-\d:)?\d{1,2}\.\d{1,2}\.\d{1,3}(?:\*\d+)?$")
_FEWEST_INTERVALS = 23
_FEWEST_METERS = 3
_MOST_REGISTERS = 8
_MOST_HOUSEHOLDS = 0.5


@dataclass(kw_only=True)
class Roles:
    """What columns hold, by place from 0."""

    layout: str = "long"
    """One of the layouts of `energykit.meters`."""
    drawn: list[int] = field(default_factory=list)
    """Columns of power or energy drawn."""
    fed_in: list[int] = field(default_factory=list)
    """Columns of power or energy fed in."""
    voltage: int | None = None
    """Column of the voltage."""
    current: int | None = None
    """Column of the current."""
    household: int | None = None
    """Column of household ids."""
    register: int | None = None
    """Column that says which register a row is of."""
    registers: dict[str, str] = field(default_factory=dict)
    """What rows of a register count, by its text: ``"import"`` or ``"export"``."""
    unknown: tuple[int, list[str]] | None = None
    """Column that tells rows of one time apart, and its texts that do not say what they count."""
    is_of_ends: bool = False
    """Whether registers are read at the ends of intervals whose starts are the stamps."""
    end: tuple[int, ...] = ()
    """Columns of the interval's end."""
    unit: str = ""
    """Unit that a column of the table states in every row."""
    other_units: list[str] = field(default_factory=list)
    """What else a column of units states."""
    others: list[int] = field(default_factory=list)
    """Columns of numbers that are not used, but could be."""
    unrelated: list[int] = field(default_factory=list)
    """Columns of numbers that are neither power nor energy: prices, codes, temperatures."""


def find_roles(grid: Grid, stamps: list[StampGuess]) -> Roles:
    """Say what the columns of a sample hold.

    Parameters
    ----------
    grid
        The sample.
    stamps
        How its stamps can be read, the likeliest first.
    """
    roles = Roles()
    taken = {place for guess in stamps[:1] for place in guess.places}
    later = [g.places for g in stamps if not taken & set(g.places) and not _is_obis(grid, g.places)]
    roles.end = next((places for places in sorted(later) if _is_end(grid.names[places[0]])), ())
    taken |= {place for places in later for place in places}
    roles.unit = _unit_column(grid)
    roles.household = next(
        (p for p in range(len(grid.names)) if p not in taken and _is_household(grid, p, stamps)),
        None,
    )
    keys = {*taken, roles.household}
    _find_register(grid, stamps, keys, roles)
    _find_units(grid, roles)
    free = [p for p in range(len(grid.names)) if p not in {*keys, roles.register}]
    numeric = [p for p in free if grid.is_numeric(p) and not _are_long_ids(grid, p)]
    if _is_wide_by_time(grid, numeric, free):
        roles.layout = "wide_by_time"
        return roles
    _sort(grid, numeric, roles)
    if roles.layout == "wide_by_meter" and len(numeric) < len(free):
        roles.drawn = [int(p) for p in meter_columns({str(p): grid.names[p] for p in numeric})]
    return roles


def _is_obis(grid: Grid, places: tuple[int, ...]) -> bool:
    """Whether a column holds OBIS codes, which look like dates: ``1.8.0``."""
    texts = set(grid.column(places[0]))
    return len(texts) <= _MOST_REGISTERS and all(map(_OBIS.match, texts))


def _unit_column(grid: Grid) -> str:
    """Return the unit that a column states in every row; empty where none does."""
    for place, name in enumerate(grid.names):
        texts = set(grid.column(place))
        unit = unit_of("power_consumption", min(texts)) if len(texts) == 1 else None
        if unit is not None and (unit.is_energy or _UNIT.search(name)):
            return unit.name
    return ""


def _find_units(grid: Grid, roles: Roles) -> None:
    """Find what a column of units states besides power and energy: such rows are of no register."""
    for place, name in enumerate(grid.names):
        texts = sorted(set(grid.column(place))) if _UNIT.search(name) else []
        known = [text for text in texts if unit_of("power_consumption", text) is not None]
        is_mixed = len(known) == 1 < len(texts) <= _MOST_REGISTERS
        is_foreign = not known and any(map(foreign_unit, texts))
        if is_mixed or is_foreign:
            roles.other_units = [text for text in texts if text not in known]
        if roles.register is None and (is_mixed or is_foreign):
            signs = {text: "import" if text in known else "ignore" for text in texts}
            roles.register, roles.registers, roles.unknown = place, signs, None


def _is_end(name: str) -> bool:
    return bool(re.search(r"end|bis|until|to\b|fin|tot|hasta", name, re.IGNORECASE))


def _is_household(grid: Grid, place: int, stamps: list[StampGuess]) -> bool:
    """Whether a column holds ids: called so, and a few texts again and again, or many a stamp."""
    texts = grid.column(place)
    if not texts or are_directions(sorted(set(texts))):
        return False
    different = len(set(texts))
    times = min((len(set(grid.column(g.places[0]))) for g in stamps), default=len(grid.rows))
    return (
        bool(_HOUSEHOLD.search(grid.names[place]) or _are_long_ids(grid, place))
        and not _NOT_VALUES.search(grid.names[place])
        and (different <= max(1, _MOST_HOUSEHOLDS * len(texts)) or different > times)
        and not unit_in("power_consumption", grid.label(place))
    )


def _are_long_ids(grid: Grid, place: int) -> bool:
    """Whether a column holds numbers of meters or connections, or one number with zeros before."""
    texts = set(grid.column(place))
    is_padded = len(texts) == 1 and bool(_PADDED.match(min(texts)))
    return is_padded or (bool(texts) and all(map(_LONG_ID.match, texts)))


def _find_register(
    grid: Grid, stamps: list[StampGuess], keys: set[int | None], roles: Roles
) -> None:
    """Find the column that says what its rows count, and what its texts mean."""
    for place in range(len(grid.names)):
        texts = sorted(set(grid.column(place)))
        if place in keys or not 1 < len(texts) <= _MOST_REGISTERS or grid.is_numeric(place):
            continue
        signs = register_signs(texts)
        if len(signs) < len(texts):
            if not stamps or not _tells_apart(grid, stamps[0].places, place):
                continue
            roles.unknown = place, [text for text in texts if text not in signs]
        if signs:
            roles.register, roles.registers = place, signs
        return


def _tells_apart(grid: Grid, stamp: tuple[int, ...], place: int) -> bool:
    """Whether rows of one time differ in a column."""
    times = [tuple(row[p] for p in stamp) for row in grid.rows]
    both = {(time, row[place]) for time, row in zip(times, grid.rows, strict=True)}
    return len(set(times)) < len(both) == len(grid.rows)


def _is_wide_by_time(grid: Grid, numeric: list[int], free: list[int]) -> bool:
    """Whether the columns are the intervals of a day."""
    if len(numeric) < _FEWEST_INTERVALS:
        return False
    try:
        day_columns({str(place): grid.names[place] for place in free}, "")
    except ArtifactError:
        return False
    return True


def _sort(grid: Grid, numeric: list[int], roles: Roles) -> None:
    """Sort columns of numbers by what their names say."""
    for place in numeric:
        name = grid.names[place]
        unit = unit_in("power_consumption", grid.label(place))
        flow = flow_of(name)
        is_beside = _PRICE.search(name) or _SELF.search(name)
        if is_beside or (_NOT_VALUES.search(name) and unit is None):
            roles.unrelated.append(place)
        elif _NOT_ELECTRIC.search(name) or (unit is None and foreign_unit(grid.label(place))):
            roles.others.append(place)
        elif flow is not None and flow.is_fed_in:
            roles.fed_in.append(place)
        elif unit is not None or flow is not None:
            roles.drawn.append(place)
        elif _VOLTAGE.search(name) and roles.voltage is None:
            roles.voltage = place
        elif _CURRENT.search(name) and unit_in("voltage", name) is None and roles.current is None:
            roles.current = place
        else:
            roles.others.append(place)
    _settle(grid, roles)


def _settle(grid: Grid, roles: Roles) -> None:
    """Decide where several columns could be what is drawn, or none is."""
    if _settle_statistics(grid, roles):
        return
    phases = [p for p in [*roles.drawn, *roles.others] if _PHASE.search(grid.names[p])]
    if 1 < len(phases) <= _MOST_PHASES:
        roles.others = [p for p in [*roles.drawn, *roles.others] if p not in phases]
        roles.drawn = sorted(phases)
    else:
        _keep_grid(grid, roles)
        _settle_drawn(grid, roles)
    if not roles.drawn and roles.fed_in and roles.layout == "long":
        roles.drawn, roles.fed_in = roles.fed_in[:1], []
    if not _are_parts(grid, roles.fed_in):
        roles.others += roles.fed_in[1:]
        roles.fed_in = roles.fed_in[:1]


def _settle_drawn(grid: Grid, roles: Roles) -> None:
    """Decide which of several columns, that are not phases, are what is drawn."""
    if _are_letters(grid, roles):
        roles.others = sorted([*roles.others, *([] if roles.current is None else [roles.current])])
        roles.current = None
    is_plain = roles.voltage is None and roles.current is None and not roles.fed_in
    if is_plain and not roles.drawn and grid.header and _are_meters(grid, roles.others):
        roles.layout, roles.others = "wide_by_meter", []
    elif not roles.drawn and not roles.fed_in and roles.others:
        varying = [place for place in roles.others if len(set(grid.column(place))) > 1]
        first = (varying or roles.others)[0]
        roles.drawn, roles.others = [first], [p for p in roles.others if p != first]
    elif not roles.drawn and not roles.fed_in and None in {roles.voltage, roles.current}:
        only = roles.current if roles.voltage is None else roles.voltage  # a value called v
        roles.drawn = [] if only is None else [only]
        roles.voltage = roles.current = None
    elif len(roles.drawn) > 1 and not _are_parts(grid, roles.drawn):
        whole = [p for p in roles.drawn if not is_tariff(grid.names[p])] or roles.drawn
        first = next((p for p in whole if counts_up(grid.numbers(p))), whole[0])
        roles.others += [place for place in roles.drawn if place != first]
        roles.drawn = [first]  # what an inverter counted in its life, rather than today


def _settle_statistics(grid: Grid, roles: Roles) -> bool:
    """Decide what is drawn in statistics as Home Assistant keeps them; False where it is none.

    Of each interval, called by its start, they have what was counted in it (``change``), and at
    its end what the meter shows (``state``) and what was counted in all (``sum``), which goes on
    where the meter begins again; or the mean of power.
    """
    places = {name.casefold(): place for place, name in enumerate(grid.names)}
    if not {"state", "sum"} <= places.keys() or not {"start", "start_ts"} & places.keys():
        return False
    names = ("change", "sum", "mean")
    used = next((places[n] for n in names if n in places and grid.is_numeric(places[n])), None)
    if used is None:
        return False
    roles.is_of_ends = used == places["sum"]
    roles.others = sorted({*roles.others, *roles.drawn, *roles.fed_in} - {used})
    roles.drawn, roles.fed_in, roles.layout = [used], [], "long"
    return True


def _is_extreme(grid: Grid, place: int) -> bool:
    """Whether a column holds the least or the most power of an interval."""
    unit = unit_in("power_consumption", grid.label(place))
    is_demand = bool(_DEMAND.search(grid.names[place])) and unit is not None and not unit.is_energy
    return is_demand or bool(_EXTREME.search(grid.names[place]))


def _keep_grid(grid: Grid, roles: Roles) -> None:
    """Keep the columns of the meter at the grid where there are those of the house, too."""
    means = [place for place in roles.drawn if not _is_extreme(grid, place)]
    if means:
        roles.others += [place for place in roles.drawn if place not in means]
        roles.drawn = means
    flows = {p: flow_of(grid.names[p]) or Flow.ANY for p in [*roles.drawn, *roles.fed_in]}
    used = grid_flows(flows.values())
    roles.others += [place for place, flow in flows.items() if flow not in used]
    roles.drawn = [place for place in roles.drawn if flows[place] in used]
    roles.fed_in = [place for place in roles.fed_in if flows[place] in used]


def _are_parts(grid: Grid, places: list[int]) -> bool:
    """Whether columns are the tariffs or the phases of one meter."""
    names = [grid.names[place] for place in places]
    return all(map(is_tariff, names)) or all(map(_PHASE.search, names))


def _are_meters(grid: Grid, places: list[int]) -> bool:
    """Whether columns are meters: three or more, or two beside their total or of one name."""
    meters = meter_columns({str(p): grid.names[p] for p in places})
    alike = {re.sub(r"\d+", "", grid.names[int(p)]) for p in meters}
    is_sure = len(meters) < len(places) or (len(alike) == 1 and alike != {""})
    return len(meters) >= (_FEWEST_METERS - 1 if is_sure else _FEWEST_METERS)


def _are_letters(grid: Grid, roles: Roles) -> bool:
    """Whether a column called A is one of several called by letters, and not the current."""
    is_alone = roles.voltage is None and not roles.drawn and roles.current is not None
    return is_alone and sum(len(grid.names[place]) == 1 for place in roles.others) > 1
