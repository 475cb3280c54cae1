"""``energykit clean``: what runs left behind goes, as far as it is old."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from energykit.cli.root import add_data_root, check_data_root
from energykit.cli.stream import print_json

if TYPE_CHECKING:
    import argparse

__all__ = ["add_parser"]

_DAY_S = 86_400
_MB = 1_000_000


def add_parser(commands: Any) -> None:
    """Add the command to a parser's commands."""
    text = "remove old runs and sweeps, cut long logs, remove files of killed writers"
    parser = commands.add_parser("clean", help=text, description=text)
    add_data_root(parser)
    parser.add_argument(
        "--older-than", default="30d", metavar="AGE", help="30d (default), 12h, 2w: younger stays"
    )
    parser.add_argument(
        "--keep",
        type=int,
        default=10,
        metavar="N",
        help="the newest N runs and N sweeps stay however old they are (default: 10)",
    )
    parser.add_argument(
        "--log-size", type=float, default=10, metavar="MB", help="logs beyond are cut (default: 10)"
    )
    parser.add_argument("--dry-run", action="store_true", help="say what would go, and stop")
    parser.add_argument("--json", action="store_true", help="for machines")
    parser.set_defaults(run_command=_clean)


def _clean(given: argparse.Namespace) -> int:
    from energykit.cleaning import find_leftovers, parse_age, remove_leftovers

    check_data_root(given.data_root)
    found = find_leftovers(
        Path(given.data_root),
        older_than_s=parse_age(given.older_than),
        keep=given.keep,
        log_bytes=int(given.log_size * _MB),
    )
    freed = sum(one.bytes for one in found) if given.dry_run else remove_leftovers(found)
    if given.json:
        entries = [{**vars(one), "path": str(one.path)} for one in found]
        print_json({"removed": not given.dry_run, "bytes": freed, "leftovers": entries})
        return 0
    for one in found:
        days = one.age_s / _DAY_S
        print(f"{one.kind}: {one.path} ({one.bytes / _MB:.1f} MB, {days:.1f} days old)")
    verb = "would free" if given.dry_run else "freed"
    print(f"{verb} {freed / _MB:.1f} MB: {len(found)} entries")
    return 0
