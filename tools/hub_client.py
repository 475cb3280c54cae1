"""A user of a JupyterHub or a Jupyter server as a program: logs in, runs cells in kernels."""

from __future__ import annotations

import json
import time
import uuid
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import requests
import websocket
from containers import Failed

if TYPE_CHECKING:
    from collections.abc import Iterator

ANSWER_S = 60
"""How long the hub and a server may take to answer [s]."""
START_S = 180
"""How long a user's server may take to start [s]."""
CELL_S = 180
"""How long a cell may take [s]."""


@dataclass(frozen=True, kw_only=True)
class CellResult:
    """What a kernel said to one cell."""

    text: str
    """What it wrote and displayed, as plain text."""
    error: str = ""
    """Name and text of the exception; empty for none."""


class Server:
    """A Jupyter server, asked with a token.

    Parameters
    ----------
    address
        Such as ``"http://127.0.0.1:8888"``, or below a hub ``"http://127.0.0.1:8000/user/kim"``.
    token
        Of who asks.
    name
        Of who asks, for messages.
    """

    def __init__(self, address: str, token: str, name: str) -> None:
        self.address = address
        self.name = name
        self._header = {"Authorization": f"token {token}"}

    def ask(self, method: str, path: str, **options: Any) -> requests.Response:
        """Ask the server, and return its answer; redirections are not followed."""
        return requests.request(
            method,
            f"{self.address}/{path}",
            headers=self._header,
            timeout=ANSWER_S,
            allow_redirects=False,
            **options,
        )

    def await_answer(self, seconds: float) -> None:
        """Wait until the server answers."""
        ends = time.monotonic() + seconds
        while True:
            try:
                return self.ask("GET", "api/status").raise_for_status()
            except requests.RequestException as exc:
                if time.monotonic() > ends:
                    raise Failed(f"{self.address} does not answer: {exc}") from exc
                time.sleep(0.5)

    def read(self, path: str) -> Any:
        """Return the content of a file or folder, as the server shows it in JupyterLab."""
        answer = self.ask("GET", f"api/contents/{path}")
        if not answer.ok:
            raise Failed(f"{self.name} cannot open {path}: {answer.status_code} {answer.text}")
        return answer.json()["content"]

    def download(self, path: str) -> bytes:
        """Return the bytes of a file."""
        answer = self.ask("GET", f"files/{path}")
        answer.raise_for_status()
        return answer.content

    @contextmanager
    def kernel(self, notebook: str) -> Iterator[Kernel]:
        """Start the kernel of a notebook; it is ended with the block."""
        wanted = {"path": notebook, "name": "", "type": "notebook", "kernel": {"name": "python3"}}
        answer = self.ask("POST", "api/sessions", json=wanted)
        answer.raise_for_status()
        session = answer.json()
        server = self.address.replace("http", "ws", 1)
        channels = f"{server}/api/kernels/{session['kernel']['id']}/channels"
        try:
            with closing(
                websocket.create_connection(channels, header=self._header, timeout=CELL_S)
            ) as connection:
                yield Kernel(connection)
        finally:
            self.ask("DELETE", f"api/sessions/{session['id']}")


class HubUser(Server):
    """A user of a hub who has logged in and whose server runs.

    Parameters
    ----------
    hub
        Address of the hub, such as ``"http://127.0.0.1:8000"``.
    name, password
        Of the account.
    """

    def __init__(self, hub: str, name: str, password: str) -> None:
        self._user = f"{hub}/hub/api/users/{name}"
        self._token = new_token(hub, name, password)
        super().__init__(f"{hub}/user/{name}", self._token, name)
        self._start_server()

    def at_server_of(self, owner: HubUser) -> Server:
        """Return another user's server, to be asked by this user."""
        return Server(owner.address, self._token, self.name)

    def _start_server(self) -> None:
        asked = requests.post(f"{self._user}/server", headers=self._header, timeout=START_S)
        asked.raise_for_status()
        self._await_state(is_ready=True)

    def stop_server(self) -> None:
        """End the server, and the kernels and services with it."""
        asked = requests.delete(f"{self._user}/server", headers=self._header, timeout=START_S)
        asked.raise_for_status()
        self._await_state(is_ready=False)

    def _await_state(self, *, is_ready: bool) -> None:
        """Wait until the server is ready, or until it has gone."""
        ends = time.monotonic() + START_S
        while True:
            answer = requests.get(self._user, headers=self._header, timeout=ANSWER_S)
            answer.raise_for_status()
            server = answer.json()["servers"].get("")
            if server is None if not is_ready else server and server["ready"]:
                return
            if server is None or time.monotonic() > ends:
                raise Failed(f"the server of {self.name} did not start, or did not end: {server}")
            time.sleep(0.5)


def new_token(hub: str, name: str, password: str) -> str:
    """Log in as a browser does, and return a token of the user's."""
    with requests.Session() as session:
        session.get(f"{hub}/hub/login", timeout=ANSWER_S).raise_for_status()
        form = {"username": name, "password": password, "_xsrf": xsrf(session)}
        answer = session.post(
            f"{hub}/hub/login", data=form, timeout=ANSWER_S, allow_redirects=False
        )
        if answer.status_code != requests.codes.found:
            raise Failed(f"{name} could not log in: {answer.status_code}")
        session.get(f"{hub}/hub/token", timeout=ANSWER_S).raise_for_status()
        made = session.post(
            f"{hub}/hub/api/users/{name}/tokens",
            headers={"X-XSRFToken": xsrf(session), "Referer": f"{hub}/hub/token"},
            json={"note": "hub-test"},
            timeout=ANSWER_S,
        )
        made.raise_for_status()
        return str(made.json()["token"])


def xsrf(session: requests.Session) -> str:
    """Return what a form of the hub is to be sent with."""
    return str(next(cookie.value for cookie in session.cookies if cookie.name == "_xsrf"))


class Kernel:
    """A kernel behind a websocket, as JupyterLab talks to it."""

    def __init__(self, connection: websocket.WebSocket) -> None:
        self._connection = connection
        self._session = uuid.uuid4().hex

    def run(self, code: str) -> CellResult:
        """Run a cell, and return what came back until the kernel was idle again."""
        message_id = self._send(code)
        texts, error = [], ""
        while True:
            message = json.loads(self._connection.recv())
            content = message["content"]
            if message["parent_header"].get("msg_id") != message_id:
                continue
            if message["msg_type"] == "error":
                error = f"{content['ename']}: {content['evalue']}"
            texts.append(content.get("text") or content.get("data", {}).get("text/plain", ""))
            if content.get("execution_state") == "idle":
                return CellResult(text="".join(texts), error=error)

    def _send(self, code: str) -> str:
        header = {"msg_id": uuid.uuid4().hex, "msg_type": "execute_request", "version": "5.3"}
        header |= {"session": self._session, "username": ""}
        content = {"code": code, "silent": False, "store_history": True, "allow_stdin": False}
        message = {"header": header, "parent_header": {}, "metadata": {}, "channel": "shell"}
        self._connection.send(json.dumps(message | {"content": content, "buffers": []}))
        return str(header["msg_id"])
