"""What takes bytes from outside: whatever they are, an answer or an error of ours, and in bounds.

Each target takes bytes and raises where the kit did not keep to that. Hypothesis
(``test_fuzz.py``) and atheris (``tools/fuzz.py``) call them.
"""

from __future__ import annotations

import contextlib
import functools
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import grpc
import polars as pl
from google.protobuf.message import DecodeError

from energykit.artifacts import scan, write
from energykit.config import parse_config, shipped_stages
from energykit.errors import ArtifactError, ConfigError
from energykit.results import load_run
from energykit.serving import Output, stage
from energykit.serving.context import StageAbortError, StageContext
from energykit.serving.execution import execute
from energykit.serving.paths import DataRoot

ROOT = Path(__file__).resolve().parents[2]
LEGACY = ROOT / "tests" / "legacy"
BUGS = {"", "INTERNAL", "UNKNOWN"}
"""Codes of an answer that say that something of ours is broken."""


@contextlib.contextmanager
def file_of(data: bytes, name: str) -> Iterator[Path]:
    """Yield a file of these bytes, alone in a folder."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(data)
        yield path


def read_artifact(suffix: str, data: bytes) -> None:
    """Rows of a file are used or skipped, or the file is refused."""
    with file_of(data, f"readings{suffix}") as path:
        try:
            opened = scan(path)
            rows = opened.frame.collect().height
        except ArtifactError as exc:
            assert exc.code not in BUGS, f"{exc.code}: {exc}"
            assert str(path) in str(exc)
        else:
            skipped = sum(reason.rows for reason in opened.skipped)
            assert rows + skipped == opened.rows_in, (rows, skipped, opened.rows_in)


def read_configuration(data: bytes) -> None:
    """A configuration is valid, or has faults with places."""
    text = data.decode(errors="replace")
    try:
        parse_config(text, file="p.json", stages=shipped_stages())
    except ConfigError as exc:
        assert exc.faults
        assert all(fault.line >= 1 and fault.column >= 1 for fault in exc.faults)


def read_record(data: bytes) -> None:
    """A record of a run can be looked at, or is refused."""
    with file_of(data, "run.json") as path:
        try:
            run = load_run(path)
        except ArtifactError as exc:
            assert str(path) in str(exc)
        else:
            assert repr(run)
            assert run._repr_html_()
            run.attempts_frame()


@stage("echo")
def echo(
    readings: pl.LazyFrame | None = None,
    *,
    times: int = 1,
    share: float = 0.5,
    name: str = "",
    labels: list[str] | None = None,
) -> Output:
    """Give the parameters back."""
    return Output(f"{times} {share} {name} {labels}")


def execute_request(data: bytes) -> None:
    """A request is answered, and no file outside the data root is touched."""
    from energykit._proto.energy_pipeline_pb2 import ExecuteRequest

    try:
        request = ExecuteRequest.FromString(data)
    except DecodeError:
        return
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "root"
        root.mkdir()
        (root / "energy_data.csv").write_bytes(seed("energy_data.csv"))
        answer_in_bounds(request, root)
        assert [path.name for path in Path(folder).iterdir()] == ["root"]


def answer_in_bounds(request, root: Path) -> None:
    context = StageContext(
        stage="echo",
        run_id=request.run_id,
        input_file=request.input_file,
        output_file=request.output_file,
        root=DataRoot(root),
    )
    try:
        answer = execute(echo, request, context)
    except StageAbortError as exc:
        assert exc.code in grpc.StatusCode.__members__
    else:
        assert answer.success or answer.error.code not in BUGS, str(answer)
        assert answer.SerializeToString()


def seed(name: str) -> bytes:
    return (LEGACY / name).read_bytes()


@functools.cache
def parquet_seed() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "readings.parquet"
        write(scan(LEGACY / "energy_data.csv").frame.collect(), path)
        return path.read_bytes()


def configuration_seed() -> bytes:
    return (ROOT / "config" / "energy-pipeline.json").read_bytes()


def request_seed() -> bytes:
    from energykit._proto.energy_pipeline_pb2 import ExecuteRequest

    request = ExecuteRequest(input_file="/data/energy_data.csv", output_file="/data/out/a.csv")
    request.parameters.update({"times": 3, "share": 0.25, "name": "x", "labels": ["a", "b"]})
    return request.SerializeToString()


@functools.cache
def record_seed() -> bytes:
    from energykit.executor import run
    from energykit.serving import serve

    with (
        tempfile.TemporaryDirectory() as folder,
        serve(echo, data_root=folder, block=False) as server,
    ):
        config = parse_config(configuration_of_one_stage(server.address))
        result = run(config, data_root=folder).raise_for_failure()
        return (result.folder / "run.json").read_bytes()


def configuration_of_one_stage(address: str) -> str:
    import json

    container = {
        "id": "echo",
        "input_file": "",
        "output_file": "/data/echo.csv",
        "next_node": "",
        "timeout_seconds": 30,
    }
    document = {
        "workflow_name": "fuzz",
        "start_node": "echo",
        "service_registry": {"echo": address},
        "containers": {"echo": container},
    }
    return json.dumps(document)


TARGETS: dict[str, tuple[Callable[[bytes], None], Callable[[], bytes]]] = {
    "csv": (functools.partial(read_artifact, ".csv"), functools.partial(seed, "energy_data.csv")),
    "pb": (functools.partial(read_artifact, ".pb"), functools.partial(seed, "analysis_output.pb")),
    "parquet": (functools.partial(read_artifact, ".parquet"), parquet_seed),
    "configuration": (read_configuration, configuration_seed),
    "record": (read_record, record_seed),
    "request": (execute_request, request_seed),
}
"""By name: what takes bytes, and a valid example that changes start from."""
