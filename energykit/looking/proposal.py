"""Parameters for a sample, with the evidence, and with what the sample does not prove."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from energykit.looking.direction import Flow, flow_of
from energykit.looking.record import Clue
from energykit.looking.role import Roles, find_roles
from energykit.looking.stamp import IRREGULAR, StampGuess, find_stamps
from energykit.looking.unit import find_unit
from energykit.looking.unread import unread_stamps
from energykit.meters.counter import begins_again
from energykit.meters.quantity import unit_of

if TYPE_CHECKING:
    from energykit.looking.grid import Grid

__all__ = ["Proposal", "propose"]

_LAYOUTS = {
    "long": "a row a reading",
    "wide_by_time": "a row a day, a column an interval",
    "wide_by_meter": "a column a meter",
}
_SEPARATORS = {"\t": "tab", " ": "blank", "\x1f": "cells"}
_CHANGES = re.compile(r"^(?:last[\s_]?)?(?:changed|updated)(?:[\s_]?at)?$", re.IGNORECASE)
"""Names of stamps that home automation writes where a value changes."""


@dataclass(kw_only=True)
class Proposal:
    """What is proposed for a file."""

    clues: list[Clue] = field(default_factory=list)
    """What was found, with the evidence."""
    doubts: list[str] = field(default_factory=list)
    """What is doubtful."""
    parameters: dict[str, Any] = field(default_factory=dict)
    """Parameters of the generator."""

    def note(self, topic: str, value: str, evidence: str) -> None:
        """Add what was found."""
        self.clues.append(Clue(topic=topic, value=value, evidence=evidence))


def propose(grid: Grid) -> Proposal:
    """Propose parameters for a table.

    Parameters
    ----------
    grid
        A sample of it.
    """
    proposal = Proposal(parameters={"scenario": "import"})
    stamps = find_stamps(grid)
    roles = find_roles(grid, stamps)
    proposal.note("layout", f"a table: {_LAYOUTS[roles.layout]}", f"{len(grid.names)} columns")
    _note_text(proposal, grid)
    columns: dict[str, Any] = {}
    _propose_stamps(proposal, grid, stamps, roles, columns)
    _propose_values(proposal, grid, roles, columns)
    _propose_missing(proposal, grid, roles)
    _propose_register(proposal, grid, roles)
    if roles.is_of_ends and stamps:
        proposal.parameters |= {
            "quantity": "counter", "stamps": "start", "step_s": round(stamps[0].usual_s)
        }  # fmt: skip
        proposal.note(
            "quantity", "counter", "statistics of Home Assistant: sums at the ends of intervals"
        )
    proposal.parameters["columns"] = columns
    if roles.layout != "long":
        proposal.parameters["layout"] = roles.layout
    if not columns.get("timestamp") and "start" not in proposal.parameters:
        proposal.parameters = {}
    return proposal


def _note_text(proposal: Proposal, grid: Grid) -> None:
    """Note separator, header and marks."""
    separator = grid.separator
    proposal.note(
        "separator", _SEPARATORS.get(separator, separator), "most lines have as many fields"
    )
    if separator not in {",", "\x1f"}:
        proposal.parameters["separator"] = separator
    where = f"line {grid.header}" if grid.header else "none"
    why = "numbers begin below it" if grid.header else "the first line holds numbers"
    proposal.note("header", where, why)
    if not grid.header:
        proposal.parameters["header"] = False
    marks = grid.marks
    if marks.decimal == ",":
        proposal.note("decimal", "comma", "numbers such as 0,5")
        proposal.parameters["decimal"] = ","
    if marks.thousands:
        proposal.note("thousands", repr(marks.thousands), "numbers such as 1234 have it")
        proposal.parameters["thousands"] = marks.thousands
    if marks.doubt:
        proposal.doubts.append(marks.doubt)


def _name(grid: Grid, place: int) -> str | int:
    """Return how parameters name a column: by place where its name is not its own."""
    name = grid.names[place]
    return name if grid.header and name and grid.names.count(name) == 1 else place + 1


def _propose_stamps(
    proposal: Proposal, grid: Grid, stamps: list[StampGuess], roles: Roles, columns: dict[str, Any]
) -> None:
    """Propose how stamps are read, and say what the file does not prove."""
    if not stamps:
        place, what = unread_stamps(grid)
        proposal.doubts.append(what)
        if place is not None:
            columns["timestamp"] = _name(grid, place)
        return
    best = stamps[0]
    rivals = [g for g in stamps[1:] if g.places == best.places and g.last != best.last]
    columns["timestamp"] = _one_or_all([_name(grid, place) for place in best.places])
    if roles.end:
        columns["end"] = _one_or_all([_name(grid, place) for place in roles.end])
    if best.form is not None:
        proposal.parameters["timestamp_format"] = best.form
    if best.step_s is not None:
        proposal.parameters["step_s"] = best.step_s
        proposal.note("step", f"{best.step_s} s", "the intervals of each day are numbered from 1")
    first = f"the first stamp is {best.first}" + ("Z" if best.is_universal else "")
    proposal.note("clock", best.form or "ISO 8601", first)
    _compare(proposal, best, rivals)
    _propose_intervals(proposal, grid, best)
    if not best.is_universal:
        proposal.doubts.append(
            "no stamp states its zone: only the owner knows it "
            "(time_zone 'Europe/Berlin', '+10:00' …)"
        )


def _one_or_all(names: list[str | int]) -> str | int | list[str | int]:
    """Return the only column as it is, several as a list."""
    return names if len(names) > 1 else names[0]


def _propose_intervals(proposal: Proposal, grid: Grid, stamps: StampGuess) -> None:
    """Propose that readings stand until the next one, where the file says or looks so."""
    if _CHANGES.search(grid.names[stamps.places[0]]):
        proposal.parameters["holds_until_next"] = True
        proposal.note("intervals", "until the next row", "the column of stamps says changes")
    elif stamps.irregularity > IRREGULAR:
        proposal.doubts.append(
            "the steps vary: a meter that stores changes only needs holds_until_next true"
        )


def _compare(proposal: Proposal, best: StampGuess, rivals: list[StampGuess]) -> None:
    """Say which of two readings of a date the file proves."""
    for rival in rivals[:1]:
        both = f"{best.form!r} reads the last as {best.last}, {rival.form!r} as {rival.last}"
        is_steady = best.irregularity == 0 < rival.irregularity
        is_proved = is_steady or best.irregularity + 0.05 < rival.irregularity
        why = "only the first gives steady steps" if is_proved else "not proved by this file"
        proposal.doubts.append(f"the date can be read in two ways: {both}; {why}")


def _propose_values(proposal: Proposal, grid: Grid, roles: Roles, columns: dict[str, Any]) -> None:
    """Propose what columns of numbers are, and in which unit."""
    _propose_texts(proposal, grid, roles, columns)
    for key, places in (("power_consumption", roles.drawn), ("export", roles.fed_in)):
        if places:
            named = [_name(grid, place) for place in places]
            columns[key] = _one_or_all(named)
            proposal.note(key, ", ".join(map(str, named)), "its name")
    for key, place in (("voltage", roles.voltage), ("current", roles.current)):
        if place is not None:
            columns[key] = _name(grid, place)
            proposal.note(key, str(columns[key]), "its name")
    _doubt_use(proposal, grid, roles, columns)
    _propose_unit(proposal, grid, roles)


def _propose_texts(proposal: Proposal, grid: Grid, roles: Roles, columns: dict[str, Any]) -> None:
    """Propose what columns are that say whose and of what kind a row's values are."""
    if roles.household is not None:
        columns["household_id"] = _name(grid, roles.household)
    if roles.register is not None:
        columns["register"] = _name(grid, roles.register)
        proposal.parameters["registers"] = roles.registers
        texts = ", ".join(roles.registers)
        proposal.note("registers", texts, "a few texts that say what a row counts")
    if roles.unknown is not None:
        proposal.doubts.append(
            _unknown_rows(grid, *roles.unknown, is_register=bool(roles.registers))
        )


def _doubt_use(proposal: Proposal, grid: Grid, roles: Roles, columns: dict[str, Any]) -> None:
    """Say which columns of energy may count twice, and which of numbers are not used."""
    drawn, fed_in = ([flow_of(grid.names[p]) for p in ps] for ps in (roles.drawn, roles.fed_in))
    if Flow.PRODUCED in fed_in and Flow.FROM_GRID in drawn:
        proposal.doubts.append(
            f"{columns['export']!r} is taken for what is fed in: where the house uses part of it,"
            " leave it out, for the energy would count twice"
        )
    unused = sorted([*roles.others, *roles.unrelated])
    if unused:
        names = ", ".join(repr(grid.names[place]) for place in unused[:6])
        proposal.doubts.append(f"columns of numbers that are not used: {names}")


def _unknown_rows(grid: Grid, place: int, texts: list[str], *, is_register: bool) -> str:
    """Say that rows of one time differ in a column whose texts are not known."""
    shown = ", ".join(map(repr, texts))
    if is_register:
        return f"rows of {shown} are not used: name them in registers if they count energy"
    name = grid.names[place]
    return (
        f"rows of one time differ in {name!r} ({shown}): only the owner knows whether it is"
        " household_id, or a register with registers that say import or export"
    )


def _propose_missing(proposal: Proposal, grid: Grid, roles: Roles) -> None:
    """Propose the texts that stand for no value."""
    places = [*roles.drawn, *roles.fed_in]
    places += [place for place in (roles.voltage, roles.current) if place is not None]
    if roles.layout != "long":
        places = [place for place in range(len(grid.names)) if grid.is_numeric(place)]
    texts = sorted({text for place in places for text in grid.absent(place)})
    if texts:
        proposal.parameters["missing"] = texts
        proposal.note("missing", ", ".join(texts), "texts between numbers")


def _propose_register(proposal: Proposal, grid: Grid, roles: Roles) -> None:
    """Propose that energies are a register's that begins again, as an inverter's of the day."""
    stated = proposal.parameters.get("units", {}).get("power_consumption", "")
    unit = unit_of("power_consumption", stated)
    is_plain = roles.layout == "long" and roles.register is None and bool(roles.drawn)
    if unit is None or not unit.is_energy or not is_plain:
        return
    if begins_again(grid.numbers(roles.drawn[0])):
        proposal.parameters["quantity"] = "counter"
        proposal.note("quantity", "counter", "the numbers rise and begin again near 0")


def _propose_unit(proposal: Proposal, grid: Grid, roles: Roles) -> None:
    """Propose the unit that the file states, or say that only the owner knows it."""
    if roles.other_units and not set(roles.other_units) & set(roles.registers):
        others = ", ".join(roles.other_units)
        proposal.doubts.append(f"rows are in {others}, too: take them out of the file")
    found = find_unit(grid, roles)
    if found.doubt:
        proposal.doubts.append(found.doubt)
    if found.name:
        proposal.note("unit", found.name, found.why)
        proposal.parameters["units"] = {"power_consumption": found.name}
