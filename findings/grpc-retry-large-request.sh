#!/usr/bin/env bash
# A retry policy in gRPC's service config holds for small requests only: what is sent is kept for the next try in a buffer
# of 256 KiB a call, and a request that exceeds it gets one try, with the status of that. The same block of readings is
# retried at 200 kB and not at 300 kB, in one message or in a stream. grpc.per_rpc_retry_buffer_size raises the limit.
source "$(dirname "$0")/environment.sh"
packages grpcio==1.85.3
cat >script.py <<'PYTHON'
import json
from concurrent import futures

import grpc

POLICY = {
    "maxAttempts": 4,
    "initialBackoff": "0.01s",
    "maxBackoff": "0.02s",
    "backoffMultiplier": 1,
    "retryableStatusCodes": ["UNAVAILABLE"],
}
CONFIG = json.dumps({"methodConfig": [{"name": [{}], "retryPolicy": POLICY}]})
tries = []


class Busy(grpc.GenericRpcHandler):
    def service(self, call):
        return grpc.stream_unary_rpc_method_handler(self.refuse)

    def refuse(self, messages, context):
        tries.append(sum(map(len, messages)))
        context.abort(grpc.StatusCode.UNAVAILABLE, "busy")


server = grpc.server(futures.ThreadPoolExecutor(2), handlers=[Busy()])
address = f"localhost:{server.add_insecure_port('localhost:0')}"
server.start()


def count_tries(messages, *options):
    tries.clear()
    with grpc.insecure_channel(address, [("grpc.service_config", CONFIG), *options]) as channel:
        try:
            channel.stream_unary("/energy.Meter/Store")(iter(messages), timeout=20)
        except grpc.RpcError as error:
            return f"{len(tries)} of 4 tries, {error.code().name}"


for kilobytes in (200, 300):
    print(f"{kilobytes} kB in one message:", count_tries([bytes(kilobytes * 1000)]))
    print(f"{kilobytes} kB in messages of 10 kB:", count_tries([bytes(10_000)] * (kilobytes // 10)))
buffer = ("grpc.per_rpc_retry_buffer_size", 1 << 20)
print("300 kB, with a buffer of 1 MiB:", count_tries([bytes(300_000)], buffer))
server.stop(None).wait()
PYTHON
seen "$python" script.py <<'SEEN'
200 kB in one message: 4 of 4 tries, UNAVAILABLE
200 kB in messages of 10 kB: 4 of 4 tries, UNAVAILABLE
300 kB in one message: 1 of 4 tries, UNAVAILABLE
300 kB in messages of 10 kB: 1 of 4 tries, UNAVAILABLE
300 kB, with a buffer of 1 MiB: 4 of 4 tries, UNAVAILABLE
SEEN
