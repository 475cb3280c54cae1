"""Cut the two-week excerpt in data/household/ from the full set, row by row, byte for byte.

Usage: ``python tools/cut_household.py [FULL_SET [EXCERPT]]``. The full set is the file that
``energykit data fetch household`` brings. Both digests are checked: a full set or an excerpt of
another content is refused and nothing is written.
"""

from __future__ import annotations

import sys
from hashlib import sha256
from pathlib import Path

from energykit.artifacts import replace_file
from energykit.datasets import DATASETS

HOUSEHOLD = DATASETS["household"]
ROOT = Path(__file__).resolve().parent.parent
FIRST = b"2007-04-23 00:00:00"
LAST = b"2007-05-06 23:59:00"


def cut(full_set: Path) -> bytes:
    """Return the header and the rows whose time stands in FIRST … LAST, unchanged.

    Parameters
    ----------
    full_set
        The packaged copy of the real series, ordered by time.

    Raises
    ------
    SystemExit
        When the full set or the excerpt does not have the digest that it must have.
    """
    lines = full_set.read_bytes().splitlines(keepends=True)
    refuse_other(b"".join(lines), HOUSEHOLD.forms[0].sha256, str(full_set))
    rows = [line for line in lines[1:] if FIRST <= line[: len(FIRST)] <= LAST]
    excerpt = b"".join([lines[0], *rows])
    refuse_other(excerpt, HOUSEHOLD.excerpt_sha256, "the excerpt")
    return excerpt


def refuse_other(content: bytes, expected: str, name: str) -> None:
    """End the program when a content has another sha256 than expected."""
    found = sha256(content).hexdigest()
    if found != expected:
        sys.exit(f"{name}: sha256 is {found}, expected {expected}; nothing was written")


def main(arguments: list[str]) -> None:
    """Cut the excerpt and say what was written."""
    full_set = (
        Path(arguments[0])
        if arguments
        else ROOT / "data" / "full" / "household" / HOUSEHOLD.forms[0].file_name
    )
    target = (
        Path(arguments[1])
        if len(arguments) > 1
        else ROOT / "data" / "household" / HOUSEHOLD.excerpt_name
    )
    if not full_set.is_file():
        sys.exit(f"{full_set}: no such file; bring it with `energykit data fetch household`")
    excerpt = cut(full_set)
    with replace_file(target) as file:
        file.write(excerpt)
    print(f"{target}: {len(excerpt.splitlines()) - 1} rows, {len(excerpt)} bytes")


if __name__ == "__main__":
    main(sys.argv[1:])
