"""What a look at a file found, to look at."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from energykit import html

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import polars as pl

__all__ = ["Clue", "Look"]

_SHOWN_READINGS = 5
_SHOWN_DAYS = 7


@dataclass(frozen=True, kw_only=True)
class Clue:
    """One thing that a file shows."""

    topic: str
    """What it is about: layout, header, clock, power, …."""
    value: str
    """What was found."""
    evidence: str
    """What shows it."""


@dataclass(frozen=True, kw_only=True)
class Look:
    """What a look at a meter's file found; nothing was imported."""

    path: Path
    """The file."""
    clues: tuple[Clue, ...]
    """What it is, with the evidence."""
    doubts: tuple[str, ...]
    """What is doubtful and why, or what only the owner can know."""
    remarks: tuple[str, ...]
    """What the import of the sample says: rows left out, sorted, used once."""
    parameters: Mapping[str, Any]
    """Parameters of the generator that import it; empty where the file is not recognised."""
    readings: pl.DataFrame | None
    """The first readings as an import gives them; None where it gives none."""
    kwh_per_day: Mapping[str, float]
    """Energy of each day of the sample, of all households together [kWh]."""
    bytes_read: int
    """How much of the file was looked at, of a packed one after unpacking [byte]."""
    is_whole: bool
    """Whether all of it was looked at."""
    size: int
    """Size of the file [byte]."""

    @property
    def layout(self) -> str:
        """What the file is; ``"not recognised"`` where nothing fits."""
        return next((c.value for c in self.clues if c.topic == "layout"), "not recognised")

    @property
    def is_recognised(self) -> bool:
        """Whether parameters are proposed and give readings."""
        return bool(self.parameters) and self.readings is not None

    def plain(self) -> dict[str, Any]:
        """Return everything as JSON has it."""
        return {
            "file": str(self.path),
            "layout": self.layout,
            "clues": [vars(clue) for clue in self.clues],
            "doubts": list(self.doubts),
            "remarks": list(self.remarks),
            "parameters": dict(self.parameters),
            "readings": []
            if self.readings is None
            else self.readings.head(_SHOWN_READINGS).to_dicts(),
            "kwh_per_day": dict(self.kwh_per_day),
            "bytes_read": self.bytes_read,
            "is_whole": self.is_whole,
            "size": self.size,
        }

    def __repr__(self) -> str:
        """Show everything as text."""
        lines = [f"{self.path.name}: {self.layout}"]
        lines += [
            f"  {c.topic:<12} {c.value}  ({c.evidence})" for c in self.clues if c.topic != "layout"
        ]
        lines += [f"  doubtful: {doubt}" for doubt in self.doubts]
        lines += [f"  import says: {remark}" for remark in self.remarks]
        if self.readings is not None:
            lines += ["  first readings:", *self._reading_lines(), self._energy_line()]
        if not self.is_whole:
            lines.append(f"  {self._part()}")
        if self.parameters:
            text = json.dumps(dict(self.parameters), indent=2, ensure_ascii=False)
            lines += ["  parameters, ready to paste:", text]
        return "\n".join(lines)

    def _part(self) -> str:
        of = f" of {self.size:,}" if self.bytes_read < self.size else ""
        return f"looked at the first {self.bytes_read:,}{of} bytes only"

    def _reading_lines(self) -> list[str]:
        assert self.readings is not None, "there are readings"
        return [
            f"    {row['timestamp']}  {row['household_id']}  {row['power_consumption']:,.1f} W"
            + (f"  for {row['interval_s']:,.0f} s" if row["interval_s"] is not None else "")
            for row in self.readings.head(_SHOWN_READINGS).iter_rows(named=True)
        ]

    def _energy_line(self) -> str:
        days = list(self.kwh_per_day.items())[:_SHOWN_DAYS]
        more = " …" if len(self.kwh_per_day) > _SHOWN_DAYS else ""
        assert self.readings is not None, "there are readings"
        households = self.readings["household_id"].n_unique()
        whose = "" if households == 1 else f" of {households:,} households"
        shown = ", ".join(f"{day}: {kwh:,.2f} kWh" for day, kwh in days)
        return f"  energy per day{whose}: {shown}{more}"

    def _repr_html_(self) -> str:
        return str(self.to_html())

    def to_html(self) -> html.Html:
        """Return everything as HTML."""
        rows = [(clue.topic, clue.value, clue.evidence) for clue in self.clues]
        parts = [html.table(("", "found", "because"), rows)]
        parts += [html.element("p", f"⚠ {doubt}") for doubt in self.doubts]
        parts += [html.element("p", f"import says: {remark}") for remark in self.remarks]
        if self.readings is not None:
            shown = self.readings.head(_SHOWN_READINGS)
            parts.append(
                html.table(
                    tuple(shown.columns), [tuple(map(str, row)) for row in shown.iter_rows()]
                )
            )
            parts.append(html.element("p", self._energy_line().strip()))
        if not self.is_whole:
            parts.append(html.element("p", self._part()))
        if self.parameters:
            text = json.dumps(dict(self.parameters), indent=2, ensure_ascii=False)
            parts.append(html.element("pre", text))
        return html.card(f"{self.path.name}: {self.layout}", *parts)
