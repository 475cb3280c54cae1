"""The files of one call: complete beside their targets first, then put in place together."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from energykit.artifacts import replace_file, write
from energykit.artifacts.atomic import Replacements, explain_write_errors
from energykit.artifacts.writer import Written
from energykit.errors import PathRefusedError
from energykit.readings.batch import batches
from energykit.serving.inputs import FileDigest
from energykit.serving.opened import held_folder
from energykit.serving.tables import to_polars

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    import polars as pl

    from energykit.serving.context import StageContext
    from energykit.serving.inputs import InputFile
    from energykit.serving.output import Output

__all__ = ["OutputFiles"]


class OutputFiles:
    """Writes what a stage gave back; the output file last, so that it stands for a finished stage.

    Parameters
    ----------
    context
        The call; cancelling it stops the writing between batches.
    inputs
        What no output may replace.
    """

    def __init__(self, context: StageContext, inputs: tuple[InputFile, ...]) -> None:
        self._context = context
        self._inputs = inputs
        self._target = PurePosixPath(context.output_file)
        self._local: Path | None = None
        self._beside: list[FileDigest] = []
        self._rows_skipped: Callable[[], int] = int
        self.main: Written | None = None
        """The output file; None where the stage writes none."""

    @property
    def digests(self) -> list[FileDigest]:
        """Every file written, the output file first."""
        return [*([_digest(str(self._target), self.main)] if self.main else []), *self._beside]

    def check_target(self) -> None:
        """Refuse an output that is an input.

        What its name leads to later is of no account: the folder is opened without following
        links, and a link in the place of the file is replaced, not followed.

        Raises
        ------
        PathRefusedError
            It is, by whatever spelling or link; or it is outside the data root, or a folder.
        """
        self._local = self._locate(self._context.output_file)

    def write(
        self, output: Output, rows_skipped: Callable[[], int], check: Callable[[], None]
    ) -> None:
        """Write everything.

        Parameters
        ----------
        output
            What the stage gave back.
        rows_skipped
            How many rows were left out; asked after the last row was written.
        check
            Called when all files are complete, directly before they replace their targets; what it
            raises leaves all targets as they were.

        Raises
        ------
        ArtifactError
            A file cannot be written; all targets are as they were.
        PathRefusedError
            A file beside the output would be outside the data root, or is an input.
        StageFailedError
            What the stage gave back is not a frame.
        """
        self._rows_skipped = rows_skipped
        with ExitStack() as held, Replacements(check) as together:
            self._write_all(output, together, held)

    def _write_all(self, output: Output, together: Replacements, held: ExitStack) -> None:
        content = output.frame

        def write_beside(*, at_end: bool) -> None:
            for suffix, part in output.beside.items():
                if callable(part) is at_end:
                    self._write_beside(suffix, part, together, held)

        write_beside(at_end=False)
        if content is None or isinstance(content, (str, bytes)):
            write_beside(at_end=True)
        elif any(map(callable, output.beside.values())):
            content = _then(batches(to_polars(content)), lambda: write_beside(at_end=True))
        if content is not None:
            target = self._local or self._locate(str(self._target))
            self.main = self._write(content, target, together, held)

    def _write_beside(
        self, suffix: str, content: Any, together: Replacements, held: ExitStack
    ) -> None:
        name = self._target.stem + suffix if suffix.startswith(".") else suffix
        path = str(self._target.with_name(name))
        content = content() if callable(content) else content
        written = self._write(content, self._locate(path), together, held)
        self._beside.append(_digest(path, written))

    def _write(
        self, content: Any, target: Path, together: Replacements, held: ExitStack
    ) -> Written:
        self._context.check()
        target = self._hold(target, held)
        if isinstance(content, (str, bytes)):
            data = content.encode() if isinstance(content, str) else content
            return _write_bytes(data, target, together)
        return write(
            to_polars(content),
            target,
            skipped_rows=self._rows_skipped,
            on_rows=lambda rows: self._context.progress("writing", rows),
            together=together,
        )

    def _locate(self, wire_path: str) -> Path:
        """Return the local path of an output, by its name."""
        target = self._context.root.resolve_output(wire_path)
        for entry in self._inputs:
            if entry.is_same(target):
                what = f"the output is the input {entry.wire_path!r}, which it would replace"
                raise PathRefusedError(
                    what, where=repr(wire_path), hint="name another file for the output"
                )
        return target

    def _hold(self, target: Path, held: ExitStack) -> Path:
        """Return a path in the target's folder, which is held open until all is written."""
        root = self._context.root.folder
        with explain_write_errors(target):
            folder = held.enter_context(
                held_folder(root, target.parent.relative_to(root), creates=True)
            )
        self._context.names[f"{folder}/"] = f"{target.parent}/"
        return folder / target.name


def _then(parts: Iterable[pl.DataFrame], finish: Callable[[], None]) -> Iterator[pl.DataFrame]:
    """Pass batches on; after the last one, do what can only be done then."""
    yield from parts
    finish()


def _digest(path: str, written: Written) -> FileDigest:
    return FileDigest(path=path, sha256=written.sha256, bytes=written.bytes)


def _write_bytes(data: bytes, target: Path, together: Replacements) -> Written:
    with replace_file(target, together=together) as file:
        file.write(data)
    return Written(target, 0, file.size, file.sha256)
