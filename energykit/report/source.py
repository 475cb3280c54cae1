"""Which run is reported, and what can be read of it."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import timedelta, timezone
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from energykit.artifacts import digest, frame, scan
from energykit.errors import ArtifactError, UsageError
from energykit.executor.earlier import run_path
from energykit.readings.clock import offset_minutes
from energykit.results import load_run
from energykit.results.file import runs_folder
from energykit.scoring import events

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from energykit.results import RunResult

__all__ = ["Evidence", "Metric", "RunSource", "find_run"]


@dataclass(frozen=True)
class Metric:
    """A line of a summary."""

    name: str
    """The metric without its labels."""
    label: str
    """Its labels, such as ``household=HH-0``; empty for the whole run."""
    value: str
    """As the file has it."""
    unit: str
    """Its unit; empty for counts, names and times."""


@dataclass(frozen=True)
class Evidence:
    """A file of the run, looked at now."""

    file: str
    """As the configuration names it."""
    recorded: str
    """Digest in the record."""
    verdict: str
    """``"matches"``, ``"changed"``, ``"missing"``, or ``"not recorded"``."""


@dataclass(frozen=True)
class RunSource:
    """A run and the folder that its files are in."""

    run: RunResult
    """The record."""
    data_root: Path
    """What ``/data`` stands for."""

    def path(self, name: str) -> Path:
        """Return where a file of the run is on this machine: nowhere but in the data root."""
        wire = PurePosixPath(name.lstrip("/"))
        inside = wire.relative_to("data") if name.startswith("/data/") else wire
        return self.data_root.joinpath(*(part for part in inside.parts if part != ".."))

    @cached_property
    def analysis(self) -> Path | None:
        """The last output that is there and is a report with power factors."""
        for stage in reversed(self.run.stages):
            path = self.path(stage.output_file)
            if stage.ok and _holds("report", path):
                return path
        return None

    @cached_property
    def frame(self) -> pd.DataFrame | None:
        """The report as a table; None where no stage made one that can be read.

        Timestamps are on the clock of the zone that the summary names, where it names one.
        """
        return _on_clock(frame(self.analysis), self.time_zone) if self.analysis else None

    @cached_property
    def events(self) -> pd.DataFrame:
        """Runs of flagged readings of the report, as `energykit.scoring.events` returns them.

        A report without reasons, as the contract's, has one kind: ``flagged``.
        """
        assert self.frame is not None, "a stage made a report"
        table = self.frame
        if "reasons" not in table:
            table = table.assign(reasons=["flagged" * bool(it) for it in table["anomaly_detected"]])
        return events(table, explanations=self.explanations)

    @cached_property
    def readings(self) -> pd.DataFrame | None:
        """The last readings that a stage made and that are unchanged; None where there are none."""
        for stage in reversed(self.run.stages):
            path = self.path(stage.output_file)
            is_same = (
                stage.ok and self._verdict(stage.output_file, stage.output_sha256) == "matches"
            )
            if is_same and _holds("readings", path):
                return _on_clock(frame(path), self.time_zone)
        return None

    @cached_property
    def metrics(self) -> tuple[Metric, ...]:
        """The lines of the summary; none where the run wrote none."""
        return tuple(
            Metric(name, label.rstrip("]"), line["value"], line["unit"])
            for path in self._outputs("summary.csv")
            for line in _lines(path)
            for name, _, label in [line["metric"].partition("[")]
        )

    @cached_property
    def explanations(self) -> dict[str, str]:
        """The sentence that explains each reason."""
        return {
            line["reason"]: line["explanation"]
            for path in self._outputs(".reasons.csv")
            for line in _lines(path)
        }

    @property
    def time_zone(self) -> str:
        """Zone whose days the summary counts; empty where none is named."""
        line = self.metric("time_zone")
        return line.value if line else ""

    def metric(self, name: str, label: str = "") -> Metric | None:
        """Return a line of the summary."""
        return next((one for one in self.metrics if (one.name, one.label) == (name, label)), None)

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        """Inputs and outputs of the run, each with whether it is the one that was recorded."""
        found: dict[str, str] = {}
        for stage in self.run:
            reads = [(one.path, one.sha256) for one in stage.read]
            for file, recorded in (*reads, (stage.output_file, stage.output_sha256)):
                if file:
                    found[file] = recorded or found.get(file, "")
        return tuple(
            Evidence(file, recorded, self._verdict(file, recorded))
            for file, recorded in found.items()
        )

    def _verdict(self, file: str, recorded: str) -> str:
        try:
            now = digest(self.path(file))
        except ArtifactError:
            return "missing"
        return "not recorded" if not recorded else "matches" if now == recorded else "changed"

    def _outputs(self, ending: str) -> Iterator[Path]:
        for stage in self.run:
            for name in stage.metrics.outputs if stage.metrics else ():
                if name.endswith(ending) and self.path(name).is_file():
                    yield self.path(name)


def find_run(named: str | Path | None = None, *, data_root: str | Path = "data") -> RunSource:
    """Return a run by its id, its folder or its ``run.json``; without a name the latest one.

    Parameters
    ----------
    named
        Which run.
    data_root
        What ``/data`` stands for, and where the runs are kept.

    Raises
    ------
    energykit.errors.UsageError
        There is no run yet, or none of that name.
    energykit.errors.ArtifactError
        Its record cannot be read.
    """
    root = Path(data_root)
    if named is None:
        return RunSource(load_run(_latest(root)), root)
    run = load_run(run_path(str(named), root))
    folder = run.folder
    is_home = folder is not None and folder.parent.name == "runs"
    return RunSource(run, folder.parent.parent if folder is not None and is_home else root)


def _latest(root: Path) -> Path:
    records = sorted(runs_folder(root).glob("*/run.json"), key=lambda path: path.stat().st_mtime)
    if not records:
        raise UsageError(
            "there is no run yet", where=str(root / "runs"), hint="energykit run CONFIG"
        )
    return records[-1]


def _holds(kind: str, path: Path) -> bool:
    try:
        return scan(path).kind == kind
    except ArtifactError:
        return False


def _on_clock(table: pd.DataFrame, time_zone: str) -> pd.DataFrame:
    """Return a table with its timestamps on the clock of a zone, where they state theirs."""
    stamps = table["timestamp"]
    if not time_zone or getattr(stamps.dtype, "tz", None) is None:
        return table
    offset = offset_minutes(time_zone)
    zone = time_zone if offset is None else timezone(timedelta(minutes=offset))
    return table.assign(timestamp=stamps.dt.tz_convert(zone))


def _lines(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
