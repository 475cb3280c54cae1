"""Says that it is ready, at an address where nothing listens."""

import sys

print("READY 127.0.0.1:9", flush=True)
sys.stdin.buffer.read()
