"""A format of artefacts: Arrow."""

from tests.project.additions.addition import LISTS, Addition, Part

ARROW = '''"""Readings and reports in Arrow's file format."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, BinaryIO

import polars as pl

from energykit.artifacts.columns import recognise
from energykit.artifacts.content import check_content
from energykit.artifacts.usable import Pass, usable_typed_rows
from energykit.errors import ArtifactError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from energykit.artifacts.formats import Target

__all__ = ["ArrowReader", "write_arrow"]


class ArrowReader:
    """Reads one Arrow file."""

    def __init__(self, stream: BinaryIO, path: Path) -> None:
        check_content(path, stream.read(4096))
        try:
            self._frame = pl.read_ipc(path)
        except (OSError, pl.exceptions.PolarsError, pl.exceptions.PanicException) as exc:
            raise ArtifactError(f"is not an Arrow file: {exc}", where=str(path)) from exc
        self.table = recognise(self._frame.columns, where=str(path))

    def read(self, run: Pass, *, strict: bool = False) -> Iterator[pl.DataFrame]:
        """Yield the usable rows."""
        typed = self._frame.select(
            pl.col(column.name).cast(column.dtype) for column in self.table.columns
        )
        first = run.tally.rows_in + 1
        run.tally.rows_in += typed.height
        used = usable_typed_rows(typed, first, run)
        run.tally.rows_used += used.height
        yield used


def write_arrow(parts: Iterable[pl.DataFrame], target: Target) -> int:
    """Write batches as one Arrow file."""
    frame, content = pl.concat(list(parts)), io.BytesIO()
    frame.write_ipc(content)
    target.file.write(content.getvalue())
    return frame.height
'''
ARTIFACT_FORMAT = Addition(
    parts=(
        Part(file="energykit/artifacts/arrow_format.py", text=ARROW),
        Part(
            file="energykit/artifacts/formats.py",
            after="    for entry in (",
            text='        Format(name="Arrow", suffix=".arrow", looks="an Arrow file",\n'
            '            reader="energykit.artifacts.arrow_format:ArrowReader",\n'
            '            writer="energykit.artifacts.arrow_format:write_arrow"),',
        ),
    ),
    checks=(
        LISTS,
        *(f"tests/artifacts/test_{name}.py" for name in ("bad_files", "lacking", "writer")),
    ),
    proof="""
import polars as pl
from energykit.artifacts import frame, write
row = {"timestamp": "2025-01-01T00:00:00Z", "household_id": "a", "power_consumption": 1.0}
write(pl.DataFrame([{**row, "voltage": 230.0, "current": 1.0}]), "data/one.arrow")
assert frame("data/one.arrow")["power_consumption"].to_list() == [1.0]
""",
)
