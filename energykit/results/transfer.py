"""Record of one artefact that was moved from one data root to another."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Transfer"]


@dataclass(frozen=True, kw_only=True)
class Transfer:
    """One file, moved because the service that reads it does not see it."""

    path: str
    """As the configuration says; the same on both sides."""
    source: str
    """Stage and address that it was read from, or ``"client"``."""
    target: str
    """Stage and address that it was written to, or ``"client"``."""
    bytes: int
    """Size of the file [byte]."""
    seconds: float
    """How long it took, resumptions included [s]."""
    sha256: str
    """Digest of the file, hexadecimal; the same on both sides."""
    attempts: int = 1
    """How often the transfer was begun or resumed."""
    was_there: bool = False
    """The target had the file already: no byte was sent."""
