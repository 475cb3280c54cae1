"""A meter's file as UTF-8 text in blocks of whole lines, whatever its packing and encoding."""

from __future__ import annotations

import codecs
import gzip
import io
import zlib
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, BinaryIO

from energykit.artifacts.content import looks_like, open_plain
from energykit.errors import ArtifactError

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

__all__ = ["BLOCK_BYTES", "LINE_BYTES", "TextFile", "decoded"]

BLOCK_BYTES = 3 << 20
"""How much text is read at a time."""
LINE_BYTES = 1 << 20
"""Longest line that is taken for text."""
_HEAD_BYTES = 1 << 16
_GZIP = b"\x1f\x8b"
_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_FALLBACK = "cp1252"
"""What text that is not UTF-8 is taken for: the encoding of Windows in western Europe."""
_PLAIN = {"utf-8", "utf8", "utf-8-sig", "ascii"}


class TextFile:
    """A text file, packed or not, in any encoding.

    Parameters
    ----------
    path
        The file.
    encoding
        Its encoding; None: UTF-16 where a mark or its bytes say so, else UTF-8, and Windows-1252
        for lines that are not UTF-8.

    Raises
    ------
    ArtifactError
        The file cannot be read, is empty, or is not text.
    """

    def __init__(self, path: Path, encoding: str | None = None) -> None:
        self.path = path
        """The file."""
        with self._open() as stream:
            self.head = self._read(stream, _HEAD_BYTES)
            """First bytes, unpacked."""
        if not self.head:
            raise ArtifactError("is empty", where=str(path), hint="check what wrote it")
        self.encoding = encoding or _encoding(self.head)
        """Encoding of the text."""
        self.lines_of_other_encoding = 0
        """Lines of the last pass that were not UTF-8 and were read as Windows-1252."""
        if self.encoding in _PLAIN:
            self._refuse_other_formats()

    def blocks(self, size: int = BLOCK_BYTES) -> Generator[bytes]:
        """Yield the text from its start, UTF-8 with LF line ends, in blocks of whole lines.

        Parameters
        ----------
        size
            Bytes of a block, about.

        Raises
        ------
        ArtifactError
            A line has no end within a megabyte, or the packed data are damaged.
        """
        self.lines_of_other_encoding = 0
        with self._open() as stream:
            text = stream if self.encoding in _PLAIN else _Recoded(stream, self.encoding)
            first = True
            while raw := self._read(text, size):
                block = raw if raw.endswith(b"\n") else raw + self._rest_of_line(text)
                yield self._clean(block.removeprefix(codecs.BOM_UTF8) if first else block)
                first = False

    def first_lines(self) -> list[str]:
        """Return the lines of the file's first 64 KiB, without their ends."""
        with closing(self.blocks(_HEAD_BYTES)) as blocks:
            block = next(blocks, b"")
        return block.decode("utf-8", "replace").split("\n")[: -1 if block.endswith(b"\n") else None]

    @contextmanager
    def _open(self) -> Generator[BinaryIO]:
        with open_plain(self.path) as stream:
            is_packed = stream.read(2) == _GZIP
            stream.seek(0)
            yield gzip.GzipFile(fileobj=stream) if is_packed else stream  # type: ignore[misc]

    def _read(self, stream: BinaryIO | _Recoded, size: int) -> bytes:
        try:
            return stream.read(size)
        except (EOFError, zlib.error, gzip.BadGzipFile) as exc:
            hint = "fetch the file again: it is damaged or was not copied to its end"
            raise ArtifactError(
                f"cannot be unpacked: {exc}", where=str(self.path), hint=hint
            ) from exc
        except UnicodeError as exc:
            hint = "leave `encoding` out, or name the one that the file was written in"
            raise ArtifactError(
                f"is not {self.encoding} text: {exc}", where=str(self.path), hint=hint
            ) from exc

    def _rest_of_line(self, stream: BinaryIO | _Recoded) -> bytes:
        """Read to the end of the line that a block cuts."""
        rest = stream.readline(LINE_BYTES)
        if len(rest) == LINE_BYTES and not rest.endswith(b"\n"):
            raise ArtifactError(
                f"a line is longer than {LINE_BYTES >> 20} MiB",
                where=str(self.path),
                hint="this is not a table in text: check what wrote it",
            )
        return rest

    def _clean(self, block: bytes) -> bytes:
        """Return a block as UTF-8 with LF line ends; other lines are read as Windows-1252."""
        if b"\r" in block:
            block = block.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        if block.isascii() or _is_utf8(block):
            return block
        lines = block.split(b"\n")
        odd = [place for place, line in enumerate(lines) if not _is_utf8(line)]
        self.lines_of_other_encoding += len(odd)
        for place in odd:
            lines[place] = decoded(lines[place]).encode()
        return b"\n".join(lines)

    def _refuse_other_formats(self) -> None:
        kind = looks_like(self.head[:4096])
        if kind in {"text", "HTML or XML", "JSON"} or b"\n" in self.head[:4096]:
            return
        raise ArtifactError(
            f"looks like {kind}, not like a meter's table",
            where=f"{self.path}:1:1",
            hint="export it as CSV; .xlsx and .ods are read by their suffix",
        )


class _Recoded:
    """A stream in another encoding, as UTF-8."""

    def __init__(self, stream: BinaryIO, encoding: str) -> None:
        self._text = io.TextIOWrapper(stream, encoding=encoding, newline=None)

    def read(self, size: int) -> bytes:
        return self._text.read(size // 2).encode()

    def readline(self, size: int) -> bytes:
        return self._text.readline(size).encode()


def decoded(line: bytes) -> str:
    """Return a line that is not UTF-8 as text."""
    return line.decode(_FALLBACK, "replace")


def _is_utf8(text: bytes) -> bool:
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True


def _encoding(head: bytes) -> str:
    """Return the encoding that a file's first bytes show."""
    for mark, name in _MARKS.items():
        if head.startswith(mark):
            return name
    if looks_like(head[:4096]) == "UTF-16 text":
        return "utf-16-le" if head[1::2].count(0) > head[::2].count(0) else "utf-16-be"
    return "utf-8"
