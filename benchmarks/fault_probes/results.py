"""Faults of results: what is wrong without a word, reused wrongly, or told in false words."""

from __future__ import annotations

import hashlib
import sys
import tempfile
import time
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import TYPE_CHECKING, Any

import grpc
from builds import (
    HEAD,
    LINE,
    answering,
    ask,
    channel_to,
    command,
    copy,
    fault,
    halve,
    plan,
    program,
    root_of,
    served,
    stage_config,
)

from energykit._proto import energy_pipeline_pb2 as pb
from energykit._proto import energy_pipeline_pb2_grpc as stubs
from energykit.executor import run, steps
from energykit.serving import stage

if TYPE_CHECKING:
    from collections.abc import Callable

    import polars as pl


@stage("nothing")
def nothing(readings: pl.LazyFrame) -> pl.LazyFrame:  # type: ignore[empty-body]
    """Forget the ``return``."""


@fault("1", "a stage without `return`, and an older output")
def _returns_nothing() -> str:
    with root_of() as root, served(nothing, root) as (stub, _):
        (root / "out.csv").write_text(HEAD + "\n", encoding="utf-8")
        return ask(stub, "/data/in.csv", "/data/out.csv")


@fault("1b", "the record's digest of an input that was edited, and what resuming runs again")
def _edited_between_steps() -> str:
    with root_of() as root, served(copy, root) as (_, address):
        chain = plan(
            ("first", address, "/data/in.csv", "/data/a.csv"),
            ("second", address, "/data/a.csv", "/data/b.csv"),
        )
        stepping = steps(chain, data_root=root)
        next(stepping)
        edited = root / "a.csv"
        edited.write_text(edited.read_text().replace("120.5", "999.5"), encoding="utf-8")
        read = hashlib.sha256(edited.read_bytes()).hexdigest()
        last = list(stepping)[-1]
        again = run(chain, data_root=root, resume=True)
    says = "the input that was read" if last.input_sha256 == read else "another input"
    return f"record: {says}; resumed: {', '.join(one.status for one in again)}"


@fault("3", "two stray quotes in 20,000 rows")
def _stray_quotes() -> str:
    from energykit.artifacts import scan

    rows = [LINE.format(number) for number in range(20_000)]
    for at in (10, 1_500):
        rows[at] = rows[at].replace("HH-", '"HH-')
    with root_of(*rows) as root:
        opened = scan(root / "in.csv")
        left = opened.frame.collect().height
        return f"{left:,} rows, {sum(one.rows for one in opened.skipped):,} skipped"


@fault("4", "a heading alone, by way of `.pb`")
def _empty_day() -> str:
    seen = []
    with root_of("") as root:
        for name, *files in (
            ("energy_analyzer", "in.csv", "h.pb"),
            ("report_generator", "h.pb", "r.csv"),
        ):
            with program(f"services.{name}", root) as (_, address), channel_to(address) as channel:
                stub = stubs.ContainerExecutorStub(channel)
                seen.append(ask(stub, *(f"/data/{file}" for file in files)))
    return ", then ".join(seen)


@fault("5", "the output is the input")
def _output_is_input() -> str:
    with root_of() as root:
        before = (root / "in.csv").read_bytes()
        same = {"input_file": "/data/in.csv", "output_file": "/data/./in.csv"}
        checked = command("check", stage_config(root, **same)).returncode
        with served(halve, root) as (stub, _):
            seen = ask(stub, "/data/in.csv", "/data/./in.csv")
        kept = "kept" if (root / "in.csv").read_bytes() == before else "destroyed"
    return f"check: exit code {checked}; service: {seen}, the input is {kept}"


@fault("7", "deadlines that pass as the work ends")
def _late_deadline() -> str:
    @stage("slow")
    def slow(readings: pl.LazyFrame) -> pl.LazyFrame:
        time.sleep(0.1)
        return readings

    late = changed = 0
    with root_of() as root, served(slow, root) as (stub, _):
        ask(stub, "/data/in.csv", "/data/w.csv")  # imports
        begin = time.monotonic()
        ask(stub, "/data/in.csv", "/data/w.csv")
        whole = time.monotonic() - begin
        for number in range(24):
            target = root / f"w{number}.csv"
            seen = ask(stub, "/data/in.csv", f"/data/{target.name}", whole * (0.9 + number / 120))
            time.sleep(whole)
            late += seen == "DEADLINE_EXCEEDED"
            changed += seen == "DEADLINE_EXCEEDED" and target.exists()
    return f"{changed} of {late} late calls wrote their file"


def resumed(change: Callable[[Path], Any]) -> str:
    """Run, change something, resume; return the status of the stage."""
    with root_of() as root:
        states = []
        number = 0
        for resume in (False, True):
            with served(loaded(root, number).s, root) as (_, address):
                chain = plan(("s", address, "", "/data/out.bin"))
                states.append(run(chain, data_root=root, resume=resume)["s"].status)
            number = int(bool(change(root)))
    return states[-1]


def loaded(root: Path, number: int) -> Any:
    """Write a module with a stage of a version, and return it."""
    path = root / f"stage_{number}.py"
    path.write_text(
        "from energykit.serving import Output, stage\n"
        f"@stage('s')\ndef s() -> Output: return Output(b'{number}', {{'.why.csv': b'why'}})\n",
        encoding="utf-8",
    )
    spec = spec_from_file_location(path.stem, path)
    module = sys.modules[path.stem] = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@fault("8a", "a stage's code changed")
def _other_code() -> str:
    return resumed(lambda _root: True)


@fault("8b", "a file beside the output was changed")
def _tampered_beside() -> str:
    def tamper(root: Path) -> None:
        for path in root.glob("*.why.csv"):
            path.write_bytes(b"tampered")

    return resumed(tamper)


@fault("13", "a service ends a call with DEADLINE_EXCEEDED and words of its own")
def _own_deadline() -> str:
    def answer(_request: Any, context: grpc.ServicerContext) -> Any:
        context.abort(grpc.StatusCode.DEADLINE_EXCEEDED, "the meter is asleep")

    with root_of() as root, answering(answer) as address:
        error = run(plan(("s", address, "", "/data/o.csv")), data_root=root)["s"].error
    return "its words" if "asleep" in str(error) else str(error).splitlines()[0]


@fault("19", "a household that a spreadsheet computes")
def _formulas() -> str:
    from energykit.artifacts import scan, write

    with root_of(LINE.replace("HH-{}", "=1+1")) as root:
        write(scan(root / "in.csv").frame.collect(), root / "out.csv")
        return "kept" if ",=1+1," in (root / "out.csv").read_text() else "changed"


@fault("D1", "a service with Execute alone that words it as another library")
def _foreign_words() -> str:
    def answer(_request: Any, _context: grpc.ServicerContext) -> Any:
        return pb.ExecuteResponse(success=True)

    def no_stream(_request: Any, context: grpc.ServicerContext) -> Any:
        words = "The server does not implement the method ExecuteStream"
        context.abort(grpc.StatusCode.UNIMPLEMENTED, words)

    handler = grpc.unary_stream_rpc_method_handler(no_stream)
    with root_of() as root, answering(answer, ExecuteStream=handler) as address:
        return run(plan(("s", address, "", "/data/o.csv")), data_root=root)["s"].status


@fault("D2", "OpenTelemetry's gRPC instrumentation of the client")
def _instrumented() -> str:
    from opentelemetry.instrumentation.grpc import GrpcInstrumentorClient

    GrpcInstrumentorClient().instrument()
    with root_of() as root, served(copy, root) as (_, address):
        chain = plan(("copy", address, "/data/in.csv", "/data/o.csv"))
        try:
            return run(chain, data_root=root)["copy"].status
        except AttributeError as exc:
            return f"AttributeError: {exc}"


@fault("D5", "a detector that flags a whole day, one label of an hour in it")
def _flags_everything() -> str:
    import pandas as pd

    from energykit.scoring import score

    def spans(kind: str, *ends: str) -> Any:
        start, end = map(pd.Timestamp, ends)
        return pd.DataFrame(
            {"household_id": ["HH-0"], "start": [start], "end": [end], "kind": [kind]}
        )

    labels = spans("spike", "2025-01-01T10:00Z", "2025-01-01T11:00Z")
    found = spans("flags", "2025-01-01T00:00Z", "2025-01-02T00:00Z")
    table = score(found, labels, found_by={"spike": ["flags"]})
    value = float(table.set_index("kind").loc["spike", "event_f1"])
    return f"F1 by events {value:g}"


@fault("D4", "a notebook is swept, edited, and swept again on one Dask client")
def _edited_notebook() -> str:
    import distributed
    import nbformat

    from energykit.experiments import sweep_notebook

    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    values: list[float] = []
    kept: list[Any] = []
    with tempfile.TemporaryDirectory() as folder:
        cluster = distributed.LocalCluster(
            n_workers=1, threads_per_worker=1, dashboard_address=None, local_directory=folder
        )
        with cluster, distributed.Client(cluster) as client:
            for added in (1, 10):
                cells = [
                    nbformat.v4.new_code_cell("a = 0", metadata={"tags": ["parameters"]}),
                    nbformat.v4.new_code_cell(
                        f"import energykit as ek\nek.record('value', a + {added})"
                    ),
                ]
                path = Path(folder, "n.ipynb")
                nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=kernel), path)
                executor = keeping(client.get_executor(), kept)
                table = sweep_notebook(path, {"a": [5]}, executor=executor, out=folder)
                values += table["value"].tolist()
    return f"a + 1, then a + 10, of a = 5: {values[0]:g}, then {values[1]:g}"


def keeping(executor: Any, kept: list[Any]) -> Any:
    """Keep the futures of an executor: Dask forgets a task soon after its last future has gone."""
    submit = executor.submit
    executor.submit = lambda *task: kept.append(submit(*task)) or kept[-1]
    return executor
