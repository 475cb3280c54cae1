"""The data root: paths of requests become local paths, and nothing outside is ever touched."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path, PurePosixPath, PureWindowsPath

from energykit.config.location import is_url
from energykit.errors import PathRefusedError, UsageError
from energykit.private_folder import make_folder

__all__ = ["DataRoot"]

_WIRE_ROOT = PurePosixPath("/data")
_PLAIN_START = f"{_WIRE_ROOT}/"
_LONGEST = 4096  # characters; PATH_MAX of Linux
_DEEPEST = 64  # folders; each is opened in turn
_PLAIN = "name a plain file inside the data root, such as '/data/energy_data.csv'"


class DataRoot:
    """The folder that a service may read and write.

    A request names it ``/data``, as the bind mount of a container does; a relative path is inside
    it.

    Parameters
    ----------
    folder
        The folder; it is made if it is missing.
    is_private
        Whether this user alone may look into it where it is made.

    Raises
    ------
    UsageError
        The folder cannot be made, or is a file.
    """

    def __init__(self, folder: str | os.PathLike[str], *, is_private: bool = False) -> None:
        self.folder = Path(folder).expanduser().resolve()
        """The folder, absolute and without links."""
        self._name = str(self.folder)
        self._start = os.path.join(self._name, "")
        try:
            if is_private:
                make_folder(self.folder)
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as exc:
            hint = "choose another folder with --data-root"
            raise UsageError(
                f"the data root cannot be used: {exc.strerror}", where=str(folder), hint=hint
            ) from exc

    def __repr__(self) -> str:
        """Show the folder."""
        return f"DataRoot({str(self.folder)!r})"

    def resolve(self, wire_path: str) -> Path:
        """Return the local path of an input that a request names.

        Parameters
        ----------
        wire_path
            ``/data/x.csv``, ``x.csv``, or an absolute path that is inside the data root.

        Raises
        ------
        PathRefusedError
            The path leaves the data root (also through a link), is too long, holds a NUL, or is a
            device, a pipe or a socket.
        """
        return self._find(wire_path)[0]

    def resolve_output(self, wire_path: str) -> Path:
        """Return the local path of an output; as :meth:`resolve`, and it must not be a folder.

        Raises
        ------
        PathRefusedError
            The path is refused.
        """
        path, mode = self._find(wire_path)
        if stat.S_ISDIR(mode):
            raise _refusal("is a folder", wire_path)
        return path

    def relative(self, wire_path: str) -> Path:
        """Return a path that a request names relative to the folder, without links.

        Raises
        ------
        PathRefusedError
            See `resolve`.
        """
        return self.resolve(wire_path).relative_to(self.folder)

    def shown(self, text: str) -> str:
        """Return a text with local paths named as a request names them, ``/data/…``."""
        local = str(self.folder)
        return text if local == os.sep else text.replace(local, str(_WIRE_ROOT))

    def _find(self, wire_path: str) -> tuple[Path, int]:
        """Return a local path without links, and the mode of what is there; 0: nothing is."""
        _refuse_shape(wire_path)
        path = os.path.realpath(os.path.join(self._name, self._relative(wire_path)))
        if path != self._name and not path.startswith(self._start):
            raise _refusal("leads out of the data root through a link", wire_path)
        mode = _read_mode(path, wire_path)
        if mode and not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
            raise _refusal("is not a plain file but a device, a pipe or a socket", wire_path)
        return Path(path), mode

    def _relative(self, wire_path: str) -> str | Path:
        if wire_path.startswith(_PLAIN_START) and not wire_path.startswith("/", len(_PLAIN_START)):
            return wire_path[len(_PLAIN_START) :]  # as nearly all are; quicker than paths
        path = PurePosixPath(wire_path)
        if path.is_relative_to(_WIRE_ROOT):
            return Path(*path.relative_to(_WIRE_ROOT).parts)
        local = Path(wire_path)
        if local.is_absolute() and local.is_relative_to(self.folder):
            return local.relative_to(self.folder)
        if path.is_absolute() or PureWindowsPath(wire_path).anchor:
            raise _refusal("is outside the data root", wire_path)
        return Path(*path.parts)


def _refuse_shape(wire_path: str) -> None:
    """Refuse what no path inside the data root looks like, before the file system is asked."""
    if not wire_path:
        raise PathRefusedError("the path is empty", hint=_PLAIN)
    if len(wire_path) > _LONGEST:
        raise PathRefusedError(
            f"the path has {len(wire_path)} characters, more than {_LONGEST}", hint=_PLAIN
        )
    if "\0" in wire_path:
        raise _refusal("holds a NUL character", wire_path)
    parts = wire_path.replace("\\", "/").split("/")
    if len(parts) > _DEEPEST:
        raise PathRefusedError(
            f"the path has {len(parts)} parts, more than {_DEEPEST}", hint=_PLAIN
        )
    if is_url(wire_path):
        raise _refusal("is a URL, which cannot be used here", wire_path)
    if ".." in parts:
        raise _refusal("holds '..'", wire_path)


def _read_mode(path: str, wire_path: str) -> int:
    """Return the mode of what is at a path without links; 0: nothing is."""
    try:
        return os.stat(path).st_mode
    except FileNotFoundError:
        return 0
    except OSError as exc:
        is_loop = exc.errno == errno.ELOOP
        what = "followed: it is a loop of links" if is_loop else f"looked at: {exc.strerror}"
        raise _refusal(f"cannot be {what}", wire_path) from exc


def _refusal(what: str, wire_path: str) -> PathRefusedError:
    return PathRefusedError(f"the path {what}", where=repr(wire_path), hint=_PLAIN)
