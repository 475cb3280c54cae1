"""What a test gets of a notebook that ran: its verdict, and what it recorded, drew and logged."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass
from functools import cached_property
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any

from energykit.errors import EnergykitError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from energykit.notebooks.verdict.record import LogTail, NotebookVerdict

__all__ = ["Figure", "NotebookRun", "describe_failure"]

_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True)
class Figure:
    """A picture that a cell showed."""

    cell_id: str
    """Id of the cell."""
    alt: str
    """Its text for those who do not see it; empty where it has none."""
    image: bytes
    """PNG, or SVG as text in UTF-8."""


@dataclass(frozen=True)
class NotebookRun:
    """A notebook that ran headless."""

    verdict: NotebookVerdict
    """What became of it, cell by cell."""

    @property
    def ok(self) -> bool:
        """Whether it passed."""
        return self.verdict.ok

    @property
    def records(self) -> Mapping[str, Any]:
        """Values that it recorded, by name."""
        return self.verdict.records

    @property
    def logs(self) -> tuple[LogTail, ...]:
        """Ends of the logs that its services wrote."""
        return self.verdict.logs

    @property
    def timings(self) -> dict[str, float]:
        """How long each cell ran, by its id [s]."""
        return {cell.id: cell.seconds for cell in self.verdict.cells}

    @property
    def path(self) -> Path:
        """The executed copy."""
        return Path(self.verdict.folder, Path(self.verdict.path).name)

    @cached_property
    def outputs(self) -> dict[str, str]:
        """What each code cell printed and returned as text, by its id; without colours."""
        return {cell.get("id", ""): "".join(_texts(cell)) for cell in self._code()}

    @cached_property
    def figures(self) -> tuple[Figure, ...]:
        """The pictures that its cells showed, in order."""
        return tuple(figure for cell in self._code() for figure in _figures(cell))

    def raise_for_failure(self) -> NotebookRun:
        """Return this run where it passed.

        Raises
        ------
        energykit.errors.EnergykitError
            It did not; the text says why, with the cell and its line.
        """
        if self.ok:
            return self
        raise EnergykitError(describe_failure(self.verdict), where=self.verdict.path)

    def _code(self) -> list[dict[str, Any]]:
        if not self.path.is_file():
            return []
        cells = json.loads(self.path.read_text(encoding="utf-8"))["cells"]
        return [cell for cell in cells if cell["cell_type"] == "code"]


def describe_failure(verdict: NotebookVerdict) -> str:
    """Return why a notebook did not pass: cell, line, source, output, differences, logs."""
    cell = verdict.culprit
    lines = [f"{verdict.status}: {verdict.path}"]
    if cell is not None:
        lines.append(cell.title + (f", line {cell.line}:" if cell.line else ":"))
        lines += [f"    {cell.source}"] if cell.source else []
        lines += [cell.why]
        lines += ["", *cell.output.rstrip().splitlines()] if cell.output.strip() else []
    else:
        lines.append(verdict.why)
    lines += [f"{one.kind} {one.name}: {one.why}" for one in verdict.differences]
    for log in verdict.logs:
        lines += [f"{log.path}: {error}" for error in log.errors]
    return "\n".join([*lines, "", *_next(verdict)])


def _next(verdict: NotebookVerdict) -> Iterator[str]:
    yield f"again:    {verdict.command}"
    yield f"look in:  {verdict.look}"
    if verdict.folder:
        yield f"executed: {NotebookRun(verdict).path}"


def _texts(cell: dict[str, Any]) -> Iterator[str]:
    for output in cell["outputs"]:
        text = (
            output.get("text")
            or output.get("data", {}).get("text/plain")
            or output.get("traceback", "")
        )
        separator = "\n" if "traceback" in output else ""
        yield _COLOURS.sub("", text if isinstance(text, str) else separator.join(text))


def _figures(cell: dict[str, Any]) -> Iterator[Figure]:
    for output in cell["outputs"]:
        data = output.get("data", {})
        if "image/png" in data:
            yield Figure(cell.get("id", ""), "", base64.b64decode("".join(data["image/png"])))
        elif "image/svg+xml" in data:
            yield Figure(cell.get("id", ""), "", "".join(data["image/svg+xml"]).encode())
        elif "text/html" in data:
            pictures = _Pictures()
            pictures.feed("".join(data["text/html"]))
            yield from (Figure(cell.get("id", ""), alt, image) for alt, image in pictures.found)


class _Pictures(HTMLParser):
    """Pictures inside HTML: ``<img>`` of inline data, and ``<svg>`` in an element that names it."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, bytes]] = []
        self._label = ""
        self._start = (0, 0)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take an inline image."""
        given = {name: value or "" for name, value in attrs}
        head, _, data = given.get("src", "").partition(";base64,")
        if tag == "img" and head.startswith("data:image/"):
            self.found.append((unescape(given.get("alt", "")), base64.b64decode(data)))
        if given.get("role") == "img":
            self._label = given.get("aria-label", "")
        if tag == "svg":
            self._start = self.getpos()

    def handle_endtag(self, tag: str) -> None:
        """Take an inline drawing."""
        if tag == "svg" and self._start != (0, 0):
            lines = self.rawdata.splitlines(keepends=True)
            (first, column), (last, end) = self._start, self.getpos()
            text = "".join(lines[first - 1 : last - 1]) + lines[last - 1][:end] + "</svg>"
            self.found.append((self._label, text[column:].encode()))
            self._start = (0, 0)
