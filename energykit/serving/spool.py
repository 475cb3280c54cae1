"""The objects of one call, as files in a hidden folder of the data root.

So a stage reads, checks, hashes and writes them as it does any file: what it read is what was
hashed, and nothing is sent before all of it is written.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from energykit.config.location import is_url
from energykit.private_folder import check_place, make_private_folder
from energykit.serving.object_store import fetch_object, put_object
from energykit.temporary_folder import temporary_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from energykit.serving.object_store import AllowedUrls
    from energykit.serving.paths import DataRoot

__all__ = ["Spool", "open_spool"]

_FOLDER = ".energykit-remote"


class Spool:
    """Files that stand for objects.

    Parameters
    ----------
    name
        Its folder, relative to the data root.
    root
        The data root.
    allowed
        Which URLs may be used.
    """

    def __init__(self, name: str, root: DataRoot, allowed: AllowedUrls) -> None:
        self._name = name
        self._root = root
        self._allowed = allowed
        self.names: dict[str, str] = {}
        """Folders as requests would name them → what URLs begin with that they stand for."""

    def path(self, path: str) -> str:
        """Return the file that stands for an object, as requests would name it; a file is itself.

        Objects of one folder lie in one folder, so that two URLs are one file where they are equal.

        Raises
        ------
        energykit.errors.PathRefusedError
            The URL is not allowed.
        """
        if not is_url(path):
            return path
        self._allowed.check(path)
        above, _, name = path.rpartition("/")
        known = {url: folder for folder, url in self.names.items()}
        folder = known.get(f"{above}/") or f"/data/{self._name}/{len(known)}/"
        self.names[folder] = f"{above}/"
        return folder + name

    def fetch(self, url: str, on_bytes: Callable[[int, int], None]) -> str:
        """Copy an object to the file that stands for it, and return that; see `fetch_object`."""
        path = self.path(url)
        if path != url:
            target = self._root.resolve(path)
            target.parent.mkdir(exist_ok=True)
            fetch_object(url, target, on_bytes)
        return path

    def put(self, path: str) -> None:
        """Copy a file that stands for an object to it; see `put_object`."""
        url = self.shown(path)
        if url != path:
            self._allowed.check(url)
            put_object(self._root.resolve(path), url)

    def shown(self, text: str) -> str:
        """Return a text with the names of objects instead of those of files."""
        for folder, url in self.names.items():
            text = text.replace(folder, url)
        return text


@contextmanager
def open_spool(root: DataRoot, allowed: AllowedUrls) -> Iterator[Spool]:
    """Yield a spool whose files are removed at the end, and those that a killed service left.

    Raises
    ------
    energykit.errors.UsageError
        Another user has made the hidden folder, and could exchange what is in it.
    """
    above = root.folder / _FOLDER
    make_private_folder(above)
    check_place(above)
    with temporary_folder("call", above=above) as folder:
        yield Spool(f"{_FOLDER}/{folder.name}", root, allowed)
