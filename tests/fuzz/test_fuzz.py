"""Random bytes, and valid files with changed bytes, on everything that takes bytes from outside."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz.targets import TARGETS

EXAMPLES = int(os.environ.get("ENERGYKIT_FUZZ", "20"))
"""For each target; ``make fuzz`` tries more."""
PIECES = [b"\0", b"\n", b"\r", b'"', b",", b"\xff\xfe", b"\x80" * 9, b"9" * 400, b"-", b"{", b"["]
EDIT = st.tuples(
    st.integers(0, 2**20),
    st.sampled_from([0, 0, 1, 2, 7, 64]),
    st.one_of(st.sampled_from(PIECES), st.binary(max_size=12)),
)


def changed(data: bytes, edits: list[tuple[int, int, bytes]]) -> bytes:
    """Replace bytes at places; a place beyond the end is counted from the start again."""
    for place, removed, piece in edits:
        start = place % (len(data) + 1)
        data = data[:start] + piece + data[start + removed :]
    return data


@pytest.mark.parametrize("name", TARGETS)
def test_whatever_comes_is_used_or_refused(name):
    target, example = TARGETS[name]
    valid = example()
    target(valid)

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        print_blob=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.one_of(st.lists(EDIT, min_size=1, max_size=4), st.binary(max_size=200)))
    def fuzz(change):
        target(change if isinstance(change, bytes) else changed(valid, change))

    fuzz()


@pytest.mark.parametrize("name", ["pb", "parquet", "record", "configuration", "csv", "request"])
def test_every_length_of_a_file_that_is_cut_off(name):
    target, example = TARGETS[name]
    valid = example()
    step = max(1, len(valid) // EXAMPLES)
    for length in range(0, len(valid), step):
        target(valid[:length])
