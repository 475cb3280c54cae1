"""What a class's hub is held to: lessons side by side, users kept apart, homes that stay."""

from __future__ import annotations

import json
import re
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any

import requests
from containers import ROOT, Failed
from hub_client import HubUser

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hub_client import Kernel, Server

LESSON = "00-start-here.ipynb"
NOTEBOOK = f"notebooks/{LESSON}"
REPORT = "data/out/lesson-00/household/energy_report.csv"
STRANGER = ROOT / "tests" / "serving" / "stranger.py"
START_SERVICES = """
import json, os, pathlib
from jupyter_client import find_connection_file
import energykit as ek
config = ek.load_config("../config/energy-pipeline.json", data_root="../data")
services = ek.local_services(config, data_root="../data").start()
assert ek.run(config, services).ok
child = services.processes["energy-analyzer"]
home = pathlib.Path("..").resolve()
files = [*home.glob("data/*.*"), *home.glob("data/logs/*"), pathlib.Path.cwd() / "%s"]
files += [pathlib.Path(find_connection_file())]
service = [child.address, str(child.pid), *map(str, files)]
prints = json.loads(files[-1].read_text())["iopub_port"]
url = os.environ["JUPYTERHUB_SERVICE_URL"]
print(json.dumps({"service": service, "server": url, "prints": prints}))
""".replace("%s", LESSON)
STOP_SERVICES = "assert ek.run(config, services).ok; services.stop(); print(ek.survivors())"
TRY_FROM_ANOTHER_ACCOUNT = """
import json, subprocess, sys
command = [sys.executable, "-c", {script!r}, "-", *{arguments!r}]
print(subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout)
"""
TRY_THE_SERVER = """
import json, urllib.error, urllib.request
ends = []
for path in ("api/contents", "api/kernels", "files/{notebook}"):
    try:
        answer = urllib.request.urlopen("{server}" + path, timeout=20)
        ends.append("a page to log in" if "/hub/" in answer.url else answer.url)
    except urllib.error.HTTPError as exc:  # the hub's own pages are not on this port
        ends.append("a page to log in" if "/hub/" in exc.url else exc.code)
print(json.dumps(ends))
"""
PRINT_FOR_A_WHILE = """
import threading, time
threading.Thread(target=lambda: [print("mine") or time.sleep(0.05) for _ in range(200)]).start()
"""
LISTEN = """
import zmq
with zmq.Context() as context, context.socket(zmq.SUB) as heard:
    heard.setsockopt(zmq.LINGER, 0)
    heard.setsockopt(zmq.SUBSCRIBE, b"")
    heard.connect("tcp://127.0.0.1:{port}")
    print("heard" if heard.poll(5000) else "nothing")
"""
TRY_THE_HUB = """
import json, urllib.error, urllib.request
ends = []
for url in ("http://127.0.0.1:8081/hub/api/users", "http://127.0.0.1:8001/api/routes"):
    try:
        ends.append(urllib.request.urlopen(url, timeout=20).status)
    except urllib.error.HTTPError as exc:
        ends.append(exc.code)
print(json.dumps(ends))
"""
"""The hub's own port, and that of its proxy."""


def check_refused(hub: str, accounts: dict[str, str]) -> None:
    """Hold that a wrong password and an account that is not on the list do not get in."""
    name, password = next(iter(accounts.items()))
    for user, secret in ((name, f"{password}x"), ("root", password), ("nobody", "")):
        try:
            HubUser(hub, user, secret)
        except Failed:
            continue
        raise Failed(f"{user} logged in with a password that is not theirs")
    print("refused: a wrong password, root, an account that is not on the list")


def check_lessons(users: Sequence[Server], folder: str = "") -> None:
    """Let all users run lesson 00 at the same time, and open what it wrote.

    Parameters
    ----------
    users
        Their servers.
    folder
        Where the course is, as the servers show it, such as ``"lessons/"``.
    """
    with ThreadPoolExecutor(len(users)) as pool:
        for line in pool.map(partial(run_lesson, folder=folder), users):
            print(line)


def run_lesson(user: Server, folder: str) -> str:
    """Run lesson 00 in a user's own kernel, its exercise solved, and return what was seen."""
    began = time.monotonic()
    cells = solve(user.read(f"{folder}{NOTEBOOK}")["cells"])
    with user.kernel(f"{folder}{NOTEBOOK}") as kernel:
        for number, cell in enumerate(cells, 1):
            result = kernel.run("".join(cell["source"]))
            if result.error:
                raise Failed(f"{user.name}, {LESSON}, code cell {number}: {result.error}")
        if "Nothing survived" not in result.text:
            raise Failed(f"{user.name}: the lesson's last cell says {result.text!r}")
        page = write_report(kernel)
    seconds = time.monotonic() - began
    rows = user.download(f"{folder}{REPORT}").count(b"\n") - 1
    names = [entry["name"] for entry in user.read(f"{folder}data/household")]
    if not user.download(f"{folder}{page}").lstrip().lower().startswith(b"<!doctype html"):
        raise Failed(f"{user.name}: {page} is not a page")
    seen = f"{len(cells)} cells green in {seconds:.0f} s, a report of {rows} rows"
    return f"{user.name}: {seen}; {page} and ../data ({len(names)} files) open"


def solve(cells: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return a copy's cells of code, with the answers that its user is to find."""
    stored = json.loads((ROOT / NOTEBOOK).read_text(encoding="utf-8"))["cells"]
    answers = {
        cell["id"]: cell for cell in stored if cell["metadata"].get("nbgrader", {}).get("solution")
    }
    return [answers.get(cell["id"], cell) for cell in cells if cell["cell_type"] == "code"]


def write_report(kernel: Kernel) -> str:
    """Write the run's report with the command line, and return its path below the lessons."""
    result = kernel.run("!energykit report --data-root ../data")
    match = re.search(r"\S*/(data/\S+\.html)", result.text)
    if match is None:
        raise Failed(f"energykit report says {result.text!r}")
    return match[1]


def check_strangers(users: Sequence[HubUser]) -> None:
    """Let the second user try to get at what the first one has and runs."""
    owner, stranger = users[0], users[1]
    check_addresses(owner, stranger)
    with owner.kernel(NOTEBOOK) as kernel:
        started = json.loads(expect(kernel, START_SERVICES))
        with stranger.kernel(NOTEBOOK) as other:
            check_attempts(other, started["service"])
            check_direct(other, started["server"])
            check_unheard(kernel, other, started["prints"])
        if "Nothing survived" not in expect(kernel, STOP_SERVICES):
            raise Failed(f"{owner.name}: services survived")
    print(f"{owner.name} went on, and stopped: nothing survived")


def check_attempts(kernel: Kernel, service: Sequence[str]) -> None:
    """Run every attempt of the tests' second account from a kernel of another user."""
    script = STRANGER.read_text(encoding="utf-8")
    code = TRY_FROM_ANOTHER_ACCOUNT.format(script=script, arguments=list(service))
    ends = json.loads(expect(kernel, code))
    done = {name: end for name, end in ends.items() if end.upper() not in REFUSALS}
    if done:
        raise Failed(f"another user could: {done}")
    print(f"{len(ends)} attempts on a service and {len(service) - 2} files of another: all refused")


REFUSALS = {"PERMISSION_DENIED", "PERMISSIONERROR"}


def check_addresses(owner: HubUser, stranger: HubUser) -> None:
    """Ask for another's server through the hub, with one's own token."""
    server = stranger.at_server_of(owner)
    for path in ("api/contents", "api/kernels", "api/terminals", f"files/{NOTEBOOK}", "lab"):
        status = server.ask("GET", path).status_code
        if status not in {requests.codes.forbidden, requests.codes.found, requests.codes.not_found}:
            raise Failed(f"{stranger.name} gets {status} for {path} of {owner.name}")
    print(f"{stranger.name} gets nothing of {owner.name} through the hub")


def check_direct(kernel: Kernel, server: str) -> None:
    """Ask another's server on its own port of the shared loopback, without a token."""
    ends = json.loads(expect(kernel, TRY_THE_SERVER.format(server=server, notebook=NOTEBOOK)))
    if not {"a page to log in", requests.codes.forbidden}.issuperset(ends):
        raise Failed(f"another user's server answers on its own port: {ends}")
    print(f"another user's server, asked on its own port: {ends}")
    codes = json.loads(expect(kernel, TRY_THE_HUB))
    if set(codes) != {requests.codes.forbidden}:
        raise Failed(f"the hub or its proxy answers a user without its token: {codes}")
    print("the hub's own port and its proxy's: refused without their tokens")


def check_unheard(owner: Kernel, stranger: Kernel, port: int) -> None:
    """Listen to what another user's kernel prints, on its port of the shared loopback."""
    expect(owner, PRINT_FOR_A_WHILE)
    heard = expect(stranger, LISTEN.format(port=port)).strip()
    if heard != "nothing":
        raise Failed(f"another user hears what a kernel prints: {heard}")
    print("another user hears nothing of what a kernel prints")


def expect(kernel: Kernel, code: str) -> str:
    """Run a cell that is to succeed, and return what it wrote."""
    result = kernel.run(code)
    if result.error:
        raise Failed(f"{result.error}\nin\n{code}")
    return result.text


def check_homes(before: dict[str, str], hub: str, accounts: dict[str, str]) -> None:
    """Hold that each user finds their own files after the hub was made again."""
    for name, text in before.items():
        user = HubUser(hub, name, accounts[name])
        found = str(user.read("mine.txt"))
        user.stop_server()
        if found != text:
            raise Failed(f"{name} finds {found!r} in a file that said {text!r}")
    print(f"made again with another list: {', '.join(before)} find their files")


def write_marks(users: Sequence[HubUser]) -> dict[str, str]:
    """Let each user write a file, and return what it says."""
    marks = {user.name: f"of {user.name}" for user in users}
    for user in users:
        content = {"type": "file", "format": "text", "content": marks[user.name]}
        user.ask("PUT", "api/contents/mine.txt", json=content).raise_for_status()
    return marks
