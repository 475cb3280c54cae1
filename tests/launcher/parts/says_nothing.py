"""Starts, but never says that it is ready."""

import sys

print("warming up", flush=True)
sys.stdin.buffer.read()
