"""Records of pipelines that a notebook ran: what each stage sent, and what the next one received.

A record is a file ``runs/ID/run.json`` of the kit's form. A file of this name that has another form
belongs to something else and is left alone.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["LostRows", "find_lost_rows", "has_pipeline_records"]

_FORMAT = 1


@dataclass(frozen=True, kw_only=True)
class LostRows:
    """Rows that one stage sent and the next one did not receive."""

    started: datetime
    """When the receiving stage began."""
    text: str
    """Run, stages and numbers, as a sentence."""


def find_lost_rows(folder: Path, since: datetime) -> Iterator[LostRows]:
    """Yield the rows lost between the stages of each pipeline that succeeded below a folder.

    Parameters
    ----------
    folder
        Records are looked for in every ``runs`` folder below it.
    since
        Older pipelines are left out.
    """
    for path in sorted(folder.glob("**/runs/*/run.json")):
        record = _read(path)
        if record.get("ok"):
            yield from (lost for lost in _compare_stages(record) if lost.started >= since)


def has_pipeline_records(folder: Path) -> bool:
    """Return whether a folder is the data root of a pipeline that ran."""
    return any(_read(path) for path in folder.glob("runs/*/run.json"))


def _read(path: Path) -> dict[str, Any]:
    """Return a record; empty where the file has another form."""
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        is_record = record["format"] == _FORMAT and record["run_id"] and record["stages"]
    except (OSError, ValueError, TypeError, KeyError):
        return {}
    return dict(record) if is_record else {}


def _compare_stages(record: dict[str, Any]) -> Iterator[LostRows]:
    stages = [stage for stage in record["stages"] if isinstance(stage, dict)]
    wrote = {stage["output_file"]: stage for stage in stages if stage.get("output_file")}
    for stage in stages:
        before = wrote.get(stage.get("input_file"), stage)
        sent, received = _rows(before, "rows_out"), _rows(stage, "rows_in")
        if before is not stage and None not in {sent, received} and sent != received:
            yield LostRows(
                started=datetime.fromisoformat(stage["started"]).astimezone(UTC),
                text=f"run {record['run_id']}: {before['id']} sent {sent:,} rows, "
                f"{stage['id']} received {received:,}",
            )


def _rows(stage: dict[str, Any], name: str) -> int | None:
    rows = (stage.get("metrics") or {}).get(name)
    return rows if isinstance(rows, int) else None
