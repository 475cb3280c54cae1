"""Serves, but does not end when it is asked to, and has started a process of its own."""

import signal
import subprocess
import sys
import threading
from concurrent import futures

import grpc

signal.signal(signal.SIGTERM, signal.SIG_IGN)
other = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
server = grpc.server(futures.ThreadPoolExecutor(1))
port = server.add_insecure_port("127.0.0.1:0")
server.start()
print(f"other {other.pid}", flush=True)
print(f"READY 127.0.0.1:{port}", flush=True)
threading.Event().wait(60)
