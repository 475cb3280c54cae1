"""The log of a service: private, of one line a record, bounded, and no reason to end."""

from __future__ import annotations

import logging
import os
from typing import IO, TYPE_CHECKING

from energykit.errors import UsageError
from energykit.printable import escape_controls
from energykit.private_folder import is_ours, make_folder, make_private_folder, open_private

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["LogFile", "last_lines", "make_log_folder"]

logger = logging.getLogger(__name__)

_LARGEST_BYTES = 5 << 20
_EARLIER = 3
"""Earlier files that are kept: ``NAME.log.1`` is the newest."""
_LONGEST_LINE = 20_000


class LogFile:
    """Takes lines; when it cannot be written the service goes on without it.

    Parameters
    ----------
    path
        The file; lines are appended.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.problem = ""
        """Why lines are not kept; empty: they are."""
        self._file: IO[bytes] | None = None
        self._size = 0
        self._open()

    def write(self, line: str) -> None:
        """Append a line."""
        data = escape_controls(line, longest=_LONGEST_LINE).encode(errors="replace") + b"\n"
        if self._size + len(data) > _LARGEST_BYTES:
            self._rotate()
        if self._file is None:
            return
        try:
            self._file.write(data)
            self._size += len(data)
            self.problem = ""
        except OSError as exc:  # a full disk: what comes later may find room
            self.problem = exc.strerror or str(exc)

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()

    def _open(self) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        try:
            self._file = os.fdopen(open_private(self._path, flags), "ab", buffering=0)
            self._size = os.fstat(self._file.fileno()).st_size
        except OSError as exc:
            self._file, self.problem = None, exc.strerror or str(exc)

    def _rotate(self) -> None:
        """Begin a new file; the oldest earlier one goes."""
        self.close()
        try:
            for number in range(_EARLIER, 0, -1):
                newer = self._numbered(number - 1)
                if newer.exists():
                    newer.replace(self._numbered(number))
        except OSError as exc:
            self.problem = exc.strerror or str(exc)
        self._open()

    def _numbered(self, number: int) -> Path:
        return self._path.with_name(f"{self._path.name}.{number}") if number else self._path


def make_log_folder(data_root: Path) -> None:
    """Make the folder of the logs, which its owner alone may look into.

    Where it cannot be made, as on a full disk, that is logged: services start without logs. A data
    root of another account is used, as accounts may share one, and that is logged, too.

    Parameters
    ----------
    data_root
        What gets the folder ``logs``.

    Raises
    ------
    energykit.errors.UsageError
        A file is where a folder is to be, or the folder is another user's.
    """
    folder = data_root / "logs"
    try:
        make_folder(data_root)
        if not is_ours(data_root):
            text = (
                "%s belongs to another account, which can read logs and change what is kept there"
            )
            logger.warning(text, data_root)
        make_private_folder(folder)
        if os.name == "posix" and folder.stat().st_uid == os.geteuid():
            folder.chmod(0o700)
    except (FileExistsError, NotADirectoryError):
        what = "a file lies where the data root or its folder logs is to be"
        hint = "name a folder with data_root="
        raise UsageError(what, where=str(data_root), hint=hint) from None
    except OSError as exc:
        text = "%s: logs cannot be kept: %s; the services start without them"
        logger.warning(text, folder, exc.strerror or exc)


def last_lines(path: Path, count: int) -> list[str]:
    """Return the last lines of a log."""
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - 400 * count))
        return file.read().decode(errors="replace").splitlines()[-count:]
