"""Asking a running service whether it keeps the contract."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import grpc
from google.protobuf.message import DecodeError

from energykit.artifacts import replace_file
from energykit.config.shape import address_problem
from energykit.contract.additions import CHECKS
from energykit.contract.checks import (
    FOLDER,
    ContractBrokenError,
    NotOfferedError,
    NotReachedError,
    Subject,
)
from energykit.contract.record import CheckResult, Conformance
from energykit.errors import UsageError
from energykit.executor.connection import Connection
from energykit.private_folder import check_place

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["conformance"]

SAMPLE = (
    "timestamp,household_id,power_consumption,voltage,current\n"
    "2025-01-01T00:00:00Z,HH-0,1150.0,230.0,10.0\n"
    "2025-01-01T00:01:00Z,HH-0,1000.0,230.0,5.0\n"
)
"""Two readings, the input that is offered where the caller names none."""
_HINTS = {
    grpc.StatusCode.UNIMPLEMENTED: "serve /ContainerExecutor/Execute: the .proto has no package",
    grpc.StatusCode.DEADLINE_EXCEEDED: "no answer came in time: is it stuck?",
    grpc.StatusCode.UNAVAILABLE: "the service is gone: did it end? see its log",
}
"""What to do about a status, where it does not stand for a stage that failed."""


def conformance(
    address: str,
    *,
    data_root: Path | str | None = None,
    input_file: str = "",
    output_suffix: str = ".csv",
    timeout_s: float = 10.0,
) -> Conformance:
    """Check a running service against the contract.

    Parameters
    ----------
    address
        ``host:port``.
    data_root
        The service's data root where this process can see it; a folder ``conformance`` in it gets a
        sample and outputs. Without it the checks of files are not asked.
    input_file
        What the service is to read, as a request names it; default: a sample of two readings.
    output_suffix
        Suffix of what it is to write.
    timeout_s
        Deadline of each call [s].

    Returns
    -------
    Conformance
        True where no check failed.

    Raises
    ------
    energykit.errors.UsageError
        The address is none.
    energykit.errors.ServiceUnreachableError
        Nothing that speaks gRPC answers there.
    """
    if problem := address_problem(address):
        raise UsageError(
            f"the address {problem}",
            where="conformance",
            hint="write host:port, such as 127.0.0.1:50051",
        )
    connection = Connection((address,))
    try:
        connection.wait_until_serving(timeout_s, lambda *_: None)
        with _input(data_root, input_file) as name:
            root = Path(data_root) if data_root is not None else None
            subject = Subject(
                connection, name, f"/data/{FOLDER}/out{output_suffix}", root, timeout_s
            )
            findings = tuple(_finding(name, check, subject) for name, check in CHECKS.items())
    finally:
        connection.close()
    return Conformance(address, findings)


@contextmanager
def _input(data_root: Path | str | None, given: str) -> Iterator[str]:
    """Yield the input's name; a sample is put into the data root where the caller names none."""
    if data_root is None:
        yield given
        return
    folder = Path(data_root) / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    if folder.is_symlink():
        check_place(folder)
    with _sample(folder) as path:
        yield given or f"/data/{FOLDER}/{path.name}"


@contextmanager
def _sample(folder: Path) -> Iterator[Path]:
    path = folder / "readings.csv"
    with replace_file(path) as file:
        file.write(SAMPLE.encode())
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)


def _finding(name: str, check: Callable[[Subject], str | None], subject: Subject) -> CheckResult:
    """Run one check."""
    try:
        text = check(subject)
    except (ContractBrokenError, NotOfferedError, NotReachedError) as exc:
        return CheckResult(name, exc.verdict, str(exc))
    except DecodeError:
        return CheckResult(
            name,
            "failed",
            "the answer is not an ExecuteResponse: success is field 1 (bool), message field 2",
        )
    except grpc.RpcError as exc:
        code, details = exc.code(), exc.details() or "no text"
        hint = _HINTS.get(code, "answer success=false instead")
        return CheckResult(name, "failed", f"the call ended with {code.name} ({details}); {hint}")
    if text is None:
        return CheckResult(
            name, "not asked", "give data_root, so that files can be put there and looked at"
        )
    return CheckResult(name, "passed", text)
