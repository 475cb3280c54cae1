"""Look at a file: recognise its layout, propose parameters, and try them on a sample."""

from __future__ import annotations

import os
import re
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from energykit.artifacts import scan
from energykit.artifacts.content import open_plain
from energykit.artifacts.parquet_reader import explain_damage, schema_of
from energykit.errors import ArtifactError, EnergykitError
from energykit.looking.grid import read_grid
from energykit.looking.proposal import Proposal, propose
from energykit.looking.record import Clue, Look
from energykit.meters import MeterImport, meter_parameters
from energykit.meters.formats import cut_sample, format_of, reader_of
from energykit.meters.order import ANOTHER_VALUE, USED_ONCE
from energykit.meters.source import TextFile
from energykit.meters.table import SHEETS
from energykit.readings import Timeline, moment
from energykit.readings.day import split_at_midnight
from energykit.readings.energy import W_US_PER_KWH
from energykit.results.view import row_text
from energykit.temporary_folder import temporary_folder

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["look"]

_SAMPLE_BYTES = 1 << 20
_SAMPLE_ROWS = 50_000
_GRID_LINES = 400
"""Lines that show how a table is laid out."""
_NOT_READ = {
    "weather (EPW or TMY), which is not a meter's": r"LOCATION,(?:[^,\n]*,){8}"
    r"|[^\n]*\n(?:Date \(MM/DD/YYYY\),Time \(HH:MM\),ETR|time\(UTC\),T2m)",
    "an EDIFACT message (such as MSCONS): ask for the values as CSV": r"UNA.{6}\s*UNB|UNB\+",
    "a load profile as a meter sends it (IEC 62056-21): export it as CSV": r"\s*(?:/\w{3}\d.*\s+)?"
    r"(?:\d-\d:)?P\.\d\d\(",
    "JSON: write its values as CSV, a row a reading": r"\s*(?:\[\s*)?\{\s*\"|\s*\[\s*\[",
    "a web page, not its data: download it again": r"(?i)\s*<(?:!doctype html|html|table)",
    "a table whose lines are in quotes as a whole: take these quotes away": r'(?:"[^"\n]*[;,\t]'
    r'[^"\n]*"\n){2}',
}
"""What files are that are not tables, and how they begin."""
_FEWEST_ODD, _LEAST_ODD = 3, 0.4
"""Letters, and their share of a name, that are not ASCII in no language of western Europe."""
_MOST_PLAUSIBLE_KWH, _LEAST_PLAUSIBLE_KWH = 150.0, 0.2
"""What households draw a day: most of them between 1 and 60 kWh."""


def look(file: str | os.PathLike[str]) -> Look:
    """Look at a meter's file before importing it; of a large file, at its first megabyte.

    Parameters
    ----------
    file
        A file of a utility, an inverter, a logger or a data set.

    Returns
    -------
    Look
        What it is, with the evidence; what is doubtful; the first readings as they would come out;
        energy per day; and the parameters of the generator that import it.

    Raises
    ------
    ArtifactError
        The file cannot be read.
    MissingPackageError
        It is a spreadsheet, and python-calamine is not installed.
    """
    path = Path(file)
    with open_plain(path) as stream:
        size = os.fstat(stream.fileno()).st_size
    suffix = path.suffix.lower()
    if suffix == ".pb":
        return _tried(path, _of_messages(path), path, size)
    if suffix in SHEETS and suffix != ".parquet":
        return _tried(path, _of_sheet(path), path, size)
    with temporary_folder("look") as folder:
        sample = folder / f"sample{suffix.removesuffix('.gz')}"
        if suffix == ".parquet":
            with explain_damage(path):
                return _look_at_parquet(path, sample, size)
        return _look_at_text(path, sample)


def _look_at_parquet(path: Path, sample: Path, size: int) -> Look:
    """Look at the first rows of a Parquet file."""
    schema_of(path)  # or it says what the file is instead
    table = pl.scan_parquet(path, glob=False)
    total = table.select(pl.len()).collect().item()
    head = table.head(_SAMPLE_ROWS).collect()
    first = head.head(_GRID_LINES).cast(pl.String, strict=False).fill_null("")
    proposal = _of_lines(["\x1f".join(row) for row in (head.columns, *first.iter_rows())])
    if total <= _SAMPLE_ROWS:
        return _tried(path, proposal, path, size)
    head.write_parquet(sample)
    return _tried(path, proposal, sample, size * _SAMPLE_ROWS // total, is_whole=False)


def _look_at_text(path: Path, sample: Path) -> Look:
    """Look at the first megabyte of a text; of one that cannot be cut, at all of it."""
    text = TextFile(path)
    with closing(text.blocks(_SAMPLE_BYTES)) as blocks:
        first = next(blocks, b"")
        is_whole = next(blocks, b"") == b""
    form = format_of(text.head)
    if form is not None:
        proposal = _of_format(form)
        cut = cut_sample(form, first)
        is_whole, first = is_whole or cut is None, cut or first
    else:
        proposal = _of_text(first.decode("utf-8", "replace"), text)
    if is_whole:
        return _tried(path, proposal, path, path.stat().st_size)
    sample.write_bytes(first)
    return _tried(path, proposal, sample, len(first), is_whole=False)


def _of_format(form: str) -> Proposal:
    """Return the proposal for a format with a structure of its own."""
    clue = Clue(topic="layout", value=reader_of(form).TITLE, evidence="how the file begins")
    return Proposal(clues=[clue], doubts=[], parameters={"scenario": "import"})


def _of_messages(path: Path) -> Proposal:
    """Return what there is to say of a protobuf file of this kit, which needs no import."""
    kind = scan(path).table.name
    reader = "energy-analyzer" if kind == "readings" else "report-generator"
    layout = f"{kind} of this kit, as protobuf messages"
    clue = Clue(topic="layout", value=layout, evidence="its first record")
    doubt = f"it needs no import: give it to {reader} as input_file"
    return Proposal(clues=[clue], doubts=[doubt], parameters={})


def _of_text(sample: str, text: TextFile) -> Proposal:
    """Return the proposal for a table in text."""
    for what, beginning in _NOT_READ.items():
        if re.match(beginning, sample):
            return _not_recognised(f"it is {what}")
    grid = read_grid(sample.split("\n")[:_GRID_LINES])
    if grid is None:
        return _not_recognised("no separator splits most lines into the same number of fields")
    proposal = propose(grid)
    if text.encoding != "utf-8":
        proposal.clues.append(
            Clue(topic="encoding", value=text.encoding, evidence="its first bytes")
        )
    if text.lines_of_other_encoding:
        odd = text.lines_of_other_encoding
        lines = f"{odd:,} lines are not UTF-8" if odd > 1 else "a line is not UTF-8"
        proposal.clues.append(Clue(topic="encoding", value="Windows-1252", evidence=lines))
        garbled = next((name for name in grid.names if _is_garbled(name)), None)
        if garbled is not None:
            proposal.doubts.append(
                f"names such as {garbled!r} show another encoding: name it and look at the names"
                " again (encoding 'cp1250', 'cp1251', 'cp1253', 'shift_jis', 'cp949', 'gb18030' …)"
            )
    return proposal


def _is_garbled(name: str) -> bool:
    """Whether a name in Windows-1252 looks like one in another encoding."""
    letters = re.sub(r"\s|[(\[].*", "", name)
    odd = sum(not letter.isascii() for letter in letters)
    return odd >= _FEWEST_ODD and odd >= _LEAST_ODD * len(letters)


def _of_sheet(path: Path) -> Proposal:
    """Return the proposal for a spreadsheet."""
    from energykit.meters.workbook import sheet_lines

    return _of_lines(sheet_lines(path)[:_GRID_LINES])


def _of_lines(lines: Sequence[str]) -> Proposal:
    """Return the proposal for the first rows of a table that is not text."""
    grid = read_grid(lines)
    return propose(grid) if grid else _not_recognised("its first rows are not a table")


def _not_recognised(why: str) -> Proposal:
    clue = Clue(topic="layout", value="not recognised", evidence=why)
    doubt = f"this is not a table that is known here: {why}"
    return Proposal(clues=[clue], doubts=[doubt], parameters={})


def _tried(
    path: Path, proposal: Proposal, sample: Path, size: int, *, is_whole: bool = True
) -> Look:
    """Return a look with what an import of the sample gives."""
    readings: pl.DataFrame | None = None
    said: list[str] = []
    doubts = list(proposal.doubts)
    if proposal.parameters:
        try:
            readings, said = _imported(sample, proposal.parameters)
        except EnergykitError as exc:
            doubts.append(f"the proposal does not read the file: {exc.what}")
    doubts += _perhaps_autumn(said, proposal.parameters, readings)
    doubts += _days_of_nobody(proposal.parameters, readings)
    if readings is not None and not (readings["interval_s"].fill_null(0) > 0).any():
        doubts.append("nothing says how long a reading stands: give step_s, the seconds")
    days = _per_day(readings, proposal.parameters.get("time_zone"))
    return Look(
        path=path,
        clues=tuple(proposal.clues),
        doubts=(*doubts, *_implausible(days, readings)),
        remarks=tuple(said),
        parameters=proposal.parameters,
        readings=readings,
        kwh_per_day=days,
        bytes_read=size,
        is_whole=is_whole,
        size=path.stat().st_size,
    )


def _perhaps_autumn(
    said: Sequence[str], parameters: Mapping[str, Any], readings: pl.DataFrame | None
) -> list[str]:
    """Say that rows of one time may be two hours, where no zone tells them apart."""
    is_local = readings is not None and not str(readings["timestamp"][0]).endswith("Z")
    is_twice = any(USED_ONCE in text or ANOTHER_VALUE in text for text in said)
    if not is_local or "time_zone" in parameters or not is_twice:
        return []
    doubt = (
        "rows have the time of others: where they are the hour that a clock shows twice in autumn, "
        "name the time_zone, and both count"
    )
    return [doubt]


def _days_of_nobody(parameters: Mapping[str, Any], readings: pl.DataFrame | None) -> list[str]:
    """Say that days are those of UTC, where stamps are universal and no zone is named."""
    is_universal = readings is not None and str(readings["timestamp"][0]).endswith("Z")
    if not is_universal or "time_zone" in parameters:
        return []
    return ["the days are those of UTC: time_zone, such as 'Europe/Berlin', counts the owner's"]


def _imported(sample: Path, parameters: Mapping[str, Any]) -> tuple[pl.DataFrame, list[str]]:
    """Return the readings of a sample, and what its import says."""
    given = {name: value for name, value in parameters.items() if name != "scenario"}
    one_import = MeterImport([sample], meter_parameters(**given))
    readings = pl.concat(one_import.readings())
    if readings.is_empty():
        raise ArtifactError("no row becomes a reading", where=str(sample))
    account = one_import.account
    said = [f"left out: {e.reason} ({row_text(e.rows, e.first_line)})" for e in account.skipped]
    said += [
        e.what + (f" ({row_text(e.rows, e.first_line)})" if e.rows else "")
        for e in account.adjustments
    ]
    return readings, said


def _per_day(readings: pl.DataFrame | None, time_zone: str | None) -> dict[str, float]:
    """Return the energy of each day of a zone, of all households together [kWh]."""
    if readings is None:
        return {}
    is_universal = str(readings["timestamp"][0]).endswith("Z")
    timeline = Timeline()
    rows = pl.concat([timeline.add(readings.with_columns(moment=moment())), timeline.end()])
    parts = split_at_midnight(rows.fill_null(0), time_zone if is_universal else None)
    energy = pl.col("power_consumption") * pl.col("stands_us") / W_US_PER_KWH
    days = parts.group_by("day").agg(energy.sum()).sort("day")
    return {day.isoformat(): kwh for day, kwh in days.iter_rows()}


def _implausible(days: Mapping[str, float], readings: pl.DataFrame | None) -> list[str]:
    """Say where a household hardly draws so much or so little."""
    if readings is None:
        return []
    households = readings["household_id"].n_unique()
    whole = sorted(abs(kwh) / households for kwh in days.values())
    middle = whole[len(whole) // 2]
    if middle > _MOST_PLAUSIBLE_KWH:
        return [f"{middle:,.0f} kWh a day are more than a household draws: is the unit right?"]
    if middle < _LEAST_PLAUSIBLE_KWH and len(whole) > 1:
        return [f"{middle:,.3f} kWh a day are less than a household draws: is the unit right?"]
    return []
