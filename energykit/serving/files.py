"""The files of one call: those beside the output first, the output last, so that it stands for a finished stage."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from energykit.artifacts import replace_file, write
from energykit.artifacts.writer import Written
from energykit.readings.batch import batches
from energykit.serving.tables import to_polars

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    import polars as pl

    from energykit.serving.context import StageContext
    from energykit.serving.output import Output

__all__ = ["OutputFiles"]


class OutputFiles:
    """Writes what a stage gave back.

    Parameters
    ----------
    output
        What it gave back.
    context
        The call; cancelling it stops the writing between batches.
    rows_skipped
        How many rows were left out; asked after the last row was written.
    """

    def __init__(
        self, output: Output, context: StageContext, rows_skipped: Callable[[], int]
    ) -> None:
        self._output = output
        self._context = context
        self._rows_skipped = rows_skipped
        self._target = PurePosixPath(context.output_file)
        self._beside: list[str] = []
        self.main: Written | None = None
        """The output file; None where the stage writes none."""

    @property
    def names(self) -> list[str]:
        """Every file written, the output file first, as the request names paths."""
        return [*([str(self._target)] if self.main else []), *self._beside]

    def write(self, target: Path) -> None:
        """Write everything.

        Parameters
        ----------
        target
            Local path of the output file.

        Raises
        ------
        ArtifactError
            A file cannot be written; the output file is as it was.
        PathRefusedError
            A file beside it would be outside the data root.
        StageFailedError
            What the stage gave back is no frame.
        """
        content = self._output.frame
        self._write_beside(at_end=False)
        if content is None or isinstance(content, (str, bytes)):
            self._write_beside(at_end=True)
        elif any(map(callable, self._output.beside.values())):
            content = self._then_beside(batches(to_polars(content)))
        if content is not None:
            self.main = self._write(content, target)

    def _then_beside(self, parts: Iterable[pl.DataFrame]) -> Iterator[pl.DataFrame]:
        """Pass batches on; after the last one, write what can only be known then."""
        yield from parts
        self._write_beside(at_end=True)

    def _write_beside(self, *, at_end: bool) -> None:
        for suffix, content in self._output.beside.items():
            if callable(content) is at_end:
                name = str(
                    self._target.with_name(
                        self._target.stem + suffix if suffix.startswith(".") else suffix
                    )
                )
                made = content() if callable(content) else content
                self._write(made, self._context.root.resolve_output(name))
                self._beside.append(name)

    def _write(self, content: Any, target: Path) -> Written:
        self._context.check()
        if isinstance(content, (str, bytes)):
            return _write_bytes(content.encode() if isinstance(content, str) else content, target)
        return write(
            to_polars(content), target, skipped_rows=self._rows_skipped, on_rows=self._on_rows
        )

    def _on_rows(self, rows: int) -> None:
        self._context.progress("writing", rows)


def _write_bytes(data: bytes, target: Path) -> Written:
    with replace_file(target) as file:
        file.write(data)
    return Written(target, 0, file.size, file.sha256)
