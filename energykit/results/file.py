"""The record of a run as a file, ``run.json``.

The format has a version, and only ever gains fields: what an older file lacks takes its default,
what a newer one has beyond is ignored.
"""

from __future__ import annotations

import json
import os
import threading
from base64 import b64decode, b64encode
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import MISSING, fields, is_dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from energykit.artifacts import Skipped
from energykit.errors import ArtifactError
from energykit.results.attempt import Attempt
from energykit.results.run import RunResult
from energykit.results.stage import StageError, StageMetrics, StageResult

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["FORMAT_VERSION", "RunWriter", "load_run", "run_from_json", "run_to_json", "save_run"]

_SYNC_PAUSE_S = 0.05
FORMAT_VERSION = 1
"""Version of the file's format; raised only when a field changes its meaning."""


def save_run(run: RunResult, folder: Path) -> Path:
    """Write ``run.json`` into a folder: whole or not at all.

    Parameters
    ----------
    run
        The record.
    folder
        Made if it is missing.

    Returns
    -------
    pathlib.Path
        The file.
    """
    folder.mkdir(parents=True, exist_ok=True)
    writer = RunWriter(folder)
    path = writer.write(run)
    writer.settle()
    return path


class RunWriter:
    """Writes ``run.json`` again and again as a run goes on; what it has seen is not worked out anew.

    Each record takes the place of the one before in one step, so that it stands whenever the
    process is killed. That it also stands when the power fails, the disk sees to meanwhile, in a
    thread: `settle` waits for it.

    Parameters
    ----------
    folder
        An existing folder.
    """

    def __init__(self, folder: Path) -> None:
        self._target = folder / "run.json"
        self._beside = folder / f".run.json.{os.getpid()}"
        self._seen: dict[int, tuple[object, str]] = {}
        self._is_written, self._is_ending = threading.Event(), threading.Event()
        self._syncing: threading.Thread | None = None

    def write(self, run: RunResult) -> Path:
        """Replace the file by a record, whole or not at all, and return its path."""
        self._beside.write_text(_compose(run, self._text), encoding="utf-8", newline="\n")
        self._beside.replace(self._target)
        self._is_written.set()
        if self._syncing is None:
            self._syncing = threading.Thread(
                target=self._sync, name="energykit-record", daemon=True
            )
            self._syncing.start()
        return self._target

    def settle(self) -> None:
        """Return when the last record stands also if the power fails."""
        if self._syncing is not None:
            self._is_ending.set()
            self._is_written.set()
            self._syncing.join()
            self._syncing = None
            self._is_ending.clear()
        _sync(self._target)

    def _sync(self) -> None:
        """Bring each record to the disk, but not one after another where stages take a millisecond."""
        while not self._is_ending.wait(_SYNC_PAUSE_S) and self._is_written.wait():
            self._is_written.clear()
            _sync(self._target)

    def _text(self, record: Any) -> str:
        if id(record) not in self._seen:
            self._seen[id(record)] = (
                record,
                _lines(record),
            )  # the record is kept: its id stays its own
        return self._seen[id(record)][1]


def _sync(path: Path) -> None:
    """Bring a file and its name to the disk; where the system cannot, it does so in its own time."""
    for one in (path, path.parent) if os.name == "posix" else (path,):
        with suppress(OSError):  # a folder that was removed meanwhile; a disk without the operation
            handle = os.open(one, os.O_RDONLY if os.name == "posix" else os.O_RDWR)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)


def run_to_json(run: RunResult) -> str:
    """Return a record as JSON text."""
    return _compose(run, _lines)


def _compose(run: RunResult, text_of: Callable[[Any], str]) -> str:
    own = {
        name: value
        for name, value in vars(run).items()
        if name not in {"stages", "folder", "config", "versions"}
    }
    head = _lines({"format": FORMAT_VERSION, "ok": run.ok, "exit_code": run.exit_code, **own})
    stages = ",\n".join(text_of(stage) for stage in run.stages)
    return (
        f'{head[:-2]},\n"config": {text_of(run.config)},\n"versions": {text_of(run.versions)},\n'
        f'"stages": [{stages}]\n}}\n'
    )


def _lines(record: Any) -> str:
    """Return a record or a mapping as JSON, one line a field."""
    fields = record if isinstance(record, Mapping) else vars(record)
    lines = (f"{_ENCODER.encode(name)}: {_ENCODER.encode(value)}" for name, value in fields.items())
    return "{\n" + ",\n".join(lines) + "\n}"


def _to_json(value: Any) -> object:
    if isinstance(value, bytes):
        return b64encode(value).decode("ascii")
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Path):
        return str(value)
    if is_dataclass(value):
        return {field.name: getattr(value, field.name) for field in fields(value)}
    return dict(value)


_ENCODER = json.JSONEncoder(default=_to_json, ensure_ascii=False)


def load_run(path: Path | str) -> RunResult:
    """Read the record of a run.

    Parameters
    ----------
    path
        ``run.json``, or the folder that holds it.

    Raises
    ------
    energykit.errors.ArtifactError
        There is no such file, it is not a record of a run, or a newer energykit wrote it in another
        format.
    """
    file = Path(path)
    file = file / "run.json" if file.is_dir() else file
    try:
        return run_from_json(file.read_text(encoding="utf-8"), folder=file.parent)
    except OSError as exc:
        raise ArtifactError(
            f"cannot read the record: {exc.strerror}", where=str(file), code="NOT_FOUND"
        ) from exc
    except (ValueError, TypeError, KeyError, AttributeError) as exc:
        hint = "a run leaves its record in <data root>/runs/<run id>/run.json"
        raise ArtifactError(
            f"this is not a record of a run: {exc}", where=str(file), hint=hint
        ) from exc


def run_from_json(text: str, *, folder: Path | None = None) -> RunResult:
    """Return the record in JSON text.

    Raises
    ------
    ValueError
        The text is not JSON, or of another format.
    """
    record: dict[str, Any] = json.loads(text)
    if record.get("format") != FORMAT_VERSION:
        raise ValueError(
            f"its format is {record.get('format')!r}, this energykit reads {FORMAT_VERSION}"
        )
    stages = tuple(map(_read_stage, record.pop("stages")))
    return RunResult(
        stages=stages,
        folder=folder,
        **_parse_times(_select_fields(RunResult, record, without=("folder",))),
    )


def _read_stage(record: dict[str, Any]) -> StageResult:
    values = _parse_times(_select_fields(StageResult, record))
    for name in ("request_bytes", "response_bytes"):
        values[name] = b64decode(values.get(name, ""))
    path, error = values.get("output_path"), values.get("error")
    values["output_path"] = Path(path) if path else None
    values["attempts"] = tuple(
        Attempt(**_parse_times(_select_fields(Attempt, one))) for one in values.get("attempts", ())
    )
    values["metrics"] = _read_metrics(values.get("metrics"))
    values["error"] = StageError(**_select_fields(StageError, error)) if error else None
    return StageResult(**values)


def _read_metrics(record: dict[str, Any] | None) -> StageMetrics | None:
    if record is None:
        return None
    values = _select_fields(StageMetrics, record)
    values["outputs"] = tuple(values.get("outputs", ()))
    values["skipped"] = tuple(map(_read_skipped, values.get("skipped", ())))
    return StageMetrics(**values)


def _read_skipped(record: dict[str, Any]) -> Any:
    return Skipped(**_select_fields(Skipped, record))


def _select_fields(
    kind: type, record: dict[str, Any], *, without: tuple[str, ...] = ()
) -> dict[str, Any]:
    """Keep the values that a record of this kind has a field for; name the first one that is missing."""
    known = [
        field for field in fields(kind) if field.name not in without and field.name != "stages"
    ]
    for field in known:
        if (
            field.name not in record
            and field.default is MISSING
            and field.default_factory is MISSING
        ):
            raise KeyError(field.name)
    return {field.name: record[field.name] for field in known if field.name in record}


def _parse_times(values: dict[str, Any]) -> dict[str, Any]:
    return values | {"started": datetime.fromisoformat(values["started"])}
