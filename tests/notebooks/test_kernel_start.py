"""A client asks again soon where its kernel did not know of its output channel yet."""

import asyncio
import threading

import zmq
from jupyter_client.session import Session

from energykit.notebooks.kernel import connection

KEY = b"a key"


def answer(shell: zmq.Socket, iopub: zmq.Socket, silent: int, asked: list[str]) -> None:
    """Answer requests as a kernel does; about the first ones nothing is published."""
    session = Session(key=KEY)
    while len(asked) <= silent:
        ident, parts = session.feed_identities(shell.recv_multipart())
        request = session.deserialize(parts)
        asked.append(request["header"]["msg_id"])
        if len(asked) > silent:
            session.send(iopub, "status", {"execution_state": "idle"}, parent=request)
        info = {"status": "ok", "protocol_version": "5.3"}
        session.send(shell, "kernel_info_reply", info, parent=request, ident=ident)


def test_what_was_published_to_nobody_is_asked_for_again_at_once(monkeypatch):
    """A subscriber is known to the kernel only some time after it has connected."""
    monkeypatch.setattr(connection, "_ANSWER_S", 600.0)
    asked: list[str] = []
    with (
        zmq.Context() as context,
        context.socket(zmq.ROUTER) as shell,
        context.socket(zmq.XPUB) as iopub,
    ):
        ports = [one.bind_to_random_port("tcp://127.0.0.1") for one in (shell, iopub)]
        client = connection.WatchedClient(
            ip="127.0.0.1",
            shell_port=ports[0],
            iopub_port=ports[1],
            session=Session(key=KEY),
        )
        kernel = threading.Thread(target=answer, args=(shell, iopub, 2, asked), daemon=True)
        kernel.start()
        asyncio.run(ready(client, iopub))
        kernel.join(10)
    assert len(asked) == 3


async def ready(client: connection.WatchedClient, iopub: zmq.Socket) -> None:
    client.start_channels(stdin=False, hb=False, control=False)
    try:
        await asyncio.to_thread(iopub.poll, 10_000)  # its subscription
        await client.wait_for_ready(timeout=60)
    finally:
        client.stop_channels()
