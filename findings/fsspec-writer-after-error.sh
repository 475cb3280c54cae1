#!/usr/bin/env bash
# A file of fsspec that is written in a `with` block is closed however the block ends, and closing sends what was written
# so far: a year of readings in a bucket is replaced by the first hours of a report that failed. The store itself shows an
# object only when an upload is complete; put_file() of a complete local file keeps the old object, and so does a
# transaction of s3fs.
source "$(dirname "$0")/environment.sh"
packages fsspec==2026.9.0 s3fs==2026.9.0 obstore==0.12.1 localbucket==1.2.1
cat >script.py <<'PYTHON'
import contextlib
import os
import sys
import threading
from http.server import ThreadingHTTPServer
from pathlib import Path

import fsspec
import localbucket

os.makedirs("store/lab")


class Handler(localbucket.S3Handler):
    data_root = Path("store").resolve()

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
os.environ |= {
    "AWS_ENDPOINT_URL": f"http://127.0.0.1:{server.server_port}",
    "AWS_ALLOW_HTTP": "true",
    "AWS_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
}


def write(store):
    with store.open("s3://lab/report.csv", "wb") as file:
        file.write(b"3 rows")
        raise RuntimeError("row 4 is bad")


def in_transaction(store):
    with store.transaction:
        write(store)


for name in ("s3fs", "obstore"):
    if name == "obstore":
        from obstore.fsspec import register

        register("s3")
    store = fsspec.filesystem("s3")
    for way in (write, in_transaction) if name == "s3fs" else (write,):
        Path("store/lab/report.csv").write_bytes(b"8,760 rows")
        with contextlib.suppress(RuntimeError):
            way(store)
        print(f"{name}, {way.__name__}:", Path("store/lab/report.csv").read_text())
sys.stdout.flush()
os._exit(0)
PYTHON
seen "$python" script.py <<'SEEN'
s3fs, write: 3 rows
s3fs, in_transaction: 8,760 rows
obstore, write: 3 rows
SEEN
