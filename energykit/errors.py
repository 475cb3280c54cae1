"""Errors of the kit: one tree, each with what happened, where, and what to do next.

::

    EnergykitError                 exit 1
    ├── ConfigError                exit 2   the configuration is wrong: every fault at once
    ├── UsageError                 exit 2   a call or a command line is wrong
    ├── ParameterError             exit 2   a stage's parameter is unknown or has a wrong value
    ├── MissingPackageError        exit 2   an optional package is not installed
    ├── ArtifactError              exit 1   a file of readings or results cannot be used
    │   └── ForeignTableError      exit 1   a readable table without the columns of the contract
    ├── PathRefusedError           exit 1   a path leaves the data root
    ├── StageFailedError           exit 1   a stage answered that it failed
    ├── RunLockedError             exit 1   another run is writing the same outputs
    ├── ServiceUnreachableError    exit 3   nothing answers at an address
    ├── ServiceStartError          exit 3   a local service did not start
    └── DeadlineExceededError      exit 4   an answer did not come in time
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

from energykit.distribution import install_command

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from os import PathLike

__all__ = [
    "ArtifactError",
    "ConfigError",
    "DeadlineExceededError",
    "EnergykitError",
    "Fault",
    "ForeignTableError",
    "MissingPackageError",
    "ParameterError",
    "PathRefusedError",
    "RunLockedError",
    "ServiceStartError",
    "ServiceUnreachableError",
    "StageFailedError",
    "UsageError",
    "nearest",
    "suggest_file",
]


class EnergykitError(Exception):
    """Base of the kit's errors.

    Parameters
    ----------
    what
        What happened, as a sentence without a full stop.
    where
        Where: ``file:line:column``, a stage, an address, a path.
    hint
        What to do next.
    code
        Name of the gRPC status code that a service answers with for this error.
    """

    exit_code = 1
    """Exit code of the command line when this error ends it."""
    default_code = "INTERNAL"

    def __init__(self, what: str, *, where: str = "", hint: str = "", code: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.hint = hint
        self.code = code or self.default_code

    def __str__(self) -> str:
        """Where, what, and the hint on a line of its own."""
        text = f"{self.where}: {self.what}" if self.where else self.what
        return f"{text}\n  → {self.hint}" if self.hint else text

    def __reduce__(self) -> tuple[Callable[..., EnergykitError], tuple[object, ...]]:
        """Let an error leave a worker process whole, whatever its class needs to be made."""
        return _restore, (type(self), self.args, dict(vars(self)))


def _restore(
    kind: type[EnergykitError], args: tuple[object, ...], fields: dict[str, object]
) -> EnergykitError:
    """Return an error as it was when it was pickled."""
    error = kind.__new__(kind, *args)
    vars(error).update(fields)
    return error


class UsageError(EnergykitError):
    """A call or a command line is wrong."""

    exit_code = 2
    default_code = "INVALID_ARGUMENT"


class ParameterError(EnergykitError):
    """A stage's parameter is unknown or has a wrong value; `where` names it."""

    exit_code = 2
    default_code = "INVALID_ARGUMENT"
    parameter = ""
    """Name of the parameter, with its place where it is a part of one: ``units.voltage``."""
    value: object = None
    """The value that is refused."""
    valid = ""
    """What would be possible."""

    @classmethod
    def refuse(cls, parameter: str, value: object, valid: str) -> ParameterError:
        """Return the error of a value that a parameter cannot have.

        Parameters
        ----------
        parameter
            Its name; for a part of it with its place, as in ``detectors[1].threshold``.
        value
            What the request brings.
        valid
            What would be possible, as a noun.
        """
        error = cls(
            f"{value!r} is not possible", where=f"parameters.{parameter}", hint=f"valid: {valid}"
        )
        error.parameter, error.value, error.valid = parameter, value, valid
        return error


class MissingPackageError(EnergykitError):
    """An optional package is not installed; the hint is the exact pip line."""

    exit_code = 2

    def __init__(self, package: str, *, extra: str, needed_for: str) -> None:
        super().__init__(
            f"{needed_for} needs the package {package!r}, which is not installed",
            hint=install_command(extra),
        )
        self.package = package


class ArtifactError(EnergykitError):
    """A file is missing, empty, of another format than its suffix, or has bad rows (strict)."""

    default_code = "INVALID_ARGUMENT"


class ForeignTableError(ArtifactError):
    """A table can be read, but has other columns than readings and reports have."""


class PathRefusedError(EnergykitError):
    """A path resolves outside the data root, or is not a plain file."""

    default_code = "INVALID_ARGUMENT"


class StageFailedError(EnergykitError):
    """A stage answered ``success=false`` or an error status; `where`: stage and address."""


class RunLockedError(EnergykitError):
    """Another run is writing the same outputs; nothing was called."""

    default_code = "ABORTED"

    def __init__(self, what: str, *, where: str, hint: str, run_id: str, pid: int) -> None:
        super().__init__(what, where=where, hint=hint)
        self.run_id = run_id
        """The run that holds them; empty where it has not said so yet."""
        self.pid = pid
        """Its process; 0 where it has not said so yet."""


class ServiceUnreachableError(EnergykitError):
    """Nothing that speaks the contract answers at an address."""

    exit_code = 3
    default_code = "UNAVAILABLE"


class ServiceStartError(EnergykitError):
    """A local service did not become ready; the text ends with the last lines of its log."""

    exit_code = 3
    default_code = "UNAVAILABLE"


class DeadlineExceededError(EnergykitError):
    """An answer did not come before the deadline."""

    exit_code = 4
    default_code = "DEADLINE_EXCEEDED"


@dataclass(frozen=True)
class Fault:
    """One fault of a configuration file."""

    file: str
    """The file as the caller named it."""
    line: int
    """Line, from 1."""
    column: int
    """Column, from 1, counted in characters."""
    what: str
    """What is wrong."""
    hint: str
    """What to do next."""
    is_warning: bool = False
    """A warning is shown but refuses nothing."""

    def __str__(self) -> str:
        """``file:line:col: what`` and the hint on a line of its own."""
        kind = "warning: " if self.is_warning else ""
        text = f"{self.file}:{self.line}:{self.column}: {kind}{self.what}"
        return f"{text}\n  → {self.hint}" if self.hint else text


class ConfigError(EnergykitError):
    """A configuration has faults; all of them are in `faults`, in the order of the file."""

    exit_code = 2
    default_code = "INVALID_ARGUMENT"

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        super().__init__("\n".join(str(fault) for fault in faults))
        self.faults = faults


def nearest(word: str, choices: Iterable[str]) -> str:
    """Return ``"did you mean 'x'?"`` for the choice nearest to a word, or the list of choices.

    Parameters
    ----------
    word
        What was written.
    choices
        What would be valid.
    """
    known = sorted(choices)
    close = [choice for choice in known if choice.casefold() == word.casefold()]
    close = close or get_close_matches(word, known, n=1)
    if close:
        return f"did you mean {close[0]!r}?"
    return f"valid: {', '.join(map(repr, known))}" if known else ""


def suggest_file(path: PathLike[str] | str) -> str:
    """Return ``"did you mean 'x'?"`` for the file beside a missing one whose name is nearest.

    Parameters
    ----------
    path
        Of a file that is not there; what is meant ends in the same suffix.
    """
    missing = Path(path)
    try:
        beside = [one.name for one in missing.parent.iterdir() if one.suffix == missing.suffix]
    except OSError:
        return "check the path"
    close = get_close_matches(missing.name, beside, n=1)
    return f"did you mean {str(missing.with_name(close[0]))!r}?" if close else "check the path"
