"""What two builds do about one fault: each probe uses what both offer, and says what it saw.

``python tools/fault_probes.py NAME`` runs one; `tools/faults_before.py` runs all with two builds.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import logging
import os
import resource
import signal
import subprocess
import sys
import tempfile
import threading
import time
from concurrent import futures
from pathlib import Path
from typing import TYPE_CHECKING, Any

import grpc

from energykit._proto import energy_pipeline_pb2 as pb
from energykit._proto import energy_pipeline_pb2_grpc as stubs
from energykit.config import parse_config
from energykit.errors import EnergykitError
from energykit.executor import run, steps
from energykit.serving import serve, stage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import polars as pl

__all__ = ["PROBES"]

HEAD = "timestamp,household_id,power_consumption,voltage,current"
LINE = "2025-01-01T00:00:00Z,HH-{},120.5,230.0,5.1"
STRANGER = 12_002
SECRET = "s3cr3t-of-a-meter"
MB, SOON_S = 1 << 20, 25.0


@stage("copy")
def copy(readings: pl.LazyFrame) -> pl.LazyFrame:
    """Give the readings back."""
    return readings


@stage("halve")
def halve(readings: pl.LazyFrame) -> pl.LazyFrame:
    """Give the half of the readings."""
    return readings.limit(1)


@stage("nothing")
def nothing(readings: pl.LazyFrame) -> pl.LazyFrame:  # type: ignore[empty-body]
    """Forget the ``return``."""


@contextlib.contextmanager
def root_of(*lines: str) -> Iterator[Path]:
    """Yield a data root with ``in.csv``, by default of two readings."""
    with tempfile.TemporaryDirectory() as folder:
        rows = lines or (LINE.format(1), LINE.format(2))
        Path(folder, "in.csv").write_text("\n".join([HEAD, *rows, ""]), encoding="utf-8")
        yield Path(folder)


@contextlib.contextmanager
def served(what: Any, root: Path) -> Iterator[tuple[Any, str]]:
    """Yield a stub of a served stage, and its address."""
    with (
        serve(what, data_root=root, block=False) as server,
        grpc.insecure_channel(server.address) as channel,
    ):
        yield stubs.ContainerExecutorStub(channel), server.address


def ask(stub: Any, source: str, target: str, timeout: float = 60.0, **parameters: Any) -> str:
    """Call Execute; return what came of it in few words."""
    request = pb.ExecuteRequest(input_file=source, output_file=target)
    request.parameters.update(parameters)
    try:
        answer = stub.Execute(request, timeout=timeout)
    except grpc.RpcError as exc:
        return str(exc.code().name)
    return "success" if answer.success else str(answer.error.code or "failed")


def plan(*stages: tuple[str, str, str, str], **parameters: Any) -> Any:
    """Return a configuration of a chain: id, address, input and output of each stage."""
    followers = [one[0] for one in stages[1:]] + [None]
    containers = {
        name: {
            "id": name,
            "input_file": source,
            "output_file": target,
            "next_node": after,
            "timeout_seconds": 60,
            "parameters": parameters,
        }
        for (name, _, source, target), after in zip(stages, followers, strict=True)
    }
    document = {"workflow_name": "probe", "start_node": stages[0][0], "containers": containers}
    document |= {"service_registry": {name: address for name, address, *_ in stages}}
    return parse_config(json.dumps(document | {"execution_mode": "sequential"}))


@contextlib.contextmanager
def program(module: str, root: Path) -> Iterator[tuple[Any, grpc.Channel]]:
    """Yield the process of a shipped service and a channel to it; the process is killed."""
    words = [sys.executable, "-m", module, "--port", "0", "--data-root", str(root)]
    with subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        try:
            unbounded = [("grpc.max_receive_message_length", -1)]
            address = process.stdout.readline().split()[-1]
            with grpc.insecure_channel(address, options=unbounded) as channel:
                yield process, channel
        finally:
            process.kill()


@contextlib.contextmanager
def answering(answer: Callable[[Any, grpc.ServicerContext], Any], **more: Any) -> Iterator[str]:
    """Yield the address of a service that has Execute, and what else is given."""
    execute = grpc.unary_unary_rpc_method_handler(
        answer, pb.ExecuteRequest.FromString, pb.ExecuteResponse.SerializeToString
    )
    methods = {"Execute": execute, **more}
    server = grpc.server(futures.ThreadPoolExecutor(4))
    server.add_generic_rpc_handlers(
        (grpc.method_handlers_generic_handler("ContainerExecutor", methods),)
    )
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        server.stop(None)


def command(*arguments: str, before: str = "", timeout: float = 110.0) -> Any:
    """Run the command line of this build, after some words of a shell."""
    words = [sys.executable, "-m", "energykit", *arguments]
    if before:
        words = ["unshare", "-m", "-n", "sh", "-c", f'{before}; exec "$@"', "sh", *words]
    return subprocess.run(words, capture_output=True, text=True, timeout=timeout, check=False)


def stage_config(root: Path, **changes: Any) -> str:
    """Write a configuration of one dummy, and return its path."""
    node = {"id": "dummy", "input_file": "", "output_file": "/data/out.csv", "next_node": None}
    node |= {"timeout_seconds": 30, "parameters": {}} | changes
    document = {"workflow_name": "probe", "start_node": "dummy", "execution_mode": "sequential"}
    document |= {"service_registry": {"dummy": "127.0.0.1:1"}, "containers": {"dummy": node}}
    path = root / "plan.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    return str(path)


def returns_nothing() -> str:
    """1: a stage without ``return``, and an older output."""
    with root_of() as root, served(nothing, root) as (stub, _):
        (root / "out.csv").write_text(HEAD + "\n", encoding="utf-8")
        return ask(stub, "/data/in.csv", "/data/out.csv")


def edited_between_steps() -> str:
    """1 b: the record's digest of an input that was edited, and what resuming runs again."""
    import hashlib

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


def another_account() -> str:
    """2: another account calls."""
    code = (
        "import grpc, grpc._channel, os, sys; os.setgid(int(sys.argv[2])); "
        "os.setuid(int(sys.argv[2])); c = grpc.insecure_channel(sys.argv[1])\n"
        "try: c.unary_unary('/ContainerExecutor/Execute')(b'', timeout=9); print('answered')\n"
        "except grpc.RpcError as e: print(e.code().name)"
    )
    with root_of() as root, served(copy, root) as (_, address):
        words = [sys.executable, "-c", code, address, str(STRANGER)]
        return subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip()


def stray_quotes() -> str:
    """3: two stray quotes in 20,000 rows."""
    from energykit.artifacts import scan

    rows = [LINE.format(number) for number in range(20_000)]
    for at in (10, 1_500):
        rows[at] = rows[at].replace("HH-", '"HH-')
    with root_of(*rows) as root:
        opened = scan(root / "in.csv")
        left = opened.frame.collect().height
        return f"{left:,} rows, {sum(one.rows for one in opened.skipped):,} skipped"


def empty_day() -> str:
    """4: a heading alone, by way of ``.pb``."""
    seen = []
    with root_of("") as root:
        for name, *files in (
            ("energy_analyzer", "in.csv", "h.pb"),
            ("report_generator", "h.pb", "r.csv"),
        ):
            with program(f"services.{name}", root) as (_, channel):
                stub = stubs.ContainerExecutorStub(channel)
                seen.append(ask(stub, *(f"/data/{file}" for file in files)))
    return ", then ".join(seen)


def output_is_input() -> str:
    """5: the output is the input."""
    with root_of() as root:
        before = (root / "in.csv").read_bytes()
        same = {"input_file": "/data/in.csv", "output_file": "/data/./in.csv"}
        checked = command("check", stage_config(root, **same)).returncode
        with served(halve, root) as (stub, _):
            seen = ask(stub, "/data/in.csv", "/data/./in.csv")
        kept = "kept" if (root / "in.csv").read_bytes() == before else "destroyed"
    return f"check: exit code {checked}; service: {seen}, the input is {kept}"


def exchanged_folder() -> str:
    """6: a folder is exchanged for a link that leads out, again and again, during 300 calls."""
    rename = ctypes.CDLL(None).renameat2
    with root_of() as root, tempfile.TemporaryDirectory() as outside:
        (root / "real").mkdir()
        (root / "link").symlink_to(outside)
        names = [os.fsencode(root / name) for name in ("real", "link")]
        is_over = threading.Event()

        def exchange() -> None:
            while not is_over.is_set():
                rename(-100, names[0], -100, names[1], 2)

        thread = threading.Thread(target=exchange)
        thread.start()
        with served(copy, root) as (stub, _):
            for number in range(300):
                ask(stub, "/data/in.csv", f"/data/real/w{number}.csv")
        is_over.set()
        thread.join()
        left = sum(path.suffix == ".csv" for path in Path(outside).iterdir())
    return "files outside" if left else "no file outside"


def late_deadline() -> str:
    """7: deadlines that pass as the work ends."""

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

    def version(value: int) -> Any:
        source = (
            "from energykit.serving import Output, stage\n"
            f"@stage('s')\ndef s() -> Output: return Output(b'{value}', {{'.why.csv': b'why'}})\n"
        )
        return source, value

    with root_of() as root:
        folder = root / "code"
        folder.mkdir()
        for number in (0, 1):
            (folder / f"stage_{number}.py").write_text(version(number)[0], encoding="utf-8")
        sys.path.insert(0, str(folder))
        number = 0
        states = []
        for resume in (False, True):
            module = __import__(f"stage_{number}")
            with served(module.s, root) as (_, address):
                chain = plan(("s", address, "", "/data/out.bin"))
                states.append(run(chain, data_root=root, resume=resume)["s"].status)
            number = int(bool(change(root)))
        return states[-1]


def other_code() -> str:
    """8 a: a stage's code changed."""
    return resumed(lambda _root: True)


def tampered_beside() -> str:
    """8 b: a file beside the output was changed."""

    def tamper(root: Path) -> None:
        for path in root.glob("*.why.csv"):
            path.write_bytes(b"tampered")

    return resumed(tamper)


def private_file() -> str:
    """9: the mode of a private file that is written again, and of the record's folder."""
    with root_of() as root, served(copy, root) as (_, address):
        (root / "out.csv").touch(0o600)
        (root / "out.csv").chmod(0o600)
        run(plan(("copy", address, "/data/in.csv", "/data/out.csv")), data_root=root)
        modes = [(root / name).stat().st_mode & 0o777 for name in ("out.csv", "runs", "logs")]
    return ", ".join(f"{mode:04o}" for mode in modes)


def killed_writer() -> str:
    """10: temporary files of a killed writer after the next run."""

    def left(root: Path) -> list[Path]:
        return [path for path in root.iterdir() if path.name.endswith(".tmp")]

    def call(root: Path, days: int, *, is_killed: bool) -> None:
        request = pb.ExecuteRequest(output_file="/data/e.csv")
        values = {"scenario": "households", "households": 9, "days": days, "seed": 1}
        request.parameters.update(values)
        with program("services.energy_generator", root) as (process, channel):
            answer = stubs.ContainerExecutorStub(channel).Execute.future(request, timeout=60)
            while is_killed and not any(path.stat().st_size for path in left(root)):
                time.sleep(0.001)
            if is_killed:
                process.kill()
            else:
                answer.result()

    with root_of() as root:
        call(root, 120, is_killed=True)
        between = len(left(root))
        call(root, 1, is_killed=False)
        return f"{between} after the kill, {len(left(root))} after the next run"


def typed_call() -> str:
    """11: a typed call of 300,000 rows."""
    from energykit._proto import energy_pb2, energy_pb2_grpc

    with root_of() as root, program("services.energy_generator", root) as (_, channel):
        stub = energy_pb2_grpc.EnergyGeneratorStub(channel)
        try:
            rows = stub.GenerateData(energy_pb2.GenerateRequest(rows=300_000), timeout=60)
        except grpc.RpcError as exc:
            return str(exc.code().name)
        return f"{len(rows.data):,} rows"


def full_disk() -> str:
    """12: a run whose record is on a full disk."""
    with tempfile.TemporaryDirectory() as folder:
        config = stage_config(Path(folder))
        disk = f"{folder}/disk"
        Path(disk).mkdir()
        full = f"ip link set lo up; mount -t tmpfs -o size=16k none {disk}; "
        full += f"head -c 16384 /dev/zero 2>/dev/null > {disk}/x"
        begin = time.monotonic()
        done = command("run", config, "--local", "--data-root", disk, before=full)
        said = done.stderr.replace(disk, "FOLDER").strip().splitlines()[0]
        took = "at once" if time.monotonic() - begin < SOON_S else "after half a minute"
    return f"exit code {done.returncode} {took}: {said[:100]}"


def own_deadline() -> str:
    """13: a service ends a call with DEADLINE_EXCEEDED and words of its own."""

    def answer(_request: Any, context: grpc.ServicerContext) -> Any:
        context.abort(grpc.StatusCode.DEADLINE_EXCEEDED, "the meter is asleep")

    with root_of() as root, answering(answer) as address:
        error = run(plan(("s", address, "", "/data/o.csv")), data_root=root)["s"].error
    return "its words" if "asleep" in str(error) else str(error).splitlines()[0]


def huge_grid() -> str:
    """14: a grid of 10^12 points, with 3 GB of memory."""
    from energykit.experiments import points

    resource.setrlimit(resource.RLIMIT_AS, (3000 * MB, 3000 * MB))
    chain = plan(("s", "127.0.0.1:1", "", "/data/o.csv"), rows=1)
    try:
        points(chain, {"s.rows": range(10**12)})
    except EnergykitError as exc:
        return f"refused: {str(exc).splitlines()[0]}"
    except (MemoryError, OverflowError) as exc:
        return f"{type(exc).__name__} after {resource.getrusage(0).ru_maxrss // 1024 // 500 / 2} GB"
    return "made"


def terminated() -> str:
    """15: TERM during a run."""
    with root_of() as root:
        config = stage_config(root, parameters={"delay_s": 20})
        words = [sys.executable, "-m", "energykit", "run", config, "--local", "--data-root"]
        with subprocess.Popen(
            [*words, str(root)], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL
        ) as process:
            end = time.monotonic() + 40
            while not (found := list(root.glob("runs/*/run.json"))) and time.monotonic() < end:
                time.sleep(0.05)
            time.sleep(1)
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=30)
        record = json.loads(found[0].read_text(encoding="utf-8"))
    states = [one.get("status") for one in record.get("stages", [])]
    return f"exit code {process.returncode}, stages in the record: {states}"


def only_ipv6() -> str:
    """16: a host without IPv4."""
    with tempfile.TemporaryDirectory() as folder:
        config = stage_config(Path(folder))
        without = "ip link set lo up; ip addr del 127.0.0.1/8 dev lo"
        done = command("run", config, "--local", "--data-root", folder, before=without)
    return f"exit code {done.returncode}"


def many_parts() -> str:
    """17: an output path of 2,000 parts, and a record of 100,000 brackets."""
    with root_of() as root:
        with served(copy, root) as (stub, _):
            seen = ask(stub, "/data/in.csv", "/data/" + "a/" * 2_000 + "b.csv")
        folder = root / "runs" / "x"
        folder.mkdir(parents=True)
        (folder / "run.json").write_text("[" * 100_000, encoding="utf-8")
        done = command("report", str(folder / "run.json"), "--data-root", str(root))
    is_told = "a traceback" if "Traceback" in done.stderr else "a sentence"
    return f"{seen}; {is_told}"


def escapes() -> str:
    """18: control characters and a line end in a service's message."""
    text = "\x1b[2Jowned\r\nFAKE 2026 - INFO - ok"

    def answer(_request: Any, _context: grpc.ServicerContext) -> Any:
        return pb.ExecuteResponse(success=True, message=text)

    with root_of() as root, answering(answer) as address:
        run(plan(("s", address, "", "/data/o.csv")), data_root=root)
        logs = "".join(path.read_text() for path in root.glob("logs/*.log"))
    is_raw = "\x1b" in logs or "\nFAKE" in logs
    return "raw in the log" if is_raw else "shown as escapes"


def formulas() -> str:
    """19: a household that a spreadsheet computes."""
    from energykit.artifacts import scan, write

    with root_of(LINE.replace("HH-{}", "=1+1")) as root:
        write(scan(root / "in.csv").frame.collect(), root / "out.csv")
        return "kept" if ",=1+1," in (root / "out.csv").read_text() else "changed"


def dead_service() -> str:
    """21: a run after a local service was killed."""
    from energykit.launcher import local_services

    logging.disable()
    with root_of() as root, local_services(["dummy"], data_root=root) as services:
        process = services.processes["dummy"]
        os.kill(process.pid, signal.SIGKILL)
        time.sleep(1)
        chain = plan(("dummy", services.addresses["dummy"], "", "/data/o.csv"))
        said = str(run(chain, services)["dummy"].error)
    return "its end and its log" if "SIGKILL" in said else said.partition(": ")[2].splitlines()[0]


def large_message() -> str:
    """22 a: the record of a message of 3 MB."""

    def answer(_request: Any, _context: grpc.ServicerContext) -> Any:
        return pb.ExecuteResponse(success=True, message="é" * (3 * MB // 2))

    with root_of() as root, answering(answer) as address:
        run(plan(("s", address, "", "/data/o.csv")), data_root=root)
        (record,) = root.glob("runs/*/run.json")
        return f"{record.stat().st_size / MB:.1f} MB"


def secret_parameter() -> str:
    """22 b: a secret by reference, and what is kept of it."""
    os.environ["PROBE_SECRET"] = SECRET
    got = []

    def answer(request: Any, _context: grpc.ServicerContext) -> Any:
        got.append(SECRET in str(request.parameters))
        return pb.ExecuteResponse(success=True, message=f"used {SECRET}")

    with root_of() as root, answering(answer) as address:
        chain = plan(("s", address, "", "/data/o.csv"), token={"$env": "PROBE_SECRET"})
        run(chain, data_root=root)
        kept = b"".join(path.read_bytes() for path in root.rglob("*") if path.is_file())
    sent = "sent" if any(got) else "not sent"
    return f"{sent}, {'kept' if SECRET.encode() in kept else 'not kept'}"


def content_policy() -> str:
    """22 c: the content policy of a run's report."""
    root = Path(__file__).resolve().parents[1]
    with tempfile.TemporaryDirectory() as folder:
        config = str(root / "config/household-pipeline.json")
        command("run", config, "--local", "--data-root", folder)  # its input is not there: it fails
        page = Path(folder, "page.html")
        command("report", "--data-root", folder, "--out", str(page))
        text = page.read_text(encoding="utf-8") if page.exists() else ""
    return "there" if "Content-Security-Policy" in text else "none"


def encryption() -> str:
    """23: options for encryption and tokens."""
    words = [sys.executable, "-m", "services.dummy", "--help"]
    said = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    return "there" if "--tls-certificate" in said and "--token-file" in said else "none"


def foreign_words() -> str:
    """D1: a service with Execute alone that words it as another library."""

    def answer(_request: Any, _context: grpc.ServicerContext) -> Any:
        return pb.ExecuteResponse(success=True)

    def no_stream(_request: Any, context: grpc.ServicerContext) -> Any:
        words = "The server does not implement the method ExecuteStream"
        context.abort(grpc.StatusCode.UNIMPLEMENTED, words)

    handler = grpc.unary_stream_rpc_method_handler(no_stream)
    with root_of() as root, answering(answer, ExecuteStream=handler) as address:
        return run(plan(("s", address, "", "/data/o.csv")), data_root=root)["s"].status


def instrumented() -> str:
    """D2: OpenTelemetry's gRPC instrumentation of the client."""
    from opentelemetry.instrumentation.grpc import GrpcInstrumentorClient

    GrpcInstrumentorClient().instrument()
    with root_of() as root, served(copy, root) as (_, address):
        chain = plan(("copy", address, "/data/in.csv", "/data/o.csv"))
        try:
            return run(chain, data_root=root)["copy"].status
        except AttributeError as exc:
            return f"AttributeError: {exc}"


def flags_everything() -> str:
    """D5: a detector that flags a whole day, one label of an hour in it."""
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


PROBES: dict[str, Callable[[], str]] = {
    "1": returns_nothing,
    "1b": edited_between_steps,
    "2": another_account,
    "3": stray_quotes,
    "4": empty_day,
    "5": output_is_input,
    "6": exchanged_folder,
    "7": late_deadline,
    "8a": other_code,
    "8b": tampered_beside,
    "9": private_file,
    "10": killed_writer,
    "11": typed_call,
    "12": full_disk,
    "13": own_deadline,
    "14": huge_grid,
    "15": terminated,
    "16": only_ipv6,
    "17": many_parts,
    "18": escapes,
    "19": formulas,
    "21": dead_service,
    "22a": large_message,
    "22b": secret_parameter,
    "22c": content_policy,
    "23": encryption,
    "D1": foreign_words,
    "D2": instrumented,
    "D5": flags_everything,
}
"""By the number of the failure."""

if __name__ == "__main__":
    print(PROBES[sys.argv[1]]())
