"""The record of a run as JSON text, and back.

The format has a version, and only ever gains fields: what an older record lacks takes its default,
what a newer one has beyond is ignored.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import datetime
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, get_args

from energykit.artifacts import Skipped
from energykit.results.attempt import Attempt
from energykit.results.metrics import FileRecord, RowAdjustment, StageMetrics
from energykit.results.run import RunResult
from energykit.results.stage import StageError, StageResult, Status
from energykit.results.transfer import Transfer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["FORMAT_VERSION", "compose", "encode_lines", "run_from_json", "run_to_json"]

FORMAT_VERSION = 1
"""Version of the record's format; raised only when a field changes its meaning."""
_APART = frozenset({"stages", "folder", "config", "versions"})
"""Fields of a run that are not written as they are, or that are composed once for many writes."""
_MOST = 1 << 63
"""Whole numbers beyond fit into no column of a table."""
_Record = TypeVar("_Record")
_KINDS: dict[str, tuple[type, ...]] = {
    "Mapping[str, Any]": (dict,),
    "Mapping[str, str]": (dict,),
    "Path | None": (str, type(None)),
    "Status": (str,),
    "bool": (bool,),
    "datetime": (str,),
    "float": (float, int),
    "int": (int,),
    "str": (str,),
    "tuple[str, ...]": (list,),
}
"""What JSON makes of the kinds of fields; what is not here is read field by field."""


def run_to_json(run: RunResult) -> str:
    """Return a record as JSON text."""
    return compose(run, encode_lines)


def compose(run: RunResult, text_of: Callable[[Any], str]) -> str:
    """Return a record as JSON text.

    Parameters
    ----------
    run
        The record.
    text_of
        Returns a part of it as JSON; it may remember what it has composed.
    """
    own = {name: value for name, value in vars(run).items() if name not in _APART}
    head = encode_lines({"format": FORMAT_VERSION, "ok": run.ok, "exit_code": run.exit_code, **own})
    stages = ",\n".join(text_of(stage) for stage in run.stages)
    return (
        f'{head[:-2]},\n"config": {text_of(run.config)},\n"versions": {text_of(run.versions)},\n'
        f'"stages": [{stages}]\n}}\n'
    )


def encode_lines(record: Any) -> str:
    """Return a record or a mapping as JSON, one line a field."""
    if isinstance(record, Mapping):
        lines = [f"{_encode(name)}: {_encode(value)}" for name, value in record.items()]
    else:  # the names of fields need no escaping
        lines = [f'"{name}": {_encode(value)}' for name, value in vars(record).items()]
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


_encode_any = json.JSONEncoder(default=_to_json, ensure_ascii=False).encode


def _encode(value: Any) -> str:
    """Return a value as JSON; what most fields hold without asking the encoder."""
    if value is None:
        return "null"
    if type(value) is bool:
        return "true" if value else "false"
    if type(value) is int or (type(value) is float and isfinite(value)):
        return repr(value)
    return "[]" if isinstance(value, tuple) and not value else _encode_any(value)


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
        Attempt(**_parse_times(_select_fields(Attempt, attempt)))
        for attempt in values.get("attempts", ())
    )
    values["inputs"] = _read_all(FileRecord, values.get("inputs", ()))
    values["outputs"] = _read_all(FileRecord, values.get("outputs", ()))
    values["transfers"] = _read_all(Transfer, values.get("transfers", ()))
    values["notes"] = tuple(values.get("notes", ()))
    values["metrics"] = _read_metrics(values.get("metrics"))
    values["error"] = StageError(**_select_fields(StageError, error)) if error else None
    return StageResult(**values)


def _read_metrics(record: dict[str, Any] | None) -> StageMetrics | None:
    if record is None:
        return None
    values = _select_fields(StageMetrics, record)
    values["outputs"] = tuple(values.get("outputs", ()))
    values["skipped"] = _read_all(Skipped, values.get("skipped", ()))
    values["adjustments"] = _read_all(RowAdjustment, values.get("adjustments", ()))
    for name in ("inputs", "output_digests"):
        values[name] = _read_all(FileRecord, values.get(name, ()))
    return StageMetrics(**values)


def _read_all(kind: type[_Record], records: Iterable[dict[str, Any]]) -> tuple[_Record, ...]:
    return tuple(kind(**_select_fields(kind, record)) for record in records)


def _select_fields(
    kind: type, record: dict[str, Any], *, without: tuple[str, ...] = ()
) -> dict[str, Any]:
    """Keep the values that the record has fields for; name the first one that is missing."""
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
    found = {field.name: record[field.name] for field in known if field.name in record}
    for field in known:
        if field.name in found:
            _check(field.name, found[field.name], str(field.type))
    return found


def _check(name: str, value: Any, annotation: str) -> None:
    """Refuse a value of another kind: it would be noticed where the record is shown.

    Raises
    ------
    ValueError
        It is one.
    """
    kinds = _KINDS.get(annotation, ())
    if kinds and type(value) not in kinds:
        raise ValueError(f"{name} is {value!r:.40}, not of the kind {annotation}")
    if type(value) is int and not -_MOST <= value < _MOST:
        raise ValueError(f"{name} has more than 64 bits")
    if annotation == "Status" and value not in get_args(Status):
        raise ValueError(f"{name} is {value!r:.40}, none of {', '.join(get_args(Status))}")
    if annotation == "tuple[str, ...]" and not all(type(one) is str for one in value):
        raise ValueError(f"{name} holds more than texts")


def _parse_times(values: dict[str, Any]) -> dict[str, Any]:
    return values | {"started": datetime.fromisoformat(values["started"])}
