#!/usr/bin/env bash
# grpcio's channel option SingleThreadedUnaryStream is on when its value is 0: being there is what counts. With it, a stream
# whose deadline has passed is still active, with 0 s left, and its callbacks do not come, until somebody reads from it;
# without it, both are so at the deadline.
source "$(dirname "$0")/environment.sh"
packages grpcio==1.85.3
cat >script.py <<'PYTHON'
import threading
import time
from concurrent import futures

import grpc
from grpc.experimental import ChannelOptions


def readings(request, context):
    yield b"522 W"
    while context.is_active():
        time.sleep(0.02)


server = grpc.server(futures.ThreadPoolExecutor(4))
handler = grpc.unary_stream_rpc_method_handler(readings)
server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("Meter", {"Watch": handler}),))
port = server.add_insecure_port("127.0.0.1:0")
server.start()
for name, value in (("not set", None), ("0", 0), ("1", 1)):
    options = [] if value is None else [(ChannelOptions.SingleThreadedUnaryStream, value)]
    with grpc.insecure_channel(f"127.0.0.1:{port}", options=options) as channel:
        call = channel.unary_stream("/Meter/Watch")(b"", timeout=1)
        ended = threading.Event()
        call.add_callback(ended.set)
        next(call)
        called = ended.wait(3)
        print(f"{name:7} callback {called}, active {call.is_active()},", end=" ")
        try:
            next(call)
        except grpc.RpcError as error:
            print(f"read: {error.code().name}, active {call.is_active()}")
server.stop(None).wait()
PYTHON
seen "$python" script.py <<'SEEN'
not set callback True, active False, read: DEADLINE_EXCEEDED, active False
0       callback False, active True, read: DEADLINE_EXCEEDED, active False
1       callback False, active True, read: DEADLINE_EXCEEDED, active False
SEEN
