"""What ``resume=True`` costs among ten thousand records, beside a plain run.

    python benchmarks/resume.py [--records N]

A chain of stages on a service that answers at once; every stage is resumed.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from pathlib import Path

from overhead import STAGES, configuration, served
from verdict import tell

from energykit.executor import run

ROUNDS = 5
MOST = 1.2


def main() -> None:
    """Measure in turn, and print the medians and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--records", type=int, default=10_000, help="default: %(default)s")
    records = parser.parse_args().records
    with served() as address, tempfile.TemporaryDirectory() as folder:
        config, root = configuration(address), Path(folder)
        for number in range(STAGES + 1):
            (root / f"{number}.csv").write_text(f"{number}\n")
        first = run(config, data_root=root)
        copy_record(root, first.folder / "run.json", first.run_id, records)
        plain, resumed = [], []
        for _ in range(ROUNDS):
            plain.append(timed(lambda: run(config, data_root=root)))
            resumed.append(timed(lambda: run(config, data_root=root, resume=True)))
    show(statistics.median(plain), statistics.median(resumed), records)


def copy_record(root: Path, record: Path, run_id: str, count: int) -> None:
    """Add earlier runs, each with the record of the first one, and their lines in the index."""
    text, lines = record.read_text("utf-8"), []
    workflow = json.loads(text)["workflow_name"]
    for number in range(count):
        earlier = f"20200101T000000-{number:08x}"
        folder = root / "runs" / earlier
        folder.mkdir()
        (folder / "run.json").write_text(text.replace(run_id, earlier), encoding="utf-8")
        lines.append(json.dumps([earlier, workflow]) + "\n")
    index = root / "logs/runs.jsonl"
    if index.exists():
        index.write_text("".join(lines) + index.read_text("utf-8"), encoding="utf-8")


def timed(call) -> float:
    """Return the seconds of a run whose stages all succeed or are reused."""
    begin = time.perf_counter()
    assert call().ok
    return time.perf_counter() - begin


def show(plain_s: float, resumed_s: float, records: int) -> None:
    """Print both, and their ratio."""
    print(f"a run of {STAGES} stages that answer at once, among {records:,} records")
    tell("plain run among records", plain_s * 1e3, "ms")
    tell("resumed run among records", resumed_s * 1e3, "ms")
    tell("resumed among records, over plain", resumed_s / plain_s, "x", at_most=MOST)


if __name__ == "__main__":
    main()
