"""Stages and runs as records have them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from energykit.artifacts import Skipped
from energykit.results import (
    Attempt,
    RunResult,
    StageError,
    StageMetrics,
    StageResult,
)

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


METRICS = StageMetrics(
    rows_in=20_160,
    rows_out=20_158,
    rows_skipped=2,
    skipped=(Skipped(reason="text <b>", rows=2, first_line=7),),
    bytes_in=10,
    bytes_out=20,
    seconds=0.5,
    output_sha256="ab" * 32,
    outputs=("/data/out.csv",),
)


ATTEMPT = Attempt(
    number=1,
    address="127.0.0.1:1",
    method="ExecuteStream",
    status="OK",
    message="",
    started=NOON,
    seconds=1.5,
)


def stage(name="energy-analyzer", **values):
    base = StageResult(
        id=name,
        status="succeeded",
        address="127.0.0.1:1",
        input_file="/data/in.csv",
        output_file="/data/out.csv",
        started=NOON,
        seconds=1.5,
        attempts=(ATTEMPT,),
        metrics=METRICS,
        request_bytes=b"\x0a\x02hi",
        response_bytes=b"\x08\x01",
        parameters={"limit_w": 3000.0, "names": ["ä"]},
        output_sha256="ab" * 32,
        output_path=Path("data/out.csv"),
    )
    return replace(base, **values)


def failed(exit_code=1, code="DATA_LOSS", name="energy-analyzer", where="in.csv:3:4"):
    error = StageError(code=code, where=where, hint="fix <it>", message="a torn file")
    return stage(
        name, status="failed", exit_code=exit_code, error=error, metrics=None, output_path=None
    )


def skipped(name="report-generator"):
    error = StageError(code="FAILED_PRECONDITION", where=name, hint="", message="not run")
    return stage(
        name,
        status="skipped",
        error=error,
        attempts=(),
        metrics=None,
        output_path=None,
        seconds=0.0,
    )


def a_run(*stages, **values):
    base = RunResult(
        run_id="20260101T120000-1a2b3c4d",
        workflow_name="household",
        stages=stages,
        started=NOON,
        seconds=2.5,
        config={"workflow_name": "household"},
        versions={"python": "3.11"},
        config_file="config/household.json",
    )
    return replace(base, **values)
