"""``energykit proto``: regenerate the contract's Python code, or compare it."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import argparse

__all__ = ["add_parser"]


def add_parser(commands: Any) -> None:
    """Add the command to a parser's commands."""
    text = "regenerate energykit/_proto from protos/"
    parser = commands.add_parser("proto", help=text, description=text)
    parser.add_argument(
        "--protos", default="protos", help="folder of the .proto files (default: protos)"
    )
    parser.add_argument(
        "--out", default=".", help="folder that gets energykit/_proto (default: this one)"
    )
    parser.add_argument(
        "--check", action="store_true", help="write nothing; exit 1 where the code differs"
    )
    parser.set_defaults(run_command=_proto)


def _proto(given: argparse.Namespace) -> int:
    from energykit.protoc import generate_stubs  # starts protoc

    if not given.check:
        for path in generate_stubs(Path(given.protos), Path(given.out)):
            print(path)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        made = generate_stubs(Path(given.protos), Path(folder))
        other = [
            path.name for path in made if _differs(path, Path(given.out) / path.relative_to(folder))
        ]
    for name in other:
        print(f"{name} is not what {given.protos} gives\n  → energykit proto", file=sys.stderr)
    return 1 if other else 0


def _differs(made: Path, committed: Path) -> bool:
    return not committed.is_file() or committed.read_bytes() != made.read_bytes()
