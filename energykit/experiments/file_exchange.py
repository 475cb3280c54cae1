"""Saying where files are to the workers that do not see them, and serving them meanwhile."""

from __future__ import annotations

import socket
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Self

from energykit.config.location import inside_root
from energykit.experiments.files_at import FilesAt, FolderNotSharedError
from energykit.experiments.finished import file_digest
from energykit.experiments.input_files import files_outside
from energykit.launcher import local_services
from energykit.private_folder import make_folder
from energykit.serving.description import data_root_id

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from energykit.experiments.point import Point
    from energykit.launcher import LocalServices

__all__ = ["FileExchange"]

_NAME = "files"
_MODULE = "energykit.experiments.file_service"


class FileExchange:
    """Gives points to workers that turn out not to see the data root their files' address.

    The first such worker has a service of the data root started, on loopback; it ends with the
    sweep. Use it in a ``with`` statement, as `FileExchange.of`.

    Parameters
    ----------
    data_root
        What ``/data`` stands for here.
    files
        A service that is there already; None: one is started.
    """

    def __init__(self, data_root: Path, files: FilesAt | None = None) -> None:
        self._data_root = data_root
        self._files = files
        self._services: LocalServices | None = None

    @classmethod
    @contextmanager
    def of(cls, data_root: Path, files: FilesAt | str | None) -> Iterator[Self]:
        """Yield an exchange, and stop in the end what it started."""
        exchange = cls(data_root, FilesAt(address=files) if isinstance(files, str) else files)
        try:
            yield exchange
        finally:
            if exchange._services is not None:
                exchange._services.stop()

    def mark(self, points: Iterable[Point]) -> list[Point]:
        """Return points by which a worker knows whether it sees the data root."""
        make_folder(self._data_root)
        root_id = data_root_id(self._data_root)
        return [replace(point, root_id=root_id) for point in points]

    def equip(self, point: Point, error: BaseException) -> Point | None:
        """Return a point whose worker knows where its files are; None: that was not the error.

        Parameters
        ----------
        point
            As it was sent.
        error
            What came of it.
        """
        if not isinstance(error, FolderNotSharedError) or point.files is not None:
            return None
        root = Path(point.data_root)
        names = files_outside(point.plan, root)
        digests = {name: file_digest(root / inside_root(name)) for name in names}
        return replace(point, files=self._serve(), inputs=digests)

    def _serve(self) -> FilesAt:
        if self._files is None:
            self._services = local_services(
                [_NAME], data_root=self._data_root, modules={_NAME: _MODULE}
            )
            self._services.__enter__()
            address = self._services.addresses[_NAME]
            self._files = FilesAt(address=address, machine=socket.gethostname())
        return self._files
