"""A bucket of S3 on loopback, by `localbucket`, which can be told to go wrong."""

from __future__ import annotations

import threading
from http.server import ThreadingHTTPServer
from typing import TYPE_CHECKING

import localbucket

if TYPE_CHECKING:
    from pathlib import Path


class Bucket:
    """A bucket of a server on loopback, and what is to go wrong in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "store" / "lab"
        self.folder.mkdir(parents=True)
        self.requests: list[str] = []
        self.refuses = lambda _method, _path: False
        """Whether a request is answered with 403."""
        self.before = lambda _method, _path: None
        """Called before each answer."""
        bucket = self

        class Handler(localbucket.S3Handler):
            data_root = folder / "store"

            def _dispatch(self, handler):
                bucket.requests.append(f"{self.command} {self.path}")
                bucket.before(self.command, self.path)
                if bucket.refuses(self.command, self.path):
                    self.rfile.read(int(self.headers.get("Content-Length") or 0))
                    self.send_error(403)
                    return
                super()._dispatch(handler)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,))
        self.thread.start()

    def put(self, name: str, data: bytes) -> str:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return f"s3://lab/{name}"

    def get(self, name: str) -> bytes:
        return (self.folder / name).read_bytes()

    def stop(self) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()
