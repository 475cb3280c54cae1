"""Other projects beside ours, in one run: a runner's node, and rules of quality one by one.

    python benchmarks/peers.py [NAME ...] [--rows N] [--environments FOLDER]

``make bench-peers``. Each project is installed into an environment of its own, once: none of them
fits ours. Kedro's sequential runner is held beside a stage's orchestration (``overhead.py``), and
pvanalytics, saqc and pecos beside `stuck` and `hampel` on the same powers, of CPU, the rule alone.
Flags are compared, and where they differ it is said by how much and why.
"""

from __future__ import annotations

import os

os.environ.setdefault("POLARS_MAX_THREADS", "1")  # before polars is imported

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import overhead
import polars as pl
from peer_rules import DEVIATIONS, EQUAL, WINDOW
from pipeline import fill
from verdict import tell

from services.energy_analyzer.detectors import detection_rules
from services.energy_analyzer.detectors.batch import Numbering

FOLDER = Path(__file__).resolve().parent
PACKAGES = {
    "kedro": ("kedro==1.7.0",),
    "pvanalytics": ("pvanalytics==0.2.2",),
    "saqc": ("saqc==2.9.1",),
    "pecos": ("pecos==1.0.0", "pandas<3"),
}
"""What each environment holds. With pandas 3 pecos 1.0.0 flags every reading: ``stack`` keeps what
is not flagged there.
"""
ROWS = 200_000
SLOW_ROWS = 20_000
"""For pecos, whose time grows with readings times flags."""
BATCH_ROWS = 1 << 16
ROUNDS = 5
OURS = {
    "equal": {"name": "stuck", "min_readings": EQUAL},
    "hampel": {
        "name": "hampel",
        "threshold": DEVIATIONS,
        "neighbours": WINDOW // 2,
        "least_w": 0.0,
    },
}
"""Ours with the peers' parameters."""


@dataclass(frozen=True, kw_only=True)
class Peer:
    """A rule of another project."""

    name: str
    """``PROJECT_RULE``, as `peer_rules` calls it."""
    what: str
    """The function."""
    why: str
    """Why its flags differ from ours, where they do."""
    rows: int = ROWS
    """Most readings that it is given."""
    at_least: float = 0.0
    """How many times its speed ours is to have."""


PEERS = (
    Peer(
        name="pvanalytics_equal",
        what="pvanalytics stale_values_diff",
        why="it takes powers for equal that differ by 0.001 %",
        at_least=150,
    ),
    Peer(name="saqc_equal", what="saqc flagConstants", why="it counts windows, not runs"),
    Peer(
        name="pecos_equal",
        what="pecos check_delta",
        why="it knows seconds, not readings: a gap makes a shorter run enough",
        rows=SLOW_ROWS,
    ),
    Peer(
        name="pvanalytics_hampel",
        what="pvanalytics hampel",
        why="1 / 0.67449 is rounded to 1.4826 in ours: powers at the threshold to the fifth digit",
        at_least=400,
    ),
    Peer(
        name="saqc_hampel",
        what="saqc flagZScore, modified",
        why="its spread is the median distance of each reading from its own window's median, not "
        "from this window's, and its first and last windows are shorter",
    ),
)


def main() -> int:
    """Measure and print; return 1 where an environment cannot be made."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help=f"of {', '.join(PACKAGES)}; default: all")
    readings = os.environ.get("ENERGYKIT_BENCH_READINGS")
    parser.add_argument("--readings", type=Path, default=readings and Path(readings))
    parser.add_argument("--rows", type=int, default=ROWS, help="readings (default: %(default)s)")
    parser.add_argument("--environments", type=Path, default=FOLDER.parent / ".venv-peers")
    given = parser.parse_args()
    names = given.names or list(PACKAGES)
    try:
        pythons = {name: environment(given.environments / name, name) for name in names}
    except subprocess.CalledProcessError as exc:
        print(f"cannot be installed (is there a network?): {exc}", file=sys.stderr)
        return 1
    if "kedro" in pythons:
        show_nodes(pythons["kedro"])
    peers = [peer for peer in PEERS if peer.name.partition("_")[0] in pythons]
    with tempfile.TemporaryDirectory() as folder:
        if peers:
            readings = powers(fill(given.readings or Path(folder)), given.rows)
        for peer in peers:
            python = pythons[peer.name.partition("_")[0]]
            compare(peer, python, readings.head(peer.rows), Path(folder))
    return 0


def environment(folder: Path, name: str) -> Path:
    """Install a project into a folder, once; return its interpreter."""
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    stamp, wanted = folder / "installed.txt", " ".join(PACKAGES[name])
    if not stamp.exists() or stamp.read_text(encoding="utf-8") != wanted:
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True)
        pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, *PACKAGES[name]], check=True)
        stamp.write_text(wanted, encoding="utf-8")
    return python


def show_nodes(python: Path) -> None:
    """Print what a node of Kedro takes, and what orchestrating a stage of ours does."""
    script, count = FOLDER / "peer_nodes.py", [str(overhead.STAGES), str(overhead.ROUNDS)]
    node_ms = float(output_of(python, script, *count))
    medians = {name: statistics.median(taken) for name, taken in overhead.measured().items()}
    stage_ms = medians["energykit, steps"] - medians["bare stub, Execute"]
    print(f"  kedro SequentialRunner, a node: {node_ms:.3f} ms; a stage of ours: {stage_ms:.3f} ms")
    tell("orchestration of a stage over a node of kedro", stage_ms / node_ms, "x", at_most=1.0)


def powers(folder: Path, rows: int) -> pl.DataFrame:
    """Return readings whose voltage and current are their power: the rules see one quantity."""
    power = pl.col("power_consumption")
    frame = pl.read_parquet(folder / "energy_data.parquet", n_rows=rows)
    return frame.with_columns(power.alias("voltage"), power.alias("current"))


def compare(peer: Peer, python: Path, readings: pl.DataFrame, folder: Path) -> None:
    """Time a rule and ours on the same readings, and print their times and their flags."""
    stamps = readings["timestamp"].str.to_datetime("%Y-%m-%dT%H:%M:%S", time_unit="ns")
    given, flags = folder / "readings.npz", folder / "flags.npy"
    values = readings["power_consumption"].to_numpy()
    np.savez(given, time=stamps.to_physical().to_numpy(), power=values)
    script = FOLDER / "peer_rules.py"
    their_s = float(output_of(python, script, peer.name, str(given), str(flags)))
    found = [flagged(OURS[peer.name.partition("_")[2]], readings) for _ in range(ROUNDS)]
    our_s, ours = statistics.median(seconds for seconds, _ in found), found[0][1]
    theirs = np.load(flags)
    tell(f"{peer.what}, as fast as", their_s / our_s, "x", at_least=peer.at_least)
    only_ours, only_theirs = int((ours & ~theirs).sum()), int((theirs & ~ours).sum())
    print(
        f"    {readings.height:,} powers, of CPU: {their_s:.3f} s, ours {our_s * 1e3:.1f} ms; "
        f"flags: both {int((ours & theirs).sum()):,}, "
        f"ours alone {only_ours:,}, theirs alone {only_theirs:,}",
        flush=True,
    )
    if only_ours or only_theirs:
        print(f"    {peer.why}")


def flagged(detector: dict, readings: pl.DataFrame) -> tuple[float, np.ndarray]:
    """Return the seconds of CPU that a detector of ours takes, and its flags."""
    begin = time.process_time()
    rule = detection_rules([detector])[detector["name"]]  # ordered ones bring another along
    numbering = Numbering()
    batches = [numbering.batch(part) for part in readings.iter_slices(BATCH_ROWS)]
    for batch in batches:
        rule.fit(batch)
    flags = np.concatenate([rule.flag(batch) for batch in batches])
    return time.process_time() - begin, flags


def output_of(python: Path, script: Path, *arguments: str) -> str:
    """Run a script in an environment, and return the last line of what it prints."""
    done = subprocess.run(
        [python, str(script), *arguments], capture_output=True, text=True, check=True, timeout=3600
    )
    return done.stdout.strip().splitlines()[-1]


if __name__ == "__main__":
    sys.exit(main())
