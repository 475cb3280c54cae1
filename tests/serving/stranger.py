"""Try what another account of the same machine could try, and print how each attempt ended.

python stranger.py USER ADDRESS PID PATH...

As root it becomes USER first. ADDRESS and PID are those of a service of somebody else, PATHs
are files of theirs. Prints a JSON object: each attempt, and the gRPC status or the exception's
name that it ended with, or "done".
"""

import json
import os
import signal
import sys
from pathlib import Path

import grpc

user, address, pid, *paths = sys.argv[1:]
if os.geteuid() == 0:
    import grpc._channel  # what the account may not read

    os.setgroups([])
    os.setgid(int(user))
    os.setuid(int(user))
ENDS = {}


def attempt(name, act):
    try:
        act()
        ENDS[name] = "done"
    except grpc.RpcError as exc:
        ENDS[name] = exc.code().name
    except OSError as exc:
        ENDS[name] = type(exc).__name__


def list_open_files():
    return [path.readlink() for path in Path(f"/proc/{pid}/fd").iterdir()]


with grpc.insecure_channel(address) as channel:
    call = channel.unary_unary("/ContainerExecutor/Execute")
    attempt("call the service", lambda: call(bytes.fromhex("120a7468656972732e637376"), timeout=5))
    read = channel.unary_stream("/ContainerExecutor/ReadArtifact")
    attempt("read over the wire", lambda: list(read(b"\n\x0d/data/out.csv", timeout=5)))
for number in (signal.SIGTERM, signal.SIGSTOP, signal.SIGKILL):
    attempt(f"signal {number.name}", lambda number=number: os.kill(int(pid), number))
attempt("read its environment", Path(f"/proc/{pid}/environ").read_bytes)
attempt("list its open files", list_open_files)
for path in map(Path, paths):
    attempt(f"read {path}", path.read_bytes)
    attempt(f"write {path}", lambda path=path: path.open("r+b").close())
    attempt(f"remove {path}", path.unlink)
    attempt(f"replace {path}", lambda path=path: Path("/etc/hostname").rename(path))
    attempt(f"add beside {path}", path.with_name(f"{path.name}.new").touch)
print(json.dumps(ENDS))
