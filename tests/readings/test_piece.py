"""Readings cut at the quarter-hours: nothing is lost, and no piece crosses an edge."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from energykit.readings import cut
from energykit.readings.piece import QUARTER_US

READINGS = st.lists(
    st.tuples(st.integers(-(10**15), 10**15), st.integers(0, 10 * QUARTER_US)), max_size=20
)


@given(READINGS)
def test_pieces_are_the_whole_reading_and_none_crosses_a_quarter(readings):
    time, stands = (np.array([row[at] for row in readings], np.int64) for at in (0, 1))
    parts = cut(time, stands)
    whole = np.bincount(parts.reading, weights=parts.length_us, minlength=time.size)
    assert whole.tolist() == stands.tolist()
    last = np.maximum(parts.begin_us + parts.length_us - 1, parts.begin_us)
    assert (parts.begin_us // QUARTER_US == last // QUARTER_US).all()
    assert set(parts.reading.tolist()) == set(range(time.size))


def test_a_reading_within_its_quarter_stays_as_it_is():
    parts = cut(np.array([0, QUARTER_US]), np.array([QUARTER_US, 60_000_000]))
    assert parts.begin_us.tolist() == [0, QUARTER_US]
    assert parts.length_us.tolist() == [QUARTER_US, 60_000_000]
