"""What Kedro's sequential runner takes a node, in its process; run in Kedro's own environment.

    python benchmarks/peer_nodes.py NODES ROUNDS

Nodes that hand one number on, from memory to memory: nothing is written, called or recorded.
Prints the median time of a node [ms].
"""

from __future__ import annotations

import logging
import statistics
import sys
import time

from kedro.io import DataCatalog, MemoryDataset
from kedro.pipeline import node, pipeline
from kedro.runner import SequentialRunner


def main() -> None:
    """Measure and print."""
    count, rounds = map(int, sys.argv[1:])
    logging.disable(logging.CRITICAL)
    names = [f"data-{number}" for number in range(count + 1)]
    chain = pipeline([node(same, *names[at : at + 2]) for at in range(count)])
    times = []
    for _ in range(rounds):
        catalog = DataCatalog({names[0]: MemoryDataset(1)})
        begin = time.perf_counter()
        SequentialRunner().run(chain, catalog)
        times.append((time.perf_counter() - begin) / count * 1e3)
    print(statistics.median(times))


def same(value: int) -> int:
    """Hand a value on."""
    return value


if __name__ == "__main__":
    main()
