"""A measured value beside its target: a line to read, which ``run.py`` gathers into its table."""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["Verdict", "read", "tell"]

_LINE = re.compile(
    r"  (?P<name>\S.*?) {2,}(?P<value>\S+)(?: (?P<unit>\S+))?"
    r"  (?:target at (?P<bound>most|least) (?P<target>\S+)(?: \S+)?: "
    r"(?P<word>reached|MISSED)(?P<note>.*)|no target of its own)"
)


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """A value and its target."""

    name: str
    value: str
    target: str
    is_reached: bool
    note: str


def tell(
    name: str,
    value: float,
    unit: str = "",
    *,
    at_most: float = 0.0,
    at_least: float = 0.0,
    note: str = "",
) -> None:
    """Print a value, its target (one of the two bounds, or none), and whether it is reached."""
    after = f" {unit}" if unit else ""
    if not at_most and not at_least:
        print(f"  {name:<44} {value:>10,.2f}{after}  no target of its own")
        return
    bound, target = ("least", at_least) if at_least else ("most", at_most)
    is_reached = value >= target if at_least else value <= target
    said = f" ({note})" if note else ""
    print(
        f"  {name:<44} {value:>10,.2f}{after}  target at {bound} {target:,g}{after}: "
        f"{'reached' if is_reached else 'MISSED'}{said}"
    )


def read(line: str) -> Verdict | None:
    """Return what a line of `tell` says; None for any other line."""
    found = _LINE.fullmatch(line.rstrip("\n"))
    if found is None:
        return None
    unit = f" {found['unit']}" if found["unit"] else ""
    return Verdict(
        name=found["name"],
        value=found["value"] + unit,
        target=f"at {found['bound']} {found['target']}{unit}" if found["bound"] else "",
        is_reached=found["word"] != "MISSED",
        note=(found["note"] or "").strip(" ()"),
    )
