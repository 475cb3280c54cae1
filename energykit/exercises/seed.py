"""A seed for each student: hidden tests whose cases one student cannot pass on to another."""

from __future__ import annotations

import getpass
import hashlib
import os
from pathlib import Path

__all__ = ["student_seed"]

_GRADING = "autograded"
"""nbgrader grades in ``autograded/STUDENT/ASSIGNMENT``."""


def student_seed(course: int = 0) -> int:
    """Return a seed that depends on who works here.

    The student is, in this order, the one whose folder below nbgrader's ``autograded`` this is,
    JupyterHub's user (``JUPYTERHUB_USER``), or the account's name.

    Parameters
    ----------
    course
        Of the release; whoever does not know it cannot compute another's seed.

    Returns
    -------
    int
        From 0 up to 2³², from a SHA-256 of both.
    """
    digest = hashlib.sha256(f"{course}:{_student()}".encode()).digest()
    return int.from_bytes(digest[:4], "big")


def _student() -> str:
    parts = Path.cwd().parts
    if _GRADING in parts[:-1]:
        return parts[len(parts) - 1 - parts[::-1].index(_GRADING) + 1]
    try:
        return os.environ.get("JUPYTERHUB_USER") or getpass.getuser()
    except OSError:  # an account without a name, as in some containers
        return ""
