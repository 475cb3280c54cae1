"""Random numbers by key: the same key gives the same numbers, whatever was drawn before.

Philox is counter-based [1]_: a 128-bit key and a 256-bit counter give a block of random bits. Key
and upper counter words are set from (seed, member, stream, block), so that any day of any household
can be drawn without drawing the days or the households before it.

References
----------
.. [1] J. K. Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC '11,
   DOI 10.1145/2063384.2063405.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Any

import numpy as np

__all__ = ["Draws", "Stream"]

_WORD = (1 << 64) - 1


class Stream(IntEnum):
    """What the numbers are for; two streams never share a number."""

    TRAITS = 1
    EVENTS = 2
    LOAD_NOISE = 3
    METER_NOISE = 4
    FEEDER_TRAITS = 5
    FEEDER_LOAD = 6
    GRID_VOLTAGE = 7
    ANOMALIES = 8


class Draws:
    """A generator that can be put at any key.

    Parameters
    ----------
    seed
        Seed of the whole population, an integer ≥ 0.
    """

    def __init__(self, seed: int) -> None:
        word = int(np.random.SeedSequence(seed).generate_state(1, np.uint64)[0])
        self._bits = np.random.Philox(key=[word, 0])
        self._generator = np.random.Generator(self._bits)
        self._state: dict[str, Any] = dict(self._bits.state)
        self._words: dict[str, Any] = self._state["state"]

    def at(self, stream: Stream, member: int, block: int = 0) -> np.random.Generator:
        """Return the generator, put at the beginning of a key's numbers.

        The generator is one and the same object: draw what is needed before asking for the next
        key.

        Parameters
        ----------
        stream
            What the numbers are for.
        member
            Index of the household or of the feeder.
        block
            Index of the block of time, counted from 1970-01-01; may be negative.
        """
        self._words["key"][1] = member
        self._words["counter"][:] = (0, 0, block & _WORD, int(stream))
        self._state["buffer_pos"] = 4  # nothing is left of the numbers of the key before
        self._state["has_uint32"] = 0
        self._bits.state = self._state  # type: ignore[assignment]  # numpy's own dictionary, given back
        return self._generator
