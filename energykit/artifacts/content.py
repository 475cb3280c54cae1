"""What a file is before it is read: there, plain, not empty, and of the format its suffix names."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING, BinaryIO

from energykit.artifacts.formats import FORMATS, TEXT
from energykit.errors import ArtifactError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["check_content", "looks_like", "open_plain", "unusable"]

_HEAD_BYTES = 4096
_MARKS = (
    (b"PAR1", "a Parquet file"),
    (b"\xff\xfe", "UTF-16 text"),
    (b"\xfe\xff", "UTF-16 text"),
    (b"\x1f\x8b", "gzip data"),
    (b"\x28\xb5\x2f\xfd", "zstd data"),
    (b"PK\x03\x04", "a ZIP archive or a spreadsheet"),
    (b"%PDF", "a PDF document"),
    (b"\x89PNG", "a PNG picture"),
    (b"ARROW1", "an Arrow file"),
    (b"SQLite format 3", "an SQLite database"),
    (b"\x7fELF", "a program"),
    (b"\xd0\xcf\x11\xe0", "an old office document"),
)
_KINDS = {
    stat.S_IFDIR: "a directory",
    stat.S_IFIFO: "a named pipe (FIFO)",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}
_CONTROL = bytes(set(range(32)) - set(b"\t\n\r\f\x1b"))


def open_plain(path: Path) -> BinaryIO:
    """Open a plain file for reading; never wait for a pipe or a device.

    Raises
    ------
    ArtifactError
        There is no such file, it may not be read, or it is not a plain file.
    """
    flags = (
        os.O_RDONLY
        | getattr(os, "O_NONBLOCK", 0)
        | getattr(os, "O_BINARY", 0)
        | getattr(os, "O_CLOEXEC", 0)
    )
    try:
        if path.is_dir():  # Windows refuses to open one, with a text that does not say so
            raise _not_plain(path, stat.S_IFDIR)
        handle = os.open(path, flags)
    except OSError as exc:
        raise unusable(path, exc) from exc
    kind = stat.S_IFMT(os.fstat(handle).st_mode)
    if kind != stat.S_IFREG:
        os.close(handle)
        raise _not_plain(path, kind)
    return os.fdopen(handle, "rb")


def _not_plain(path: Path, kind: int) -> ArtifactError:
    """Describe a path that is not a plain file."""
    return ArtifactError(
        f"is {_KINDS.get(kind, 'a special file')}, not a file",
        where=str(path),
        hint="name a plain file",
    )


def unusable(path: Path, exc: OSError) -> ArtifactError:
    """Describe why the operating system does not open a file for reading."""
    if isinstance(exc, FileNotFoundError):
        return ArtifactError(
            "there is no such file",
            where=str(path),
            hint="check the path, and whether the stage that writes it has run",
            code="NOT_FOUND",
        )
    code = "PERMISSION_DENIED" if isinstance(exc, PermissionError) else "INTERNAL"
    return ArtifactError(
        f"cannot be read: {exc.strerror}",
        where=str(path),
        hint="check the file's permissions",
        code=code,
    )


def looks_like(head: bytes) -> str:
    """Say what a file's first bytes look like, as a noun with its article."""
    for mark, name in _MARKS:
        if head.startswith(mark):
            return name
    if head[:1] in {b"{", b"["}:
        return "JSON"
    if head.lstrip()[:1] == b"<":
        return "HTML or XML"
    if b"\0" in head and (
        head[1::2].count(0) > len(head) // 4 or head[::2].count(0) > len(head) // 4
    ):
        return "UTF-16 text"
    if head[:1] == b"\x0a" and head.translate(None, _CONTROL) != head:
        return "protobuf messages (.pb)"
    return "binary data" if head.translate(None, _CONTROL) != head else "text"


def check_content(path: Path, head: bytes) -> None:
    """Refuse a file whose first bytes are not what its suffix says.

    Raises
    ------
    ArtifactError
        The file is empty (a ``.pb`` may be: it holds no rows), or of another format.
    """
    suffix = path.suffix.lower()
    format_ = FORMATS.get(suffix, FORMATS[".csv"])
    if not head:
        if format_.may_be_empty:
            return
        raise ArtifactError(
            "is empty", where=str(path), hint="check whether the stage that writes it has run"
        )
    found = looks_like(head[:_HEAD_BYTES])
    is_text = format_.looks == TEXT and _is_text_with_stray_bytes(head)
    if not (is_text or format_.fits(head, found)):
        raise ArtifactError(
            f"is named {suffix} but looks like {found}",
            where=f"{path}:1:1",
            hint=_advice(found, suffix),
        )


def _is_text_with_stray_bytes(head: bytes) -> bool:
    """Whether a file starts as text with a control byte further on: only that row is skipped."""
    first, end, _ = head.partition(b"\n")
    return bool(first and end) and first.translate(None, _CONTROL) == first


def _advice(found: str, suffix: str) -> str:
    """Say what to do with a file of another format."""
    if found == "UTF-16 text":
        return "save it as UTF-8"
    if found in {"gzip data", "zstd data", "a ZIP archive or a spreadsheet"}:
        return "unpack it, or export it as CSV"
    return f"name it after its format, or write it again as {suffix}"
