"""What a number of the contract may be."""

from __future__ import annotations

__all__ = ["FLOAT32_MAX"]

FLOAT32_MAX = 3.4028234663852886e38
"""Largest finite number of the contract's 32-bit floats."""
