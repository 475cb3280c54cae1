"""Objects of an object store, by URL: which a service may use, and their way to and from a disk.

The stores are reached through fsspec. Its implementation by obstore is taken where that is
installed, or else the one that fsspec knows for the scheme (s3fs, gcsfs, adlfs). Where a store is
and who may use it say the variables that those packages read, such as ``AWS_ACCESS_KEY_ID``.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from energykit.errors import ArtifactError, MissingPackageError, PathRefusedError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

__all__ = ["AllowedUrls", "fetch_object", "put_object"]

_SCHEMES = ("s3", "gs", "az", "abfs", "abfss")
"""Stores that show an object when all of it has come, and the one before it until then."""
_SHAPE = re.compile(r"([a-z0-9]+)://([^/@:]+)/(.*)")
_FORBIDDEN = re.compile(r"[\0-\x1f\x7f?#*\\]|::|%2[ef]", re.IGNORECASE)
_BLOCK_BYTES = 1 << 20
_RETRIES, _RETRY_S = 3, 10.0
_TAGS = ("e_tag", "ETag", "etag", "generation")
"""What packages call the mark that changes with an object."""


class AllowedUrls:
    """The URLs that a service may read and write.

    Parameters
    ----------
    prefixes
        ``s3://bucket/folder``: what is inside the folder is allowed.

    Raises
    ------
    energykit.errors.UsageError
        A prefix is not one of an object store.
    """

    def __init__(self, prefixes: Iterable[str] = ()) -> None:
        self._prefixes = tuple(_folder(prefix) for prefix in prefixes)

    def check(self, url: str) -> None:
        """Refuse a URL that is not inside an allowed folder, or could lead out of it.

        Raises
        ------
        energykit.errors.PathRefusedError
            It is refused; the hint says how it would be allowed.
        """
        shape = _SHAPE.fullmatch(url)
        parts = shape[3].split("/") if shape else [""]
        if shape is None or _FORBIDDEN.search(url) or not {"", ".", ".."}.isdisjoint(parts):
            raise PathRefusedError(
                "the URL is not a plain name of an object",
                where=repr(url),
                hint="write SCHEME://BUCKET/KEY, without '..', '//', '?', '#', '*' or '::'",
            )
        if not url.startswith(self._prefixes):
            known = ", ".join(self._prefixes) or "none"
            raise PathRefusedError(
                f"the service is not allowed this URL (allowed: {known})",
                where=repr(url),
                hint=f"start it with --allow-url {url.rpartition('/')[0]}, or name a file in /data",
            )


def _folder(prefix: str) -> str:
    """Return a prefix with a slash at its end."""
    folder = f"{prefix.rstrip('/')}/"
    shape = _SHAPE.fullmatch(folder)
    if shape is None or shape[1] not in _SCHEMES or _FORBIDDEN.search(folder):
        raise UsageError(
            f"{prefix!r} is not a folder of an object store",
            where="--allow-url",
            hint=f"write SCHEME://BUCKET or SCHEME://BUCKET/FOLDER; schemes: {', '.join(_SCHEMES)}",
        )
    return folder


def fetch_object(url: str, target: Path, on_bytes: Callable[[int, int], None]) -> None:
    """Copy an object to a file, a block at a time.

    Parameters
    ----------
    url
        What to read.
    target
        Is written.
    on_bytes
        Called after each block with what has come, and the size [B].

    Raises
    ------
    energykit.errors.ArtifactError
        There is no such object, it was replaced meanwhile, or the store does not give it.
    energykit.errors.MissingPackageError
        No package for the store is installed.
    """
    store = _open_store(url)
    try:
        before = store.info(url)
        with store.open(url, "rb") as source, target.open("wb") as file:
            while block := source.read(min(_BLOCK_BYTES, before["size"] - file.tell())):
                file.write(block)
                on_bytes(file.tell(), before["size"])
            come = file.tell()
        now = _open_store(url).info(url)  # a new one: stores remember what they have listed
    except Exception as exc:
        raise _explained(exc, url, "read") from exc
    if come != before["size"] or _mark(before) != _mark(now):
        raise ArtifactError(
            "was replaced while it was read", where=url, hint="run again", code="ABORTED"
        )


def put_object(source: Path, url: str) -> None:
    """Copy a file to an object; it is there when all of it has come, the old one until then.

    Raises
    ------
    energykit.errors.ArtifactError
        The store does not take it.
    energykit.errors.MissingPackageError
        No package for the store is installed.
    """
    try:
        _open_store(url).put_file(str(source), url)
    except Exception as exc:
        raise _explained(exc, url, "written") from exc


def _open_store(url: str) -> Any:
    """Return a file system of fsspec that has not looked at anything yet."""
    scheme = url.partition(":")[0]
    try:
        import fsspec
    except ImportError as exc:
        raise MissingPackageError("fsspec", extra="remote", needed_for=url) from exc
    try:
        from obstore.fsspec import FsspecStore
    except ImportError:
        try:
            return fsspec.filesystem(scheme, skip_instance_cache=True)
        except (ImportError, ValueError) as exc:
            raise MissingPackageError("obstore", extra="remote", needed_for=url) from exc
    retry = {"max_retries": _RETRIES, "retry_timeout": timedelta(seconds=_RETRY_S)}
    make: Any = FsspecStore  # its types leave fsspec's own options out
    return make(scheme, retry_config=retry, skip_instance_cache=True)


def _mark(info: dict[str, Any]) -> tuple[Any, ...]:
    """Return what changes when an object is replaced."""
    return info["size"], next((info[tag] for tag in _TAGS if info.get(tag)), "")


def _explained(exc: Exception, url: str, what: str) -> Exception:
    """Return the error of a store as one of ours; errors of ours, and of the call, as they are."""
    if type(exc).__module__.startswith("energykit"):
        return exc
    if isinstance(exc, FileNotFoundError):
        hint = "check the URL, and whether the stage that writes it has run"
        return ArtifactError("there is no such object", where=url, hint=hint, code="NOT_FOUND")
    first = (str(exc).splitlines() or [""])[0][:300]
    code = "PERMISSION_DENIED" if isinstance(exc, PermissionError) else "INTERNAL"
    return ArtifactError(
        f"cannot be {what}: {type(exc).__name__}: {first}",
        where=url,
        hint="look at the credentials and the address of the store that the service was given",
        code=code,
    )
