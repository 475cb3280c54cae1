"""Waiting for processes, and modules that the launcher can start."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

PARTS = Path(__file__).parent / "parts"


@pytest.fixture
def parts(monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make the services in ``parts/`` startable with ``python -m``."""
    monkeypatch.setenv("PYTHONPATH", str(PARTS), prepend=os.pathsep)
    return PARTS


@pytest.fixture
def comes_true() -> Callable[..., bool]:
    """Wait for a condition, with a deadline."""

    def wait(condition: Callable[[], bool], timeout_s: float = 10) -> bool:
        end = time.monotonic() + timeout_s
        while not condition():
            if time.monotonic() > end:
                return False
            time.sleep(0.02)
        return True

    return wait


@pytest.fixture
def is_gone() -> Callable[[int], bool]:
    """Whether a process has ended; one that only waits to be reaped has."""

    def gone(pid: int) -> bool:
        try:
            return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return True

    return gone
