"""One notebook in the HTML report: what failed and why, how long its cells took, what it left."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from energykit import html
from energykit.notebooks.report.outputs import outputs_html, picture, shortened, text_of
from energykit.notebooks.verdict.executed_copy import read_copy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from energykit.notebooks.report.outputs import SpaceLeft
    from energykit.notebooks.verdict.executed_copy import Copy, ExecutedCell
    from energykit.notebooks.verdict.record import CellVerdict, Difference, LogTail, NotebookVerdict

__all__ = ["article"]

_CONTEXT = 20
"""Lines of a long cell shown before and behind the one that failed."""
_FEW = 12
"""Cells of a failed notebook are not folded, if they are so few."""


def article(verdict: NotebookVerdict, anchor: str, home: Path, room: SpaceLeft) -> html.Html:
    """Return a notebook's part of the report.

    Parameters
    ----------
    verdict
        What became of it.
    anchor
        Its id in the page.
    home
        The folder that the page is in.
    room
        What the page still holds.
    """
    copy = read_copy(verdict)
    if verdict.ok:
        memory = f", {verdict.peak_mb:.0f} MB" if verdict.peak_mb else ""
        summary = html.join(
            [html.badge(verdict.status), f"{verdict.title}, {verdict.seconds:.1f} s{memory}"], " "
        )
        parts = [_cells(verdict), *_leftovers(verdict, copy, home, room)]
        return html.element("article", html.details(summary, *parts), class_="passed", id=anchor)
    head = html.element("h2", html.badge(verdict.status), " ", verdict.title)
    cells = html.details(
        f"Cells: {verdict.seconds:.1f} s in all",
        _cells(verdict),
        is_open=len(verdict.cells) <= _FEW,
    )
    again = html.element("p", "Run it again: ", html.element("code", verdict.command))
    parts = [
        _why(verdict),
        *_culprit(verdict, copy, room),
        *_differences(verdict, room),
        again,
        cells,
    ]
    return html.element("article", head, *parts, *_leftovers(verdict, copy, home, room), id=anchor)


def _why(verdict: NotebookVerdict) -> html.Html:
    """Return the cell, the line and the cause as one sentence."""
    cell = verdict.culprit
    if cell is None:
        return html.element("p", html.element("b", verdict.why or "no cell failed"), class_="why")
    line = f", line {cell.line}" if cell.line else ""
    name = html.join([" (", html.element("code", cell.id), ")"]) if cell.id else ""
    where = html.join(["Cell ", str(cell.number), name, f"{line}: "])
    also = html.element("p", verdict.why) if verdict.why else ""
    return html.join(
        [html.element("p", where, html.element("b", cell.why[:2000]), class_="why"), also]
    )


def _culprit(verdict: NotebookVerdict, copy: Copy, room: SpaceLeft) -> Iterator[html.Html]:
    cell = verdict.culprit
    executed = copy.cell(cell.number) if cell else None
    if cell and executed:
        yield _source(executed.source, cell.line)
    elif cell and cell.source:
        yield _source(cell.source, 1)
    if cell:
        yield from _printed(cell, executed, copy, room)


def _source(source: str, hit: int) -> html.Html:
    """Return a cell's lines with their numbers; the one that failed is marked."""
    lines = source.splitlines()
    around = (
        range(len(lines))
        if len(lines) <= 3 * _CONTEXT
        else range(max(0, hit - _CONTEXT), hit + _CONTEXT)
    )
    shown = [
        html.element(
            "div",
            html.element("span", number + 1, class_="n"),
            html.element("code", lines[number][:400] or " "),
            class_="hit" if number + 1 == hit else None,
        )
        for number in around
        if number < len(lines)
    ]
    left_out = len(lines) - len(shown)
    note = html.element("div", f"{left_out} more lines", class_="dim") if left_out else ""
    return html.element(
        "div", *shown, note, class_="source", role="group", aria_label="source of the cell"
    )


def _printed(
    cell: CellVerdict, executed: ExecutedCell | None, copy: Copy, room: SpaceLeft
) -> Iterator[html.Html]:
    """Return the traceback and what else the cell left; without a copy, the verdict's text."""
    outputs = executed.outputs if executed else ()
    errors = [one for one in outputs if one.get("output_type") == "error"]
    for one in errors:
        trace = text_of("\n".join(one.get("traceback", [])))
        yield html.element("h3", "Traceback")
        yield html.element("pre", shortened(trace), class_="stderr")
    others = [one for one in outputs if one.get("output_type") != "error"]
    if others:
        yield html.element("h3", "What the cell printed and showed")
        yield outputs_html(others, copy.widgets, room)
    elif cell.output and not errors:
        yield html.element("h3", "What the cell printed")
        yield html.element("pre", shortened(cell.output))


def _differences(verdict: NotebookVerdict, room: SpaceLeft) -> Iterator[html.Html]:
    if not verdict.differences:
        return
    yield html.element("h3", "Not as expected")
    records = [one for one in verdict.differences if not one.image]
    if records:
        rows = [(_place(one), _value(one.expected), _value(one.actual), one.why) for one in records]
        yield html.table(("name", "expected", "actual", "difference"), rows)
    yield from (_figure(one, verdict, room) for one in verdict.differences if one.image)


def _place(one: Difference) -> str:
    return f"{one.name} (cell {one.cell})" if one.cell else one.name


def _value(text: str) -> html.Html:
    return (
        html.element("pre", shortened(text)) if text else html.element("span", "none", class_="dim")
    )


def _figure(one: Difference, verdict: NotebookVerdict, room: SpaceLeft) -> html.Html:
    """Return a figure's expected data beside its picture and its actual data."""
    folder = Path(verdict.run_folder)
    files = [path for path in (folder / one.image,) if path.is_file()]
    kind = "svg+xml" if one.image.endswith(".svg") else "png"
    images = [
        room.take(picture(file, kind, f"{one.name}, actual"), f"too large: {file}")
        for file in files[:1]
    ]
    expected = html.element("div", html.element("b", "Expected"), _value(one.expected))
    actual = html.element("div", html.element("b", "Actual"), _value(one.actual), *images)
    head = html.element("p", html.element("b", one.name), ": ", one.why)
    return html.join([head, html.element("div", expected, actual, class_="pair")])


def _cells(verdict: NotebookVerdict) -> html.Html:
    """Return the cells' seconds and memory, with bars."""
    longest = max((cell.seconds for cell in verdict.cells), default=0.0) or 1.0
    rows = [
        html.element(
            "tr", *_row(cell, longest), class_=None if cell.status in {"passed", "not-run"} else "b"
        )
        for cell in verdict.cells
    ]
    return (
        html.element("table", *rows, class_="cells")
        if rows
        else html.element("p", "no cell ran", class_="note")
    )


def _row(cell: CellVerdict, longest: float) -> Iterator[html.Html]:
    bad = cell.status not in {"passed", "not-run"}
    yield html.element("td", cell.number, class_="r")
    yield html.element("td", html.element("code", cell.id))
    yield html.element(
        "td", f"{html.ICONS.get(cell.status, '•')} {cell.status}", class_="bad" if bad else None
    )
    ran = cell.status != "not-run"
    yield html.element("td", f"{cell.seconds:.2f} s" if ran else "", class_="r")
    yield html.element("td", f"{cell.peak_mb:.0f} MB" if cell.peak_mb else "", class_="r")
    bar = (
        html.element("div", class_="bar", style=f"width:{100 * cell.seconds / longest:.0f}%")
        if ran
        else ""
    )
    yield html.element("td", bar, class_="w")


def _leftovers(
    verdict: NotebookVerdict, copy: Copy, home: Path, room: SpaceLeft
) -> Iterator[html.Html]:
    """Return the logs, the records, the outputs of all cells, and where the executed copy is."""
    yield from map(_log, sorted(verdict.logs, key=lambda log: not log.errors))
    if verdict.records:
        rows = [
            (name, html.element("code", shortened(repr(value), 5)))
            for name, value in verdict.records.items()
        ]
        yield html.details(f"Recorded values: {len(rows)}", html.table(("name", "value"), rows))
    shown = [cell for cell in copy.cells if cell.outputs]
    if shown:
        parts = (_executed(cell, copy, room) for cell in shown)
        yield html.details("Outputs of its cells", *parts)
    if copy.cells:
        link = html.element("a", "executed copy", href=_address(copy.path, home))
        yield html.element("p", link, ": ", html.element("code", copy.path), class_="dim")


def _log(log: LogTail) -> html.Html:
    errors = f", {len(log.errors)} ERROR" if log.errors else ""
    shown = [html.element("pre", "\n".join(log.errors), class_="stderr")] if log.errors else []
    summary = html.element("span", f"Log {log.path}{errors}", class_="bad" if errors else None)
    return html.details(
        summary, *shown, html.element("pre", shortened(log.text)), is_open=bool(errors)
    )


def _executed(cell: ExecutedCell, copy: Copy, room: SpaceLeft) -> html.Html:
    head = html.element("h3", f"Cell {cell.number} ", html.element("code", cell.id))
    return html.join([head, outputs_html(cell.outputs, copy.widgets, room)])


def _address(path: Path, home: Path) -> str:
    """Return a file's address as the page names it: relative where that is possible."""
    try:
        return quote(Path(os.path.relpath(path, home)).as_posix())
    except ValueError:  # another drive
        return path.resolve().as_uri()
