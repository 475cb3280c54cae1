"""Faults of access: other accounts, paths, secrets, what may be read and shown."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from builds import answering, ask, command, copy, fault, plan, root_of, served

from energykit._proto import energy_pipeline_pb2 as pb
from energykit.executor import run

if TYPE_CHECKING:
    import grpc

STRANGER = 12_002
SECRET = "s3cr3t-of-a-meter"


@fault("2", "another account calls")
def _another_account() -> str:
    code = (
        "import grpc, grpc._channel, os, sys; os.setgid(int(sys.argv[2])); "
        "os.setuid(int(sys.argv[2])); c = grpc.insecure_channel(sys.argv[1])\n"
        "try: c.unary_unary('/ContainerExecutor/Execute')(b'', timeout=9); print('answered')\n"
        "except grpc.RpcError as e: print(e.code().name)"
    )
    with root_of() as root, served(copy, root) as (_, address):
        words = [sys.executable, "-c", code, address, str(STRANGER)]
        return subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip()


@fault("6", "a folder is exchanged for a link that leads out, again and again, during 300 calls")
def _exchanged_folder() -> str:
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


@fault("9", "the mode of a private file that is written again, and of the record's folder")
def _private_file() -> str:
    with root_of() as root, served(copy, root) as (_, address):
        (root / "out.csv").touch(0o600)
        (root / "out.csv").chmod(0o600)
        run(plan(("copy", address, "/data/in.csv", "/data/out.csv")), data_root=root)
        modes = [(root / name).stat().st_mode & 0o777 for name in ("out.csv", "runs", "logs")]
    return ", ".join(f"{mode:04o}" for mode in modes)


@fault("17", "an output path of 2,000 parts, and a record of 100,000 brackets")
def _many_parts() -> str:
    with root_of() as root:
        with served(copy, root) as (stub, _):
            seen = ask(stub, "/data/in.csv", "/data/" + "a/" * 2_000 + "b.csv")
        folder = root / "runs" / "x"
        folder.mkdir(parents=True)
        (folder / "run.json").write_text("[" * 100_000, encoding="utf-8")
        done = command("report", str(folder / "run.json"), "--data-root", str(root))
    is_told = "a traceback" if "Traceback" in done.stderr else "a sentence"
    return f"{seen}; {is_told}"


@fault("18", "control characters and a line end in a service's message")
def _escapes() -> str:
    text = "\x1b[2Jowned\r\nFAKE 2026 - INFO - ok"

    def answer(_request: Any, _context: grpc.ServicerContext) -> Any:
        return pb.ExecuteResponse(success=True, message=text)

    with root_of() as root, answering(answer) as address:
        run(plan(("s", address, "", "/data/o.csv")), data_root=root)
        logs = "".join(path.read_text() for path in root.glob("logs/*.log"))
    is_raw = "\x1b" in logs or "\nFAKE" in logs
    return "raw in the log" if is_raw else "shown as escapes"


@fault("22b", "a secret by reference, and what is kept of it")
def _secret_parameter() -> str:
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


@fault("22c", "the content policy of a run's report")
def _content_policy() -> str:
    root = Path(__file__).resolve().parents[2]
    with tempfile.TemporaryDirectory() as folder:
        config = str(root / "config/household-pipeline.json")
        command("run", config, "--local", "--data-root", folder)  # its input is not there: it fails
        page = Path(folder, "page.html")
        command("report", "--data-root", folder, "--out", str(page))
        text = page.read_text(encoding="utf-8") if page.exists() else ""
    return "there" if "Content-Security-Policy" in text else "none"


@fault("23", "options for encryption and tokens")
def _encryption() -> str:
    words = [sys.executable, "-m", "services.dummy", "--help"]
    said = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    return "there" if "--tls-certificate" in said and "--token-file" in said else "none"


@fault("22d", "a transfer of artefacts in the contract, classes of errors in `ek`")
def _contract_and_errors() -> str:
    import energykit as ek

    methods = pb.DESCRIPTOR.services_by_name["ContainerExecutor"].methods_by_name
    has_transfer = {"ReadArtifact", "WriteArtifact"} <= set(methods)
    return f"transfer: {has_transfer}, errors: {'errors' in ek.__all__}"
