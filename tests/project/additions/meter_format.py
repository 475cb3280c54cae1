"""A meter's format with a structure of its own: half-hours as JSON."""

from tests.project.additions.addition import GENERATED, LISTS, STAGE_SCHEMAS, Addition, Part

MODULE = '''"""Half-hours of a meter as JSON."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING

import polars as pl

from energykit.errors import ArtifactError
from energykit.meters.digits import SECOND_US
from energykit.meters.quantity import Quantity
from energykit.meters.rows import ROW

if TYPE_CHECKING:
    from collections.abc import Iterator

    from energykit.meters.account import Account
    from energykit.meters.source import TextFile

__all__ = ["QUANTITY", "SIGNS", "TITLE", "begins", "rows", "whole_records"]

QUANTITY = Quantity.ENERGY
SIGNS = (1,)


def begins(head: bytes) -> bool:
    """Whether a file that begins so is one."""
    return head.startswith(b"{") and b'"interval_start"' in head


def whole_records(_sample: bytes, /) -> bytes | None:
    """Return None: JSON cannot be cut."""
    return None


def rows(file: TextFile, account: Account) -> Iterator[pl.DataFrame]:
    """Yield rows: energy [Wh]."""
    try:
        entries = json.loads(b"".join(file.blocks()))["results"]
    except ValueError as exc:
        raise ArtifactError(f"is not whole JSON: {exc}", where=str(file.path)) from exc
    found = []
    for number, entry in enumerate(entries, 1):
        if not isinstance(entry.get("consumption"), (int, float)):
            account.leave_out("consumption is not a number", 1, number)
            continue
        start = datetime.fromisoformat(entry["interval_start"])
        row = {"line": number, "household_id": "household", "register": 0, "later": 0}
        row |= {"moment": round(start.timestamp()) * SECOND_US, "span": 1800 * SECOND_US}
        found.append(row | {"value0": entry["consumption"] * 1000})
    yield pl.DataFrame(found, schema={**ROW, "value0": pl.Float64()})
'''
EXAMPLE = (
    '    "halfhour": (\n        \'{"results": [{"consumption": 2.0, "interval_start": '
    '"2025-01-01T00:00:00Z"}]}\',\n        2.0,\n    ),'
)
METER_FORMAT = Addition(
    parts=(
        Part(file="energykit/meters/formats/halfhour.py", text=MODULE, is_listed=False),
        Part(
            file="energykit/meters/formats/halfhour.py",
            after="SIGNS = (1,)",
            text='TITLE = "half-hours as JSON"',
        ),
        Part(
            file="energykit/meters/formats/halfhour.py",
            after="    for number, entry in enumerate(entries, 1):",
            text="        account.rows_in += 1",
        ),
        Part(
            file="energykit/meters/formats/__init__.py",
            last_of="FORMATS = (",
            text='    "halfhour",',
        ),
        Part(
            file="energykit/meters/parameters.py",
            replaces='``"dsmr"``',
            text='``"dsmr"``,\n    ``"halfhour"``',
        ),
        Part(
            file="docs/your-data.md",
            replaces='`"dsmr"`',
            text='`"dsmr"`, `"halfhour"`',
        ),
        Part(file="tests/meters/formats.py", after="EXAMPLES = {", text=EXAMPLE),
    ),
    checks=(LISTS, GENERATED, "tests/meters/test_every_format.py"),
    commands=(STAGE_SCHEMAS,),
    proof="""
from pathlib import Path
from energykit.looking import look
text = '{"results": [{"consumption": 2.0, "interval_start": "2025-01-01T00:00:00Z"}]}'
Path("data/mine.json").write_text(text)
assert dict(look("data/mine.json").kwh_per_day) == {"2025-01-01": 2.0}
""",
)
