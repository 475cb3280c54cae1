"""Verdicts as JUnit XML, as build servers read it: a test case for each notebook and parameter set.

Each stands in a suite of its own, as the schema (``junit-10.xsd`` of Jenkins) has properties for
suites only: the cells, the records and the command are its properties.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import PurePath
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from energykit.notebooks.atomic_file import write_whole

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from energykit.notebooks.verdict.record import CellVerdict, NotebookVerdict, Report, Status

__all__ = ["write_junit"]

_SUITE = "energykit notebooks"
_ERRORS: frozenset[Status] = frozenset({"timed-out", "kernel-died", "refused", "not-run"})
"""What is an error in JUnit's words; all else that is not passed is a failure."""
_NO_XML = re.compile("\x1b\\[[0-9;]*m|[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_LARGEST_TEXT = 20_000


def write_junit(report: Report, path: Path) -> Path:
    """Write a report as JUnit XML and return the path.

    Parameters
    ----------
    report
        The verdicts.
    path
        The file; replaced whole or not at all.
    """
    suites = _suites(report)
    ET.indent(suites)
    text = ET.tostring(suites, encoding="utf-8", xml_declaration=True)
    return write_whole(path, text)


def _suites(report: Report) -> ET.Element:
    suites = ET.Element("testsuites", _sums(_SUITE, report.notebooks, report.seconds))
    started = datetime.now(UTC) - timedelta(seconds=report.seconds)
    stamp = started.replace(tzinfo=None).isoformat(timespec="seconds")
    for verdict in report.notebooks:
        attributes = _sums(verdict.title, [verdict], verdict.seconds) | {
            "skipped": "0",
            "timestamp": stamp,
        }
        suite = ET.SubElement(suites, "testsuite", attributes)
        properties = ET.SubElement(suite, "properties")
        for key, value in _properties(verdict):
            ET.SubElement(properties, "property", name=_clean(key), value=_clean(value))
        suite.append(_case(verdict))
    return suites


def _sums(name: str, verdicts: Sequence[NotebookVerdict], seconds: float) -> dict[str, str]:
    kinds = [_kind(one) for one in verdicts]
    counts = {
        "tests": len(kinds),
        "failures": kinds.count("failure"),
        "errors": kinds.count("error"),
    }
    return {
        "name": _clean(name),
        **{key: str(count) for key, count in counts.items()},
        "time": f"{seconds:.3f}",
    }


def _kind(verdict: NotebookVerdict) -> str:
    return "" if verdict.ok else "error" if verdict.status in _ERRORS else "failure"


def _case(verdict: NotebookVerdict) -> ET.Element:
    path = PurePath(verdict.path)
    name = f"{path.stem}[{verdict.set_name}]" if verdict.set_name else path.stem
    folder = ".".join(part for part in path.parent.parts if part not in {path.anchor, ".", ".."})
    case = ET.Element(
        "testcase",
        name=_clean(name),
        classname=_clean(folder or "."),
        time=f"{verdict.seconds:.3f}",
    )
    if not verdict.ok:
        found = ET.SubElement(
            case, _kind(verdict), type=verdict.status, message=_clean(verdict.reason)
        )
        found.text = _clean(_failure_text(verdict))
    ET.SubElement(case, "system-out").text = _clean("\n".join(_printed(verdict)))
    return case


def _properties(verdict: NotebookVerdict) -> Iterator[tuple[str, str]]:
    yield "notebook", verdict.path
    yield "command", verdict.command
    yield "folder", verdict.folder
    yield from ((f"parameter {name}", repr(value)) for name, value in verdict.parameters.items())
    yield from ((f"record {name}", repr(value)) for name, value in verdict.records.items())
    yield from ((f"cell {cell.number:02d} {cell.id}", _cell(cell)) for cell in verdict.cells)


def _cell(cell: CellVerdict) -> str:
    memory = f", {cell.peak_mb:.0f} MB" if cell.peak_mb else ""
    return f"{cell.status}, {cell.seconds:.3f} s{memory}"


def _failure_text(verdict: NotebookVerdict) -> str:
    """Return the reason, how to see it again, what differs, and the ends of the logs."""
    differences = [f"{one.kind} {one.name}: {one.why}" for one in verdict.differences]
    output = verdict.culprit.output if verdict.culprit else ""
    logs = [f"--- {log.path}\n{log.text}" for log in verdict.logs]
    return "\n\n".join(
        filter(None, [verdict.reason, f"again: {verdict.command}", *differences, output, *logs])
    )


def _printed(verdict: NotebookVerdict) -> Iterator[str]:
    for cell in verdict.cells:
        yield f"{cell.title}: {_cell(cell)}"
        if cell.output:
            yield cell.output


def _clean(text: str) -> str:
    """Return a text without what XML cannot hold; of a long one its beginning and its end."""
    text = _NO_XML.sub("", text)
    if len(text) <= _LARGEST_TEXT:
        return text
    half = _LARGEST_TEXT // 2
    return f"{text[:half]}\n… {len(text) - 2 * half:,} characters left out …\n{text[-half:]}"
