"""``energykit notebooks``: run notebooks headless."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from energykit.errors import MissingPackageError, UsageError

if TYPE_CHECKING:
    import argparse

__all__ = ["add_parser"]


def add_parser(commands: Any) -> None:
    """Add the command to a parser's commands."""
    text = "run notebooks headless, each in its own folder, and keep the executed copies"
    parser = commands.add_parser("notebooks", help=text, description=text)
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    run = actions.add_parser("run", help=text, description=text)
    run.add_argument("paths", nargs="+", help="notebooks")
    run.add_argument("--out", default="data/out/notebooks", help="folder of the executed copies")
    run.add_argument("--cell-timeout", type=int, default=60, metavar="S", help="longest time for a cell (default: 60)")
    run.set_defaults(carry_out=_run)


def _run(given: argparse.Namespace) -> int:
    paths = [Path(one) for one in given.paths]
    missing = [str(one) for one in paths if not one.is_file()]
    if missing:
        raise UsageError(f"there is no such notebook: {', '.join(missing)}", hint="check the path")
    Path(given.out).mkdir(parents=True, exist_ok=True)
    passed = [_execute(path, Path(given.out) / path.name, given.cell_timeout) for path in paths]
    print(f"{sum(passed)} passed, {len(passed) - sum(passed)} failed; executed copies in {given.out}")
    return 0 if all(passed) else 1


def _execute(path: Path, output: Path, timeout_s: int) -> bool:
    """Execute one notebook and say what became of it."""
    try:
        import papermill  # noqa: PLC0415  # optional and heavy
    except ImportError:
        raise MissingPackageError("papermill", extra="notebooks", needed_for="energykit notebooks") from None
    start = time.monotonic()
    try:
        papermill.execute_notebook(
            str(path), str(output), cwd=str(path.parent), execution_timeout=timeout_s, progress_bar=False
        )
    except Exception as exc:  # noqa: BLE001  # whatever a cell raises is the verdict
        print(f"✖ {path}: {exc}", file=sys.stderr)
        return False
    print(f"✔ {path}: {time.monotonic() - start:.1f} s")
    return True
