"""What two runs differ in, in the order in which one thing causes the next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from energykit import html
from energykit.executor.earlier import named_run

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from os import PathLike
    from pathlib import Path

    import pandas as pd

    from energykit.results import RunResult, StageResult

__all__ = ["DifferingValue", "RunDifference", "diff"]

_LEFT_OUT = ("run_id",)
_SHOWN = 48
_ABSENT = object()


@dataclass(frozen=True, kw_only=True)
class DifferingValue:
    """A place where two runs differ."""

    part: str
    """``configuration``, ``inputs``, ``versions``, ``outputs`` or ``outcome``."""
    what: str
    """Which value: a key of the configuration, a file, a package."""
    first: str
    """In the first run; ``-`` where it has none."""
    second: str
    """In the second run; ``-`` where it has none."""

    def __str__(self) -> str:
        """Say it in a line: ``configuration: containers.a.timeout_seconds: 60 → 30``."""
        return f"{self.part}: {self.what}: {self.first} → {self.second}"


@dataclass(frozen=True, kw_only=True, repr=False)
class RunDifference:
    """Everything that two runs differ in: causes before effects."""

    run_ids: tuple[str, str]
    """The two runs."""
    differences: tuple[DifferingValue, ...]
    """Configuration, inputs, versions, outputs, outcome; in each the stages in their order."""

    @property
    def first(self) -> DifferingValue | None:
        """The first difference, from which the others may follow; None where there is none."""
        return self.differences[0] if self.differences else None

    def __bool__(self) -> bool:
        """Whether they differ at all."""
        return bool(self.differences)

    def to_frame(self) -> pd.DataFrame:
        """Return one row a difference: ``part``, ``what``, ``first``, ``second``.

        Raises
        ------
        energykit.errors.MissingPackageError
            pandas is not installed.
        """
        from energykit.experiments.table import data_frame

        columns = ["part", "what", "first", "second"]
        return data_frame([vars(one) for one in self.differences]).reindex(columns=columns)

    def __repr__(self) -> str:
        """Return a line for each difference, the first named as such."""
        head = f"{self.run_ids[0]} and {self.run_ids[1]}: "
        if self.first is None:
            return head + "no difference"
        lines = [f"  {one}" for one in self.differences]
        return "\n".join([f"{head}the first difference is in {self.first.part}", *lines])

    def _repr_html_(self) -> html.Html:
        rows = [(one.part, one.what, one.first, one.second) for one in self.differences]
        table = html.table(("part", "what", *self.run_ids), rows)
        return html.card(repr(self).splitlines()[0], table if rows else html.element("div"))


def diff(
    first: str | PathLike[str] | RunResult,
    second: str | PathLike[str] | RunResult,
    *,
    data_root: str | PathLike[str] = "data",
) -> RunDifference:
    """Return what two runs differ in: configuration, inputs, versions, outputs, outcome.

    Times, addresses of the moment and the order of keys do not count.

    Parameters
    ----------
    first, second
        Each an id, the path of a record, or a `RunResult`.
    data_root
        Where an id is looked for.

    Raises
    ------
    energykit.errors.UsageError
        There is no such run; the nearest one is named.
    energykit.errors.ArtifactError
        A record cannot be read.
    """
    from pathlib import Path

    one, other = (_load(run, Path(data_root)) for run in (first, second))
    found = [
        *_compare("configuration", _flat(one.config), _flat(other.config)),
        *_compare("inputs", _inputs(one), _inputs(other)),
        *_compare("versions", _versions(one), _versions(other)),
        *_compare("outputs", _outputs(one), _outputs(other)),
        *_compare("outcome", _outcomes(one), _outcomes(other)),
    ]
    return RunDifference(run_ids=(one.run_id, other.run_id), differences=tuple(found))


def _load(run: str | PathLike[str] | RunResult, data_root: Path) -> RunResult:
    return named_run(run, data_root)


def _compare(
    part: str, first: Mapping[str, Any], second: Mapping[str, Any]
) -> Iterator[DifferingValue]:
    """Yield what differs between two sets of values, in their order."""
    for what in _merged(list(first), list(second)):
        values = first.get(what, _ABSENT), second.get(what, _ABSENT)
        if values[0] != values[1]:
            shown = [_shown(value) for value in values]
            yield DifferingValue(part=part, what=what, first=shown[0], second=shown[1])


def _merged(first: list[str], second: list[str]) -> list[str]:
    """Return both lists as one, what the first lacks behind what precedes it in the second."""
    merged, after = list(first), -1
    for name in second:
        if name not in merged:
            merged.insert(after + 1, name)
        after = merged.index(name)
    return merged


def _shown(value: Any) -> str:
    text = "-" if value is _ABSENT or value == "" else str(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _flat(value: Any, path: str = "") -> dict[str, Any]:
    """Return every value of a configuration by its path; numbers that are equal stay equal."""
    if isinstance(value, dict) and value:
        return {
            name: entry
            for key, below in value.items()
            if path or key not in _LEFT_OUT
            for name, entry in _flat(below, f"{path}.{key}" if path else key).items()
        }
    if isinstance(value, list) and value:
        return {
            name: entry
            for at, below in enumerate(value)
            for name, entry in _flat(below, f"{path}[{at}]").items()
        }
    return {path: value}


def _inputs(run: RunResult) -> dict[str, str]:
    """Return the digests of the files that no stage of the run wrote."""
    made = {stage.output_file for stage in run}
    return {
        f"{stage.id} reads {file}": digest
        for stage in run
        for file, digest in _read_files(stage)
        if file not in made
    }


def _read_files(stage: StageResult) -> list[tuple[str, str]]:
    if stage.inputs:
        return [(one.path, one.sha256) for one in stage.inputs]
    return [(stage.input_file, stage.input_sha256)] if stage.input_file else []


def _versions(run: RunResult) -> dict[str, str]:
    versions = {name: version for name, version in run.versions.items() if name != "platform"}
    for stage in run:
        own = {"stage": stage.stage_version, **stage.service_versions}
        versions |= {f"{stage.id} {name}": text for name, text in own.items() if text}
    return versions


def _outputs(run: RunResult) -> dict[str, str]:
    """Return the digest of every stage's output; where it was written does not count."""
    return {f"{one.id} writes": one.output_sha256 for one in run if one.output_sha256}


def _outcomes(run: RunResult) -> dict[str, str]:
    reused = {"reused": "succeeded"}
    return {f"{one.id} ended": reused.get(one.status, one.status) for one in run}
